import assert from "node:assert/strict";
import { test } from "node:test";

import { Expiry, leftOf, spanOf } from "../../../static/js/lib/expiry.js";

/**
 * @param {import("node:test").TestContext} context
 * @param {number} now
 */
function setUp(context, now = 1_000_000) {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"], now });
  /** @type {string[]} */
  const said = [];
  const expiry = new Expiry();
  const watch = (/** @type {object} */ key, /** @type {string} */ name, /** @type {number} */ seconds) =>
    expiry.watch(key, { at: now + 1000 * seconds, show: (left) => void said.push(`${name} ${left / 1000}`), end: () => void said.push(`${name} ends`) });
  return { said, expiry, watch };
}

test("each ends when its time is over, and not a moment before", (context) => {
  const { said, watch } = setUp(context);
  watch({}, "one", 3);
  watch({}, "two", 5);
  const ended = () => said.filter((words) => words.endsWith("ends"));
  context.mock.timers.tick(2999);
  assert.deepEqual(ended(), []);
  context.mock.timers.tick(1);
  assert.deepEqual(ended(), ["one ends"]);
  context.mock.timers.tick(2000);
  assert.deepEqual(ended(), ["one ends", "two ends"]);
});

test("it says now and then how much is left", (context) => {
  const { said, watch } = setUp(context);
  watch({}, "one", 25);
  context.mock.timers.tick(10_000);
  context.mock.timers.tick(10_000);
  assert.deepEqual(said, ["one 25", "one 15", "one 5"]);
});

test("after a sleep, in which no timer ran, it ends at the first look", (context) => {
  const { said, expiry, watch } = setUp(context);
  watch({}, "one", 3600);
  context.mock.timers.setTime(1_000_000 + 7_200_000 - 1);
  said.length = 0;
  expiry.look();
  expiry.look();
  assert.deepEqual(said, ["one ends"]);
});

test("what is over already ends at once, and what is forgotten never", (context) => {
  const { said, expiry, watch } = setUp(context);
  const key = {};
  watch({}, "over", 0);
  watch(key, "forgotten", 1);
  expiry.forget(key);
  context.mock.timers.tick(20_000);
  assert.deepEqual(said, ["over ends", "forgotten 1"]);
});

test("a second watch over the same thing takes the place of the first", (context) => {
  const { said, watch } = setUp(context);
  const key = {};
  watch(key, "first", 2);
  watch(key, "second", 4);
  context.mock.timers.tick(4000);
  assert.deepEqual(said.filter((words) => words.endsWith("ends")), ["second ends"]);
});

test("of a thousand each is looked at once as it comes, and each ends", (context) => {
  const { said, watch } = setUp(context);
  for (let number = 1; number <= 1000; number++) watch({}, `${number}`, 9);
  assert.equal(said.length, 1000);
  context.mock.timers.tick(9000);
  assert.equal(said.filter((words) => words.endsWith("ends")).length, 1000);
});

test("one that begins another watch when it ends does no harm", (context) => {
  const { said, expiry, watch } = setUp(context);
  expiry.watch({}, { at: 1_001_000, show: () => undefined, end: () => watch({}, "next", 3) });
  context.mock.timers.tick(1000);
  context.mock.timers.tick(2000);
  assert.deepEqual(said.at(-1), "next ends");
});

test("a span is said in its longest whole unit", () => {
  const spans = [300, 3600, 86_400, 604_800, 2_419_200, 5400, 61, 1].map(spanOf);
  assert.deepEqual(spans, ["5 minutes", "1 hour", "1 day", "1 week", "4 weeks", "90 minutes", "61 seconds", "1 second"]);
});

test("what is left is rounded up, and never said to be nothing", () => {
  const minute = 60_000;
  const cases = /** @type {const} */ ([
    [1, "< 1 min"], [59_999, "< 1 min"], [minute, "1 min"], [minute + 1, "2 min"], [59.5 * minute, "60 min"], [61 * minute, "2 h"],
    [24 * 60 * minute, "24 h"], [25 * 60 * minute, "2 d"], [28 * 24 * 60 * minute, "28 d"],
  ]);
  for (const [left, short] of cases) assert.equal(leftOf(left).short, short);
  assert.equal(leftOf(90 * minute).long, "2 hours");
  assert.equal(leftOf(10).long, "less than a minute");
});
