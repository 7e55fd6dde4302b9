import assert from "node:assert/strict";
import { test } from "node:test";

import { safetyCode } from "../../../static/js/crypto/safety.js";
import { compareCode } from "../../../static/js/lib/safety_compare.js";

test("a code is the same, another one, or none of Sotto's", () => {
  const number = "01234".repeat(12);
  assert.equal(compareCode(safetyCode(number), number), "same");
  assert.equal(compareCode(safetyCode("01235".repeat(12)), number), "other");
  for (const text of [number, "https://example.org/", "", `sotto/2:${number}`]) assert.equal(compareCode(text, number), "foreign");
});
