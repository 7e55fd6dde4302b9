import assert from "node:assert/strict";
import { test } from "node:test";

import { timeMarks } from "../../../static/js/lib/clocks.js";
import { next, told, unopened } from "./written.js";

const NOON = 1_700_000_000_000;
const MINUTE = 60_000;
const NONE = { arrived: null, early: false };

/** @param {number} time @param {number} at */
const marked = (time, at) => timeMarks([{ at, opened: told(false, { time }) }])[0];

test("a few minutes between two clocks are nothing", () => {
  for (const minutes of [-5, 0, 5]) assert.deepEqual(marked(NOON, NOON + minutes * MINUTE), NONE);
});

test("a time of the server's that is another by more is said", () => {
  for (const difference of [-5 * MINUTE - 1, 5 * MINUTE + 1]) {
    assert.deepEqual(marked(NOON, NOON + difference), { arrived: NOON + difference, early: false });
  }
  assert.deepEqual(marked(NOON, NaN), { arrived: NaN, early: false });
});

test("a sender whose time goes back by more is said, once", () => {
  const times = [NOON, NOON - 5 * MINUTE, NOON - 11 * MINUTE, NOON - 11 * MINUTE];
  const history = times.map((time) => ({ at: time, opened: told(false, { time }) }));
  assert.deepEqual(timeMarks(history).map(({ early }) => early), [false, false, true, false]);
});

test("two people's clocks are not compared with each other", () => {
  const later = told(true, { time: NOON });
  const earlier = next([], false, { time: NOON - 60 * MINUTE });
  assert.deepEqual(timeMarks([later, earlier].map((opened) => ({ at: opened.envelope.time, opened }))), [NONE, NONE]);
});

test("what does not open has no time of its own", () => {
  const made = unopened(told(false, { time: 0 }), "altered");
  assert.deepEqual(timeMarks([{ at: NOON, opened: made }]), [NONE]);
});
