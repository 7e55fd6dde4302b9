import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { open, seal } from "../../static/js/crypto/aead.js";
import { concat, equal, fromBase64url, idOf, label, randomBytes, Reader, toBase64url, uuidOf, Writer } from "../../static/js/crypto/bytes.js";
import { decodeContent, encodeContent } from "../../static/js/crypto/content.js";
import { deriveAesKey } from "../../static/js/crypto/derive.js";
import { checkTombstone, openMessage, parseEnvelope, parseTombstone, sealMessage } from "../../static/js/crypto/envelope.js";
import { parseExchange } from "../../static/js/crypto/exchange.js";
import { checkSuccession, makeBundle, parseBundle } from "../../static/js/crypto/identity.js";
import { pad, unpad } from "../../static/js/crypto/padding.js";
import { kdfFromJson, kdfToJson, newKdf } from "../../static/js/crypto/password.js";
import { openPin, sealPin } from "../../static/js/crypto/pin.js";
import { formatRecoveryKey, newRecoveryKey, parseRecoveryKey, recoveryWrappingKey } from "../../static/js/crypto/recovery.js";
import { readSafetyCode, safetyCode } from "../../static/js/crypto/safety.js";
import { sign } from "../../static/js/crypto/signing.js";
import { openDraft, openEntry, sealDraft, sealEntry } from "../../static/js/crypto/unsent.js";
import { accountKey, unwrapSeeds, wrapSeeds } from "../../static/js/crypto/wrapping.js";
import { largestAllocation, mutated, mutatedJson, mutatedText } from "./fuzz.js";
import { assertTotal, buried, exchangeBetween, firstMessage, makePerson, openAs, proven } from "./helpers.js";

/** @typedef {import("../../static/js/crypto/bytes.js").Bytes} Bytes */
/** @typedef {import("./fuzz.js").Length} Length */

const alice = await makePerson("alice");
const bob = await makePerson("bob");
const next = { userId: alice.userId, username: "Älice", version: 2, generation: 1, previous: alice.bundle.hash, seeds: alice.seeds };
const renamed = await parseBundle(await makeBundle({ ...next, oldSigningSeed: alice.seeds.signing }));
const { made, exchange } = await exchangeBetween(alice, bob);
const { epochKey, keyId } = made;
const message = firstMessage(keyId, alice.userId, bob.userId);
const later = { ...message, counter: 2, previous: made.hash, seenCounter: 7, seen: made.hash, content: encodeContent({ kind: "text", text: "b".repeat(300) }) };
const envelopes = [await sealMessage({ epochKey, ...message }), await sealMessage({ epochKey, ...later })];
const tombstones = await Promise.all(envelopes.map(buried));
const own = await accountKey(alice.seeds, alice.userId);
const place = { accountKey: own, owner: alice.userId, contact: bob.userId };
const seen = { version: 3, hash: bob.bundle.hash, fingerprint: bob.bundle.fingerprint, state: /** @type {const} */ (1), time: 1_700_000_000_000 };
const kdf = newKdf();
const wrapping = /** @type {const} */ ({ purpose: "password", key: await recoveryWrappingKey(newRecoveryKey(), alice.userId), bundle: alice.bundle, kdf });
const target = Uint8Array.from({ length: 16 }, (_, index) => index);
const contents = [
  encodeContent({ kind: "text", text: "hello" }),
  encodeContent({ kind: "text", text: "Ä\ufeff🙂".repeat(40) }),
  encodeContent({ kind: "edit", target, text: "hello again" }),
  encodeContent({ kind: "deletion", target }),
  encodeContent({ kind: "reaction", target, author: "receiver", emoji: "👍" }),
  encodeContent({ kind: "reply", target, author: "sender", text: "so do I" }),
  Uint8Array.of(2, 1),
  Uint8Array.of(1, 2),
];
/** @type {Length[]} of a text, an edit, a reaction and a reply */
const lengthsInContents = [
  { at: 2, width: 4 },
  { at: 18, width: 4 },
  { at: 19, width: 2 },
  { at: 19, width: 4 },
];

/**
 * What only the sealer can break: what stands inside is mutated, and sealed as it should be.
 * @param {Bytes} padded
 */
async function openSealed(padded) {
  const key = await deriveAesKey(epochKey, concat(label("sotto/1 message key"), keyId, alice.userId, bob.userId));
  const header = envelopes[0]?.slice(0, 162) ?? assert.fail();
  const { nonce, ciphertext } = await seal(key, padded, concat(label("sotto/1 message"), header));
  return openEnvelope(await proven(epochKey, header, concat(nonce, new Writer().var32(ciphertext).finish())));
}

/** @param {Bytes} bytes */
const openEnvelope = async (bytes) => decodeContent(await openMessage({ epochKey, envelope: parseEnvelope(bytes) }));

/** @param {Bytes} inside */
async function openSealedPin(inside) {
  const { nonce, ciphertext } = await seal(own, inside, concat(label("sotto/1 pin"), Uint8Array.of(1, 5), alice.userId, bob.userId));
  return openPin({ ...place, pin: concat(Uint8Array.of(1, 5), nonce, ciphertext) });
}

/** @param {Bytes} body */
async function readSigned(body) {
  const signature = await sign(alice.signingKey, concat(label("sotto/1 identity"), body));
  return parseBundle(concat(body, signature, Uint8Array.of(0)));
}

/** @param {Bytes} unsigned */
async function openSigned(unsigned) {
  const signature = await sign(alice.signingKey, concat(label("sotto/1 exchange"), unsigned));
  return openAs(await parseExchange(concat(unsigned, signature)), alice, bob, bob);
}

/**
 * Every decoder: valid objects, where they say a length, how they are read, and how often that is tried.
 * @type {Record<string, {valid: Bytes[], lengths?: Length[], read: (bytes: Bytes) => unknown, runs?: number}>}
 */
const DECODERS = {
  bundle: { valid: [alice.bundle.bytes, renamed.bytes, bob.bundle.bytes], lengths: [{ at: 1306, width: 2 }], read: parseBundle },
  "signed bundle": { valid: [alice.bundle.body, renamed.body], lengths: [{ at: 1306, width: 2 }], read: readSigned },
  succession: {
    valid: [renamed.bytes, bob.bundle.bytes],
    read: async (bytes) => checkSuccession(alice.bundle, await parseBundle(bytes)),
  },
  wrapped: {
    valid: [await wrapSeeds({ ...wrapping, seeds: alice.seeds }), await wrapSeeds({ ...wrapping, seeds: bob.seeds })],
    read: (wrapped) => unwrapSeeds({ ...wrapping, wrapped }),
  },
  exchange: { valid: [exchange.bytes], read: async (bytes) => openAs(await parseExchange(bytes), alice, bob, bob) },
  "signed exchange": { valid: [exchange.bytes.slice(0, -64)], read: openSigned, runs: 40 },
  tombstone: { valid: tombstones, read: async (bytes) => checkTombstone({ epochKey, tombstone: parseTombstone(bytes) }) },
  envelope: { valid: envelopes, lengths: [{ at: 174, width: 4 }], read: openEnvelope },
  "sealed padding": { valid: contents.map(pad), lengths: [{ at: 0, width: 4 }], read: openSealed },
  "sealed content": { valid: contents, lengths: lengthsInContents, read: (bytes) => openSealed(pad(bytes)) },
  content: { valid: contents, lengths: lengthsInContents, read: decodeContent },
  padding: { valid: contents.map(pad), lengths: [{ at: 0, width: 4 }], read: unpad },
  pin: { valid: [await sealPin({ ...place, seen })], read: (pin) => openPin({ ...place, pin }) },
  "sealed pin": {
    valid: [new Writer().u32(3).fixed(seen.hash, 32).fixed(seen.fingerprint, 32).u8(1).u64(seen.time).finish()],
    read: openSealedPin,
  },
  reader: {
    valid: [randomBytes(60)],
    read: (bytes) => {
      for (const reader = new Reader(bytes); ; ) [reader.u8(), reader.u16(), reader.var16(), reader.u64(), reader.var32()];
    },
  },
};

for (const [name, { valid, lengths, read, runs = 150 }] of Object.entries(DECODERS)) {
  test(`${name}: an object or one typed error, whatever the bytes`, async () => {
    await fc.assert(fc.asyncProperty(mutated(valid, lengths), (bytes) => assertTotal(async () => read(bytes))), { numRuns: runs });
  });

  test(`${name}: no length in it makes a byte string larger than what came, and a constant`, async () => {
    const spare = 66_000;
    await fc.assert(
      fc.asyncProperty(mutated(valid, lengths), async (bytes) => {
        const largest = await largestAllocation(() => read(bytes));
        assert.ok(largest <= spare + bytes.length, `${largest} bytes for an input of ${bytes.length}`);
      }),
      { numRuns: Math.min(runs, 40) },
    );
  });
}

for (const [name, { at, width, bytes, read }] of Object.entries({
  "a message's length": { at: 174, width: 4, bytes: envelopes[0] ?? assert.fail(), read: parseEnvelope },
  "a text's length": { at: 2, width: 4, bytes: contents[0] ?? assert.fail(), read: decodeContent },
  "an edit's length": { at: 18, width: 4, bytes: contents[2] ?? assert.fail(), read: decodeContent },
  "a reaction's length": { at: 19, width: 2, bytes: contents[4] ?? assert.fail(), read: decodeContent },
  "a reply's length": { at: 19, width: 4, bytes: contents[5] ?? assert.fail(), read: decodeContent },
  "a content's length": { at: 0, width: 4, bytes: pad(encodeContent({ kind: "text", text: "hello" })), read: unpad },
  "a username's length": { at: 1306, width: 2, bytes: alice.bundle.bytes, read: parseBundle },
})) {
  test(`${name} that lies asks for no memory`, async () => {
    for (const value of [0xff, 0x7f, 0x80]) {
      const lying = bytes.slice().fill(value, at, at + width);
      assert.ok((await largestAllocation(() => read(lying))) <= bytes.length);
      await assertTotal(() => read(lying));
    }
  });
}

test("what measures allocations sees one that a length asks for", async () => {
  assert.equal(await largestAllocation(() => new Uint8Array(1_000_000)), 1_000_000);
  assert.equal(await largestAllocation(() => randomBytes(70).slice(2)), 70);
  assert.equal(Uint8Array.of(1).length, 1);
});

test("a text for bytes, for an id, for a safety number or for a recovery key is read, and then spelled the same, or refused", async () => {
  const texts = ["", "AA", "AAA", "-_-_", toBase64url(randomBytes(40))];
  const id = uuidOf(randomBytes(16));
  const recovery = await formatRecoveryKey(newRecoveryKey());
  const code = safetyCode("0123456789".repeat(6));
  await fc.assert(fc.asyncProperty(mutatedText([code]), (text) => assertTotal(() => assert.equal(safetyCode(readSafetyCode(text)), text))));
  await fc.assert(fc.asyncProperty(mutatedText(texts), (text) => assertTotal(() => assert.equal(toBase64url(fromBase64url(text)), text))));
  await fc.assert(fc.asyncProperty(mutatedText([id]), (text) => assertTotal(() => assert.equal(uuidOf(idOf(text)), text))));
  await fc.assert(
    fc.asyncProperty(mutatedText([recovery, recovery.toLowerCase()]), (text) =>
      assertTotal(async () => {
        const key = await parseRecoveryKey(text);
        assert.ok(equal(key, await parseRecoveryKey(await formatRecoveryKey(key))));
      }),
    ),
  );
});

test("password parameters of whatever JSON are within their bounds, or refused", async () => {
  const valid = kdfToJson(kdf);
  await fc.assert(
    fc.asyncProperty(mutatedJson(valid), (json) =>
      assertTotal(() => {
        const found = kdfFromJson(json);
        assert.ok(found.memory_kib >= 47_104 && found.memory_kib <= 262_144 && found.passes <= 10 && found.salt.length === 16);
        assert.deepEqual(kdfFromJson(kdfToJson(found)), found);
      }),
    ),
    { numRuns: 400 },
  );
});

/** @type {import("../../static/js/crypto/unsent.js").Pair} */
const pair = { accountKey: own, owner: alice.userId, peer: bob.userId };

/**
 * Mutates what lies sealed in a browser, and what lies inside, sealed as it should be.
 * @param {Bytes} sealed
 * @param {Bytes} associated
 */
async function mutatedBox(sealed, associated) {
  const inside = await open(own, { nonce: sealed.slice(0, 12), ciphertext: sealed.slice(12) }, associated);
  const resealed = mutated([inside]).map(async (/** @type {Bytes} */ bytes) => {
    const { nonce, ciphertext } = await seal(own, bytes, associated);
    return concat(nonce, ciphertext);
  });
  return fc.oneof(mutated([sealed]).map(async (bytes) => bytes), resealed);
}

test("whatever lies in the place of a draft is a draft, or is not opened", async () => {
  const about = { reply: { target: message.messageId, author: /** @type {const} */ ("receiver") }, edit: { target: message.messageId, lifetime: 60, text: "At four." } };
  const sealed = await sealDraft(pair, { time: 5, text: "Meet me at the pier.", ...about });
  const associated = concat(label("sotto/1 draft"), Uint8Array.of(1), alice.userId, bob.userId);
  await fc.assert(
    fc.asyncProperty(await mutatedBox(sealed, associated), (bytes) =>
      assertTotal(async () => {
        const { time, text, reply, edit } = await openDraft(pair, await bytes);
        assert.ok(Number.isSafeInteger(time) && typeof text === "string");
        assert.ok(reply === null || (reply.target.length === 16 && ["sender", "receiver"].includes(reply.author)));
        assert.ok(edit === null || (edit.target.length === 16 && typeof edit.text === "string"));
      }),
    ),
    { numRuns: 300 },
  );
});

test("whatever lies in the outbox is an entry, or is not opened", async () => {
  const id = message.messageId;
  const entry = { place: 7, time: 5, lifetime: 60, name: "bob", content: encodeContent({ kind: "text", text: "Meet me." }), sealed: envelopes[0] ?? null };
  const sealed = await sealEntry(pair, id, entry);
  assert.deepEqual(await openEntry(pair, id, sealed), entry);
  const associated = concat(label("sotto/1 outbox"), Uint8Array.of(1), alice.userId, bob.userId, id);
  await fc.assert(
    fc.asyncProperty(await mutatedBox(sealed, associated), (bytes) =>
      assertTotal(async () => {
        const found = await openEntry(pair, id, await bytes);
        assert.ok(Number.isSafeInteger(found.place) && found.content instanceof Uint8Array && found.sealed?.length !== 0);
      }),
    ),
    { numRuns: 300 },
  );
});
