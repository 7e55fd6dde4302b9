import assert from "node:assert/strict";
import { test } from "node:test";

import { markOf, marksOf } from "../../../static/js/lib/row_marks.js";

const NONE = { delivered: 0, read: 0 };

test("one's own last line is sent, then delivered, then read", () => {
  const last = { seq: 5, mine: true };
  assert.equal(markOf(NONE, last), "sent");
  assert.equal(markOf({ delivered: 5, read: 4 }, last), "delivered");
  assert.equal(markOf({ delivered: 5, read: 5 }, last), "read");
});

test("what the other person wrote bears no mark, nor does anything with receipts off", () => {
  assert.equal(markOf({ delivered: 5, read: 5 }, { seq: 5, mine: false }), null);
  assert.equal(markOf(null, { seq: 5, mine: true }), null);
  assert.equal(marksOf(null, { delivered: 5, read: 5 }, 5), null);
});

test("a claim beyond the last line does not mark the next one, and no mark goes back", () => {
  const claimed = marksOf(NONE, { delivered: 900, read: 900 }, 5);
  assert.deepEqual(claimed, { delivered: 5, read: 5 });
  assert.equal(markOf(claimed, { seq: 6, mine: true }), "sent");
  assert.deepEqual(marksOf(claimed, NONE, 6), { delivered: 5, read: 5 });
});
