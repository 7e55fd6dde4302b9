import assert from "node:assert/strict";
import { test } from "node:test";

import { asWritten, disorderIn } from "../../../static/js/lib/order.js";
import { having, next, told, unopened } from "./written.js";

/** @typedef {import("./written.js").Told} Told */

const b1 = told(false);
const a1 = told(true, having(b1));
const b2 = next([b1], false, having(a1));
const b3 = next([b1, b2], false, having(a1));
const a2 = next([a1], true, having(b3));
const all = [b1, a1, b2, b3, a2];

/** @param {Told[]} history */
const sorted = (history) => asWritten(history).map((place) => history[place]);

test("what the server shows as it was written stays as it is", () => {
  assert.deepEqual(asWritten(all), [0, 1, 2, 3, 4]);
  assert.deepEqual([...disorderIn([0, 1, 2, 3, 4])], []);
});

test("messages of one sender stand by their numbers", () => {
  assert.deepEqual(sorted([b2, b1, a1]), [b1, a1, b2]);
  assert.deepEqual(sorted([b3, b2, b1]), [b1, b2, b3]);
});

test("an answer stands after what it answers", () => {
  assert.deepEqual(sorted([a1, b1]), [b1, a1]);
  assert.deepEqual(sorted([...all].reverse()), all);
});

test("what names nothing of the other stays where the server puts it", () => {
  const other = told(true);
  assert.deepEqual(sorted([other, b1]), [other, b1]);
  assert.deepEqual(sorted([b1, other]), [b1, other]);
});

test("what does not open claims no place", () => {
  const madeUp = unopened(told(false, { counter: 900 }));
  assert.deepEqual(asWritten([madeUp, b1, a1]), [0, 1, 2]);
  const early = unopened(told(false, { counter: 1, ...having(a2) }));
  assert.deepEqual(asWritten([b2, early, b3]), [0, 1, 2]);
});

test("messages that name each other in a circle are all shown, once", () => {
  const late = told(false, { counter: 2 });
  const answer = told(true, having(late));
  const first = told(false, { counter: 1, ...having(answer) });
  assert.deepEqual([...asWritten([first, answer, late])].sort(), [0, 1, 2]);
});

test("two of one number stay in the server's order", () => {
  const other = told(false, { counter: 1 });
  assert.deepEqual(asWritten([other, b1]), [0, 1]);
  assert.deepEqual(asWritten([b1, other]), [0, 1]);
});

test("a long history that the server turns around is sorted", () => {
  /** @type {Told[]} */
  const long = [];
  for (let number = 0; number < 3000; number++) long.push(next(long, number % 2 === 0, long.length > 0 ? having(/** @type {Told} */ (long.at(-1))) : {}));
  assert.deepEqual(asWritten([...long].reverse()), long.map((_message, index) => long.length - 1 - index));
});

test("disorder is noted where it begins", () => {
  assert.deepEqual([...disorderIn([1, 0, 2])], [1]);
  assert.deepEqual([...disorderIn([2, 1, 0])], [2]);
  assert.deepEqual([...disorderIn([1, 0, 3, 2])], [1, 3]);
});
