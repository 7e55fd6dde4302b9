import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { concat, equal, fromBase64url, fromUtf8, idOf, isZero, label, randomBytes } from "../../static/js/crypto/bytes.js";
import { Reader, toBase64url, utf8, uuidOf, Writer } from "../../static/js/crypto/bytes.js";
import { anyBytes, anyText, assertRefused, bytesOf } from "./helpers.js";

const someBytes = anyBytes({ maxLength: 300 });

test("what a writer writes a reader reads", () => {
  const integers = fc.tuple(fc.nat(255), fc.nat(65535), fc.nat(2 ** 32 - 1), fc.maxSafeNat());
  fc.assert(
    fc.property(integers, someBytes, someBytes, ([a, b, c, d], short, long) => {
      const bytes = new Writer().u8(a).u16(b).u32(c).u64(d).var16(short).var32(long).fixed(short, short.length).finish();
      const reader = new Reader(bytes);
      assert.deepEqual([reader.u8(), reader.u16(), reader.u32(), reader.u64()], [a, b, c, d]);
      assert.deepEqual([reader.var16(), reader.var32(), reader.fixed(short.length)], [short, long, short]);
      assert.deepEqual(reader.consumed(), bytes);
      reader.end();
    }),
  );
});

test("integers are big-endian", () => {
  const bytes = new Writer().u16(0x0102).u32(0x03040506).u64(0x0708090a0b0c).finish();
  assert.deepEqual(bytes, Uint8Array.of(1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12));
});

test("a writer refuses what does not fit", async () => {
  for (const value of [-1, 256, 1.5, NaN, Infinity]) await assertRefused(() => new Writer().u8(value), "form");
  await assertRefused(() => new Writer().u16(65536), "form");
  await assertRefused(() => new Writer().u32(2 ** 32), "form");
  await assertRefused(() => new Writer().u64(2 ** 53), "form");
  await assertRefused(() => new Writer().fixed(new Uint8Array(15), 16), "form");
  await assertRefused(() => new Writer().var16(new Uint8Array(65536)), "form");
});

test("a reader refuses what does not reach, what is left over, and integers that are not exact", async () => {
  await assertRefused(() => new Reader(new Uint8Array(7)).u64(), "form");
  await assertRefused(() => new Reader(Uint8Array.of(0, 2, 9)).var16(), "form");
  await assertRefused(() => new Reader(Uint8Array.of(255, 255, 255, 255, 9)).var32(), "form");
  await assertRefused(() => new Reader(new Uint8Array(1)).end(), "form");
  await assertRefused(() => new Reader(Uint8Array.of(0, 32, 0, 0, 0, 0, 0, 0)).u64(), "form");
  assert.equal(new Reader(Uint8Array.of(0, 31, 255, 255, 255, 255, 255, 255)).u64(), 2 ** 53 - 1);
});

test("what is read owns its buffer, also when it came from a pooled one", () => {
  const reader = new Reader(Buffer.from("0102030405", "hex"));
  reader.u8();
  const part = reader.fixed(3);
  assert.equal(part.buffer.byteLength, 3);
  assert.deepEqual(part, Uint8Array.of(2, 3, 4));
});

test("base64url has one spelling for every byte string", async () => {
  fc.assert(
    fc.property(someBytes, (bytes) => {
      assert.equal(toBase64url(bytes), Buffer.from(bytes).toString("base64url"));
      assert.deepEqual(fromBase64url(toBase64url(bytes)), bytes);
    }),
  );
  for (const text of ["AA==", "AA=", "A", "A+A", "A/A", "AA\n", " AA", "AB", "AAB", "ÄÄ", "AA AA", null, undefined, 12, ["AA"]]) {
    await assertRefused(() => fromBase64url(text), "form");
  }
});

test("text is UTF-8, kept as it is", async () => {
  fc.assert(fc.property(anyText(), (text) => assert.equal(fromUtf8(utf8(text)), text)));
  assert.equal(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41)), "\ufeffA");
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    await assertRefused(() => fromUtf8(Uint8Array.from(bytes)), "form");
  }
});

test("an id is a UUID in lower case", async () => {
  fc.assert(fc.property(bytesOf(16), (id) => assert.deepEqual(idOf(uuidOf(id)), id)));
  assert.equal(uuidOf(Uint8Array.from({ length: 16 }, (_, index) => index)), "00010203-0405-0607-0809-0a0b0c0d0e0f");
  const lower = "00010203-0405-0607-0809-0a0b0c0d0e0f";
  const spellings = [lower.toUpperCase(), lower.replaceAll("-", ""), `${lower}\n`, `{${lower}}`, lower.replace("0", "g"), "", null];
  for (const text of spellings) await assertRefused(() => idOf(text), "form");
  await assertRefused(() => uuidOf(new Uint8Array(15)), "form");
});

test("labels, joins and comparisons", async () => {
  assert.deepEqual(label("abc"), Uint8Array.of(3, 97, 98, 99));
  await assertRefused(() => label("é"), "form");
  await assertRefused(() => label("a".repeat(256)), "form");
  fc.assert(
    fc.property(someBytes, someBytes, (a, b) => {
      assert.deepEqual(concat(a, b), Uint8Array.of(...a, ...b));
      assert.equal(equal(a, b), Buffer.compare(a, b) === 0);
      assert.ok(equal(a, new Uint8Array(a)));
    }),
  );
  assert.ok(isZero(new Uint8Array(3)) && !isZero(Uint8Array.of(0, 0, 1)));
  assert.ok(!equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3)) && !equal(Uint8Array.of(1, 2), Uint8Array.of(0, 2)));
  assert.equal(randomBytes(16).length, 16);
  assert.ok(!equal(randomBytes(16), randomBytes(16)));
});
