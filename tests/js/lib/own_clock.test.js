import assert from "node:assert/strict";
import { test } from "node:test";

import { clockWords, offBy } from "../../../static/js/lib/own_clock.js";

const MINUTE = 60_000;
const NOW = 1_700_000_000_000;

test("a clock counts as wrong when no delay of the answer explains the difference", () => {
  const at = (/** @type {number} */ asked, /** @type {number} */ answered) => offBy({ asked: NOW + asked * MINUTE, server: NOW, answered: NOW + answered * MINUTE });
  assert.deepEqual([at(0, 0), at(5, 5), at(-5, -5)], [0, 0, 0]);
  assert.equal(at(-1, 600), 0, "the laptop slept before the answer was looked at");
  assert.equal(at(12, 13), 12 * MINUTE);
  assert.equal(at(-13, -12), -12 * MINUTE);
  assert.equal(offBy({ asked: NOW, server: NaN, answered: NOW }), 0);
});

test("the person is told which way it is wrong, and what goes by it", () => {
  assert.equal(clockWords(0), "");
  assert.match(clockWords(12 * MINUTE), /^This device’s clock is 12 minutes ahead of the server’s\. When messages disappear goes by it/u);
  assert.match(clockWords(-300 * MINUTE), /^This device’s clock is hours behind the server’s\./u);
});
