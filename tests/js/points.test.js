import assert from "node:assert/strict";
import { test } from "node:test";

import { checkSealingKey, checkSigningKey } from "../../static/js/crypto/points.js";
import { assertRefused, makePerson } from "./helpers.js";

const P = 2n ** 255n - 19n;

/**
 * The y of the eight points of small order, and the u that make X25519 give zeros: the lists of libsodium (ge25519_has_small_order,
 * x25519 has_small_order), here in 255 bits.
 */
const EDWARDS_ORDER_8 = [
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
];
const SMALL_Y = [0n, 1n, P - 1n, ...EDWARDS_ORDER_8];
const SMALL_U = [
  0n,
  1n,
  P - 1n,
  0x00b8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0n,
  0x57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5fn,
];

/**
 * @param {bigint} value
 * @returns 32 bytes, little-endian
 */
function littleEndian(value) {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 255n));
}

/** @param {bigint} value */
const withBothSigns = (value) => [littleEndian(value), littleEndian(value + 2n ** 255n)];

const { bundle } = await makePerson("alice");

/** @param {Uint8Array} part of the X25519 key */
function withX25519(part) {
  const key = new Uint8Array(bundle.sealing);
  key.set(part, 1184);
  return key;
}

/**
 * @param {number} index of the coefficient
 * @param {number} value 12 bits
 */
function withCoefficient(index, value) {
  const key = new Uint8Array(bundle.sealing);
  const start = Math.floor(index / 2) * 3;
  const [a, b, c] = /** @type {[number, number, number]} */ ([...key.slice(start, start + 3)]);
  key.set(index % 2 ? [a, (b & 15) | ((value & 15) << 4), value >> 4] : [value & 255, (b & 0xf0) | (value >> 8), c], start);
  return key;
}

test("honest keys pass", async () => {
  for (let round = 0; round < 20; round++) {
    const other = await makePerson("bob");
    checkSealingKey(other.bundle.sealing);
    checkSigningKey(other.bundle.signing);
  }
});

test("Ed25519 keys of small order are refused in every spelling", async () => {
  for (const y of SMALL_Y) {
    for (const key of withBothSigns(y)) await assertRefused(() => checkSigningKey(key), "key");
  }
});

test("WebCrypto takes such a key and believes its forgery", async () => {
  const neutral = littleEndian(1n);
  const key = await crypto.subtle.importKey("raw", neutral, "Ed25519", false, ["verify"]);
  assert.ok(await crypto.subtle.verify("Ed25519", key, Uint8Array.of(...neutral, ...new Uint8Array(32)), new Uint8Array(5)));
});

test("Ed25519 keys that are not canonical are refused", async () => {
  for (let y = P; y < 2n ** 255n; y++) {
    for (const key of withBothSigns(y)) await assertRefused(() => checkSigningKey(key), "key");
  }
});

test("Ed25519 keys that are no point of the curve are refused, as about half of all numbers are, and WebCrypto takes them", async () => {
  let points = 0;
  for (let y = 2n; y < 202n; y++) {
    await crypto.subtle.importKey("raw", littleEndian(y), "Ed25519", false, ["verify"]);
    try {
      checkSigningKey(littleEndian(y));
      points++;
    } catch {}
  }
  assert.ok(points > 70 && points < 130, `${points} of 200`);
  await assertRefused(() => checkSigningKey(littleEndian(2n)), "key");
  checkSigningKey(littleEndian(3n));
  checkSigningKey(littleEndian(0x6666666666666666666666666666666666666666666666666666666666666658n));
});

test("X25519 keys of small order are refused in every spelling", async () => {
  for (const u of [...SMALL_U, P, P + 1n]) {
    for (const part of withBothSigns(u)) await assertRefused(() => checkSealingKey(withX25519(part)), "key");
  }
  for (const u of [2n, 9n, P - 2n, P + 2n]) {
    for (const part of withBothSigns(u)) checkSealingKey(withX25519(part));
  }
});

test("X25519 agrees with WebCrypto about which keys give zeros", async () => {
  const { privateKey } = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey("X25519", false, ["deriveBits"]));
  for (const u of [...SMALL_U, P, P + 1n]) {
    const peer = await crypto.subtle.importKey("raw", littleEndian(u), "X25519", false, []);
    await assert.rejects(crypto.subtle.deriveBits({ name: "X25519", public: peer }, privateKey, 256));
  }
});

test("ML-KEM keys with an unreduced coefficient are refused, at every place", async () => {
  for (let index = 0; index < 768; index++) {
    checkSealingKey(withCoefficient(index, 3328));
    await assertRefused(() => checkSealingKey(withCoefficient(index, 3329)), "key");
  }
  await assertRefused(() => checkSealingKey(withCoefficient(767, 4095)), "key");
});
