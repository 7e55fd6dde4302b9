import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { concat, Writer } from "../../static/js/crypto/bytes.js";
import { decodeContent, encodeContent, MAX_EMOJI_BYTES, MAX_LIFETIME, MAX_REPLY_BYTES, MAX_TEXT_BYTES } from "../../static/js/crypto/content.js";
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

const target = Uint8Array.from({ length: 16 }, (_, index) => index);

test("what is about another message is written as specified", () => {
  const ids = [...target];
  assert.deepEqual([...encodeContent({ kind: "edit", target, text: "hi" })], [3, 1, ...ids, 0, 0, 0, 2, 0x68, 0x69]);
  assert.deepEqual([...encodeContent({ kind: "deletion", target })], [4, 1, ...ids]);
  assert.deepEqual([...encodeContent({ kind: "reaction", target, author: "receiver", emoji: "é" })], [5, 1, ...ids, 2, 0, 2, 0xc3, 0xa9]);
  assert.deepEqual([...encodeContent({ kind: "reaction", target, author: "sender", emoji: "" })], [5, 1, ...ids, 1, 0, 0]);
  assert.deepEqual([...encodeContent({ kind: "reply", target, author: "sender", text: "hi" })], [7, 1, ...ids, 1, 0, 0, 0, 2, 0x68, 0x69]);
});

test("every kind survives, up to its longest", () => {
  const long = "x".repeat(MAX_REPLY_BYTES);
  /** @type {import("../../static/js/crypto/content.js").Content[]} */
  const contents = [
    { kind: "edit", target, text: long },
    { kind: "deletion", target },
    { kind: "timer", seconds: MAX_LIFETIME },
    { kind: "reaction", target, author: "receiver", emoji: "x".repeat(MAX_EMOJI_BYTES) },
    { kind: "reply", target, author: "receiver", text: long },
  ];
  for (const content of contents) assert.deepEqual(decodeContent(encodeContent(content)), content);
});

test("what no reader would take is not made", async () => {
  for (const author of /** @type {const} */ (["sender", "receiver"])) {
    await assertRefused(() => encodeContent({ kind: "reply", target, author, text: "x".repeat(MAX_REPLY_BYTES + 1) }), "form");
    await assertRefused(() => encodeContent({ kind: "reply", target, author, text: "" }), "form");
    await assertRefused(() => encodeContent({ kind: "reaction", target, author, emoji: "é".repeat(MAX_EMOJI_BYTES / 2 + 1) }), "form");
  }
  await assertRefused(() => encodeContent({ kind: "edit", target, text: "" }), "form");
  await assertRefused(() => encodeContent({ kind: "timer", seconds: MAX_LIFETIME + 1 }), "form");
  await assertRefused(() => encodeContent({ kind: "deletion", target: target.slice(1) }), "form");
});

test("a text that is empty or too long is not made", async () => {
  assert.equal(MAX_TEXT_BYTES, 65_526);
  await assertRefused(() => encodeContent({ kind: "text", text: "" }), "form");
  await assertRefused(() => encodeContent({ kind: "text", text: "é".repeat(MAX_TEXT_BYTES / 2) + "e" }), "form");
});

test("a kind from the future is named, whatever it holds", () => {
  for (const number of [0, 2, 6, 255]) assert.deepEqual(decodeContent(Uint8Array.of(number, 9, 8, 7)), { kind: "unknown", number });
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
  const text = anyBytes({ maxLength: 12 }).map((rest) => Uint8Array.of(1, 1, 0, 0, 0, rest.length, ...rest));
  const about = fc.tuple(fc.constantFrom(3, 4, 5, 7, 8), anyBytes({ maxLength: 40 })).map(([kind, rest]) => Uint8Array.of(kind, 1, ...rest));
  const reaction = anyBytes({ maxLength: 12 }).map((rest) => Uint8Array.of(5, 1, ...target, 1, 0, rest.length, ...rest));
  const readAndWrite = (/** @type {Uint8Array} */ bytes) => {
    const content = decodeContent(bytes);
    if (content.kind !== "unknown") assert.deepEqual(encodeContent(content), bytes);
  };
  const contents = fc.oneof(anyBytes({ maxLength: 64 }), text, about, reaction);
  await fc.assert(fc.asyncProperty(contents, (bytes) => assertTotal(() => readAndWrite(bytes))), { numRuns: 500 });
});
