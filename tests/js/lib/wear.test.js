import assert from "node:assert/strict";
import { test } from "node:test";

import { randomBytes } from "../../../static/js/crypto/bytes.js";
import { isWorn } from "../../../static/js/lib/wear.js";

const fingerprint = randomBytes(32);
const DAYS_7 = 7 * 24 * 60 * 60 * 1000;
/** A key opened at time 1000 that has sealed message 11 first. */
const key = /** @type {import("../../../static/js/lib/keystore.js").EpochKey} */ ({ openedAt: 1000, firstCounter: 11, fingerprint });

test("a key seals 1,000 messages of one's own", () => {
  assert.equal(isWorn(key, { counter: 1010, fingerprint, time: 1000 }), false);
  assert.equal(isWorn(key, { counter: 1011, fingerprint, time: 1000 }), true);
  assert.equal(isWorn({ ...key, firstCounter: null }, { counter: 5000, fingerprint, time: 1000 }), false);
});

test("in a million messages of one's own no key seals more than 1,000", () => {
  /** @type {number[]} */
  const sealed = [];
  for (let counter = 1, kept = { ...key, firstCounter: 0 }; counter <= 1_000_000; counter++) {
    if (sealed.length === 0 || isWorn(kept, { counter, fingerprint, time: 1000 })) {
      kept = { ...key, firstCounter: counter };
      sealed.push(0);
    }
    sealed[sealed.length - 1] = Number(sealed.at(-1)) + 1;
  }
  assert.deepEqual([sealed.length, Math.max(...sealed)], [1000, 1000]);
  // Of n nonces of 96 random bits, two are equal with a probability below n² / 2^97: over all of these keys, one in 2^67.
  assert.ok(sealed.reduce((sum, count) => sum + count ** 2 / 2 ** 97, 0) < 2 ** -67);
});

test("a key seals for 7 days", () => {
  assert.equal(isWorn(key, { counter: 11, fingerprint, time: 999 + DAYS_7 }), false);
  assert.equal(isWorn(key, { counter: 11, fingerprint, time: 1000 + DAYS_7 }), true);
  assert.equal(isWorn({ ...key, openedAt: Date.now() - DAYS_7 }, { counter: 11, fingerprint }), true);
});

test("a key seals for the keys that it was made for", () => {
  assert.equal(isWorn(key, { counter: 11, fingerprint: new Uint8Array(fingerprint), time: 1000 }), false);
  assert.equal(isWorn(key, { counter: 11, fingerprint: randomBytes(32), time: 1000 }), true);
});
