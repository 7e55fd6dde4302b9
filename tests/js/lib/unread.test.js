import assert from "node:assert/strict";
import { test } from "node:test";

import { nameOf } from "../../../static/js/lib/latest.js";
import { firstUnread, hasWritten } from "../../../static/js/lib/unread.js";

/** @param {number[]} numbers negative for one's own */
const messages = (...numbers) => numbers.map((number) => ({ seq: Math.abs(number), mine: number < 0 }));

test("unread begins with the other person's first message after the last one read", () => {
  assert.deepEqual(firstUnread(messages(1, 2, -3, 4, 5), 2, 1), { seq: 4, mine: false });
  assert.deepEqual(firstUnread(messages(1, 2), 0, 1), { seq: 1, mine: false });
});

test("nothing unread, or only messages of one's own, have no beginning", () => {
  assert.equal(firstUnread(messages(1, 2), 2, 1), null);
  assert.equal(firstUnread(messages(1, -2, -3), 1, 1), null);
  assert.equal(firstUnread([], 0, 0), null);
});

test("where the beginning is not on the page yet, none is shown", () => {
  assert.equal(firstUnread(messages(50, 51, 52), 20, 50), null);
  assert.deepEqual(firstUnread(messages(21, 50), 20, 21), { seq: 21, mine: false });
});

test("the button says how many messages are new", () => {
  assert.equal(nameOf(0), "Jump to latest");
  assert.equal(nameOf(1), "Jump to latest, 1 new message");
  assert.equal(nameOf(3), "Jump to latest, 3 new messages");
});

test("what was left unsent before does not end it, what is written now does", () => {
  const [old, now] = [{ seq: 0, time: 99 }, { seq: 0, time: 100 }];
  assert.deepEqual([hasWritten([old, { seq: 4, time: 200 }], 100), hasWritten([old, now], 100)], [false, true]);
});
