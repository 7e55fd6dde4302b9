import assert from "node:assert/strict";
import { test } from "node:test";

import { leftOf, spanOf } from "../../../static/js/lib/lifetimes.js";

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
