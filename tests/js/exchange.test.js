import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { concat, equal, label, randomBytes } from "../../static/js/crypto/bytes.js";
import { openMessage, parseEnvelope, sealMessage } from "../../static/js/crypto/envelope.js";
import { makeExchange, parseExchange } from "../../static/js/crypto/exchange.js";
import { makeBundle, parseBundle } from "../../static/js/crypto/identity.js";
import { sign } from "../../static/js/crypto/signing.js";
import { altered, anyBytes, assertEveryByteCounts, assertRefused, assertTotal, begunWith, bytesOf } from "./helpers.js";
import { exchangeBetween, firstMessage, makePerson, openAs, ZEROS } from "./helpers.js";

const [alice, bob, mallory] = await Promise.all([makePerson("alice"), makePerson("bob"), makePerson("mallory")]);
const { made, exchange } = await exchangeBetween(alice, bob);
const COMMITMENT = 150;
const SEALED_TO_INITIATOR = 182;
const SEALED_TO_RECIPIENT = 1350;

/**
 * What a dishonest initiator can make: anything, rightly signed.
 * @param {Uint8Array} bytes of an exchange
 * @param {CryptoKey} [signingKey]
 */
async function signedAnew(bytes, signingKey = alice.signingKey) {
  const unsigned = new Uint8Array(bytes.slice(0, -64));
  return parseExchange(concat(unsigned, await sign(signingKey, concat(label("sotto/1 exchange"), unsigned))));
}

test("both people get the key that the initiator made", async () => {
  assert.equal(made.bytes.length, 2582);
  for (const me of [alice, bob]) {
    const { epochKey, hash } = await openAs(exchange, alice, bob, me);
    assert.deepEqual(hash, made.hash);
    assert.equal(epochKey.extractable, false);
    const message = firstMessage(made.keyId, alice.userId, bob.userId);
    const envelope = parseEnvelope(await sealMessage({ epochKey: made.epochKey, ...message }));
    assert.deepEqual(await openMessage({ epochKey, envelope }), message.content);
  }
});

test("whoever they are and whichever the epoch, both open it and a third does not", async () => {
  const laterEpoch = fc.tuple(fc.integer({ min: 2, max: 2 ** 32 - 1 }), begunWith([1], bytesOf(31)));
  await fc.assert(
    fc.asyncProperty(laterEpoch, fc.boolean(), async ([epoch, previous], swapped) => {
      const [one, two] = swapped ? [bob, alice] : [alice, bob];
      const fresh = await makeExchange({ initiator: one.bundle, recipient: two.bundle, epoch, previous, signingKey: one.signingKey });
      const read = await parseExchange(fresh.bytes);
      assert.deepEqual([read.epoch, read.previous, read.keyId, read.hash], [epoch, previous, fresh.keyId, fresh.hash]);
      await openAs(read, one, two, one);
      await openAs(read, one, two, two);
      await assertRefused(() => openAs(read, one, two, mallory), "binding");
      await assertRefused(() => openAs(read, one, two, { ...two, seeds: mallory.seeds }), "opening");
    }),
    { numRuns: 20 },
  );
});

test("every byte counts", async () => {
  await assertEveryByteCounts(made.bytes, async (bytes) => openAs(await parseExchange(bytes), alice, bob, bob));
});

test("it is refused between other people, and for other bundles of the same people", async () => {
  await assertRefused(() => openAs(exchange, bob, alice, bob), "binding");
  await assertRefused(() => openAs(exchange, mallory, bob, bob), "binding");
  await assertRefused(() => openAs(exchange, alice, mallory, alice), "binding");
  const next = { userId: bob.userId, username: "robert", version: 2, generation: 1, previous: bob.bundle.hash, seeds: bob.seeds };
  const renamed = { bundle: await parseBundle(await makeBundle(next)) };
  await assertRefused(() => openAs(exchange, alice, renamed, bob), "binding");
});

test("nobody signs in the initiator's name", async () => {
  const forged = await signedAnew(made.bytes, mallory.signingKey);
  await assertRefused(() => openAs(forged, alice, bob, bob), "signature");
});

test("a signature over rubbish does not make it good", async () => {
  for (const [offset, reader] of /** @type {const} */ ([[SEALED_TO_INITIATOR, alice], [SEALED_TO_RECIPIENT, bob]])) {
    for (const index of [0, 700, 1087, 1088, 1119, 1120, 1151, 1152, 1167]) {
      const rubbish = await signedAnew(altered(made.bytes, offset + index));
      await assertRefused(() => openAs(rubbish, alice, bob, reader), "opening");
    }
  }
});

test("an encapsulation of small order is refused, not taken for a weak key", async () => {
  for (const point of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31))]) {
    const bytes = new Uint8Array(made.bytes);
    bytes.set(point, SEALED_TO_RECIPIENT + 1088);
    const weak = await signedAnew(bytes);
    await assertRefused(() => openAs(weak, alice, bob, bob), "opening");
  }
});

test("a copy for one does not open as a copy for the other, nor in another exchange", async () => {
  const swapped = new Uint8Array(made.bytes);
  swapped.set(exchange.sealedToRecipient, SEALED_TO_INITIATOR);
  swapped.set(exchange.sealedToInitiator, SEALED_TO_RECIPIENT);
  const { exchange: other } = await exchangeBetween(alice, bob);
  const moved = new Uint8Array(made.bytes);
  moved.set(other.sealedToRecipient, SEALED_TO_RECIPIENT);
  for (const bytes of [swapped, moved]) {
    const read = await signedAnew(bytes);
    await assertRefused(() => openAs(read, alice, bob, bob), "opening");
  }
});

test("a key other than the one committed to is refused", async () => {
  const read = await signedAnew(altered(made.bytes, COMMITMENT));
  await assertRefused(() => openAs(read, alice, bob, bob), "commitment");
  await assertRefused(() => openAs(read, alice, bob, alice), "commitment");
});

test("two exchanges share neither id nor key nor hash", async () => {
  const { made: other } = await exchangeBetween(alice, bob);
  assert.ok(!equal(other.keyId, made.keyId) && !equal(other.hash, made.hash));
  const envelope = parseEnvelope(await sealMessage({ epochKey: made.epochKey, ...firstMessage(made.keyId, alice.userId, bob.userId) }));
  await assertRefused(() => openMessage({ epochKey: other.epochKey, envelope }), "opening");
});

test("what no exchange says is refused when made and when read", async () => {
  const good = { initiator: alice.bundle, recipient: bob.bundle, epoch: 1, previous: ZEROS, signingKey: alice.signingKey };
  await assertRefused(() => makeExchange({ ...good, epoch: 0 }), "form");
  await assertRefused(() => makeExchange({ ...good, epoch: 0, previous: randomBytes(32) }), "form");
  await assertRefused(() => makeExchange({ ...good, epoch: 2 }), "form");
  await assertRefused(() => makeExchange({ ...good, previous: randomBytes(32) }), "form");
  await assertRefused(() => makeExchange({ ...good, recipient: alice.bundle }), "form");
  await assertRefused(() => signedAnew(altered(made.bytes, 21, 1)), "form");
  await assertRefused(() => signedAnew(altered(made.bytes, 21, 2)), "form");
  await assertRefused(() => signedAnew(altered(made.bytes, 118)), "form");
});

test("parsing is total", async () => {
  const exchanges = fc.oneof(anyBytes({ maxLength: 300 }), begunWith([1, 3], bytesOf(2580)));
  const openBytes = async (/** @type {Uint8Array} */ bytes) => openAs(await parseExchange(bytes), alice, bob, bob);
  await fc.assert(fc.asyncProperty(exchanges, (bytes) => assertTotal(() => openBytes(bytes))));
});
