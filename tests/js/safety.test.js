import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { randomBytes } from "../../static/js/crypto/bytes.js";
import { readSafetyCode, safetyCode, safetyGroups, safetyNumber } from "../../static/js/crypto/safety.js";
import { altered, anyText, assertRefused, assertTotal, bytesOf } from "./helpers.js";

test("a safety number has 60 digits in 12 groups, and is the same in either order", async () => {
  await fc.assert(
    fc.asyncProperty(bytesOf(32), bytesOf(32), async (one, other) => {
      const number = await safetyNumber(one, other);
      assert.match(number, /^[0-9]{60}$/u);
      assert.equal(number, await safetyNumber(other, one));
      assert.equal(safetyGroups(number).join(""), number);
      assert.deepEqual(safetyGroups(number).map(({ length }) => length), Array(12).fill(5));
    }),
  );
});

test("every byte of both fingerprints counts", async () => {
  const [one, other] = [randomBytes(32), randomBytes(32)];
  const number = await safetyNumber(one, other);
  for (let index = 0; index < 32; index++) {
    assert.notEqual(await safetyNumber(altered(one, index), other), number);
    assert.notEqual(await safetyNumber(one, altered(other, index)), number);
  }
  await assertRefused(() => safetyNumber(one.slice(1), other), "form");
  await assertRefused(() => safetyNumber(one, new Uint8Array(33)), "form");
});

test("reading a code is total, and what it takes is what was written", () => {
  return fc.assert(
    fc.asyncProperty(fc.oneof(anyText(), anyText().map((text) => `sotto/1:${text}`)), (text) =>
      assertTotal(() => assert.equal(safetyCode(readSafetyCode(text)), text)),
    ),
  );
});
