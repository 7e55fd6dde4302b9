import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { concat, Writer } from "../../static/js/crypto/bytes.js";
import { decodeContent, encodeContent, MAX_TEXT_BYTES } from "../../static/js/crypto/content.js";
import { anyBytes, anyText, assertRefused, assertTotal } from "./helpers.js";

test("text survives", () => {
  const survives = (/** @type {string} */ text) =>
    assert.deepEqual(decodeContent(encodeContent({ kind: "text", text })), { kind: "text", text });
  fc.assert(fc.property(anyText({ minLength: 1 }), survives));
  for (const text of ["\ufeff", "\0", "  ", "a\r\nb", "🦉", "x".repeat(MAX_TEXT_BYTES)]) survives(text);
});

test("the bytes are those of the specification", () => {
  assert.deepEqual(encodeContent({ kind: "text", text: "hé" }), Uint8Array.of(1, 1, 0, 0, 0, 3, 0x68, 0xc3, 0xa9));
});

test("a text that is empty or too long is not made", async () => {
  assert.equal(MAX_TEXT_BYTES, 65_526);
  await assertRefused(() => encodeContent({ kind: "text", text: "" }), "form");
  await assertRefused(() => encodeContent({ kind: "text", text: "é".repeat(MAX_TEXT_BYTES / 2) + "e" }), "form");
});

test("a kind from the future is named, whatever it holds", () => {
  for (const number of [0, 2, 3, 255]) assert.deepEqual(decodeContent(Uint8Array.of(number, 9, 8, 7)), { kind: "unknown", number });
});

test("a text that is not written as specified is refused", async () => {
  /** @param {...number} bytes */
  const text = (...bytes) => new Writer().u8(1).u8(1).var32(Uint8Array.from(bytes)).finish();
  const cut = [new Uint8Array(0), Uint8Array.of(1), Uint8Array.of(1, 1), text(65, 66).slice(0, -1)];
  const ofOtherVersions = [Uint8Array.of(1, 2, 0, 0, 0, 1, 65), Uint8Array.of(1, 0, 0, 0, 0, 1, 65)];
  const wrong = [text(), text(0xff), text(0xed, 0xa0, 0x80), concat(text(65), Uint8Array.of(0))];
  for (const bytes of [...cut, ...ofOtherVersions, ...wrong]) await assertRefused(() => decodeContent(bytes), "form");
});

test("decoding is total, and what it takes is written in one way", async () => {
  const begun = anyBytes({ maxLength: 12 }).map((rest) => Uint8Array.of(1, 1, 0, 0, 0, rest.length, ...rest));
  const readAndWrite = (/** @type {Uint8Array} */ bytes) => {
    const content = decodeContent(bytes);
    if (content.kind === "text") assert.deepEqual(encodeContent(content), bytes);
  };
  const contents = fc.oneof(anyBytes({ maxLength: 64 }), begun);
  await fc.assert(fc.asyncProperty(contents, (bytes) => assertTotal(() => readAndWrite(bytes))), { numRuns: 500 });
});
