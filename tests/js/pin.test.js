import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { seal } from "../../static/js/crypto/aead.js";
import { concat, label, randomBytes } from "../../static/js/crypto/bytes.js";
import { newSeeds } from "../../static/js/crypto/identity.js";
import { openPin, sealPin, STATE } from "../../static/js/crypto/pin.js";
import { accountKey } from "../../static/js/crypto/wrapping.js";
import { anyBytes, assertEveryByteCounts, assertRefused, assertTotal, begunWith, bytesOf } from "./helpers.js";

const [owner, contact] = [randomBytes(16), randomBytes(16)];
const place = { accountKey: await accountKey(newSeeds(), owner), owner, contact };
const seen = { version: 3, hash: randomBytes(32), fingerprint: randomBytes(32), state: STATE.changed, time: 1_700_000_000_000 };
const pin = await sealPin({ ...place, seen });

const anySeen = fc
  .tuple(fc.integer({ min: 1, max: 2 ** 32 - 1 }), bytesOf(32), bytesOf(32), fc.constantFrom(...Object.values(STATE)), fc.maxSafeNat())
  .map(([version, hash, fingerprint, state, time]) => ({ version, hash, fingerprint, state, time }));

test("what was seen comes back", async () => {
  assert.equal(pin.length, 107);
  await fc.assert(
    fc.asyncProperty(anySeen, async (any) => {
      assert.deepEqual(await openPin({ ...place, pin: await sealPin({ ...place, seen: any }) }), any);
    }),
  );
});

test("every byte counts", async () => {
  await assertEveryByteCounts(pin, (bytes) => openPin({ ...place, pin: bytes }));
});

test("a pin belongs to its owner, its contact and its key", async () => {
  await assertRefused(() => openPin({ ...place, owner: contact, contact: owner, pin }), "opening");
  await assertRefused(() => openPin({ ...place, contact: randomBytes(16), pin }), "opening");
  await assertRefused(async () => openPin({ ...place, accountKey: await accountKey(newSeeds(), owner), pin }), "opening");
});

test("what nobody can have seen is refused", async () => {
  await assertRefused(() => sealPin({ ...place, seen: { ...seen, version: 0 } }), "form");
  await assertRefused(() => sealPin({ ...place, seen: { ...seen, hash: new Uint8Array(31) } }), "form");
  await assertRefused(() => sealPin({ ...place, seen: { ...seen, state: /** @type {any} */ (3) } }), "form");
  const associated = concat(label("sotto/1 pin"), Uint8Array.of(1, 5), owner, contact);
  for (const index of [3, 68]) {
    const plaintext = concat(Uint8Array.of(0, 0, 0, 1), new Uint8Array(73));
    plaintext[index] = index === 3 ? 0 : 3;
    const { nonce, ciphertext } = await seal(place.accountKey, plaintext, associated);
    await assertRefused(() => openPin({ ...place, pin: concat(Uint8Array.of(1, 5), nonce, ciphertext) }), "form");
  }
});

test("opening is total", async () => {
  const pins = fc.oneof(anyBytes({ maxLength: 120 }), begunWith([1, 5], bytesOf(105)));
  await fc.assert(fc.asyncProperty(pins, (bytes) => assertTotal(() => openPin({ ...place, pin: bytes }))));
});
