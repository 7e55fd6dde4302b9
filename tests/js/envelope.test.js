import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { seal } from "../../static/js/crypto/aead.js";
import { concat, label, randomBytes, toBase64url, Writer } from "../../static/js/crypto/bytes.js";
import { MAX_LIFETIME } from "../../static/js/crypto/content.js";
import { deriveAesKey, importSecret } from "../../static/js/crypto/derive.js";
import { checkTombstone, envelopeHash, openMessage, parseEnvelope, parseTombstone, sealMessage } from "../../static/js/crypto/envelope.js";
import { BUCKETS, MAX_CONTENT_BYTES, pad, unpad } from "../../static/js/crypto/padding.js";
import { altered, anyBytes, assertEveryByteCounts, assertRefused, assertTotal, begunWith, bytesOf } from "./helpers.js";
import { buried, firstMessage, proven, ZEROS } from "./helpers.js";

const epochKey = await importSecret(randomBytes(32));
const [alice, bob, carol] = [randomBytes(16), randomBytes(16), randomBytes(16)];
const keyId = randomBytes(16);
const message = firstMessage(keyId, alice, bob);
const bytes = await sealMessage({ epochKey, ...message });

/** @param {Uint8Array} read */
const openBytes = (read) => openMessage({ epochKey, envelope: parseEnvelope(read) });

const nonZeroHash = begunWith([1], bytesOf(31));
const headers = fc
  .record({
    epoch: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    messageId: bytesOf(16),
    counter: fc.maxSafeNat().map((counter) => counter || 1),
    previous: nonZeroHash,
    seenCounter: fc.maxSafeNat(),
    seen: nonZeroHash,
    time: fc.maxSafeNat().map((time) => Math.min(time, 8.64e15)),
    lifetime: fc.nat(MAX_LIFETIME),
  })
  .map((any) => ({ ...any, previous: any.counter === 1 ? ZEROS : any.previous, seen: any.seenCounter === 0 ? ZEROS : any.seen }));

test("whatever is sealed is opened, with the header that it was given", async () => {
  const contents = fc.oneof(anyBytes({ maxLength: 600 }), fc.nat(MAX_CONTENT_BYTES).map(randomBytes));
  await fc.assert(
    fc.asyncProperty(headers, contents, async (header, content) => {
      const people = { keyId, sender: alice, receiver: bob };
      const envelope = parseEnvelope(await sealMessage({ epochKey, ...people, ...header, content }));
      for (const [name, value] of Object.entries({ ...people, ...header })) assert.deepEqual(Reflect.get(envelope, name), value, name);
      assert.deepEqual(await openMessage({ epochKey, envelope }), content);
    }),
    { numRuns: 60 },
  );
});

test("the sizes are those of the specification, at both ends of every bucket", async () => {
  for (const [index, size] of BUCKETS.entries()) {
    const least = index === 0 ? 0 : Number(BUCKETS[index - 1]) - 3;
    for (const length of [least, size - 4]) {
      const content = randomBytes(length);
      const sealed = await sealMessage({ epochKey, ...message, content });
      assert.equal(sealed.length, 178 + size + 16 + 32);
      assert.deepEqual(await openBytes(sealed), content);
    }
  }
  await assertRefused(() => sealMessage({ epochKey, ...message, content: new Uint8Array(MAX_CONTENT_BYTES + 1) }), "form");
});

test("every byte counts", async () => {
  await assertEveryByteCounts(bytes, openBytes);
});

test("a time that no calendar reaches is refused by whoever reads it", async () => {
  const latest = await sealMessage({ epochKey, ...message, time: 8.64e15 });
  assert.equal(parseEnvelope(latest).time, 8.64e15);
  const beyond = new Uint8Array(latest);
  new DataView(beyond.buffer).setBigUint64(150, BigInt(8.64e15) + 1n);
  await assertRefused(() => parseEnvelope(beyond), "form");
});

test("any damage to a long message is noticed", async () => {
  const long = await sealMessage({ epochKey, ...message, content: randomBytes(60_000) });
  await fc.assert(
    fc.asyncProperty(fc.nat(long.length - 1), fc.integer({ min: 1, max: 255 }), (index, difference) =>
      assertRefused(() => openBytes(altered(long, index, difference))),
    ),
  );
});

test("each kind of damage has its code", async () => {
  await assertRefused(() => openBytes(altered(bytes, 0)), "suite");
  await assertRefused(() => openBytes(altered(bytes, 1)), "kind");
  await assertRefused(() => openBytes(altered(bytes, 174)), "form");
  for (const index of [2, 18, 22, 38, 54, 70, 150, 158, 162, 178, bytes.length - 1]) {
    await assertRefused(() => openBytes(altered(bytes, index)), ["opening", "form"]);
  }
});

test("a message is not taken for one of the other direction, nor of another conversation", async () => {
  const reflected = new Uint8Array(bytes);
  reflected.set(bob, 22);
  reflected.set(alice, 38);
  await assertRefused(() => openBytes(reflected), "opening");
  const moved = new Uint8Array(bytes);
  moved.set(carol, 38);
  await assertRefused(() => openBytes(moved), "opening");
  const renamed = new Uint8Array(bytes);
  renamed.set(randomBytes(16), 2);
  await assertRefused(() => openBytes(renamed), "opening");
});

test("a message does not open under another epoch's key, or with another message's box", async () => {
  const otherKey = await importSecret(randomBytes(32));
  await assertRefused(() => openMessage({ epochKey: otherKey, envelope: parseEnvelope(bytes) }), "opening");
  const other = await sealMessage({ epochKey, ...message, messageId: randomBytes(16) });
  await assertRefused(() => openBytes(concat(bytes.subarray(0, 162), other.subarray(162))), "opening");
});

test("a size tells which bucket, and nothing else of the content", async () => {
  const lengths = fc.oneof(fc.nat(300), fc.nat(5000), fc.nat(MAX_CONTENT_BYTES));
  await fc.assert(
    fc.asyncProperty(lengths, headers, async (length, header) => {
      const sealed = await sealMessage({ epochKey, keyId, sender: alice, receiver: bob, ...header, content: randomBytes(length) });
      assert.equal(sealed.length, 178 + Number(BUCKETS.find((size) => length + 4 <= size)) + 16 + 32);
    }),
  );
});

test("the same message is never sealed to the same bytes", async () => {
  assert.notDeepEqual(await sealMessage({ epochKey, ...message }), bytes);
});

test("every message is sealed under a nonce of its own, of 96 random bits", async (context) => {
  const drawn = context.mock.method(crypto, "getRandomValues");
  const many = 2000;
  const sealed = await Promise.all(Array.from({ length: many }, () => sealMessage({ epochKey, ...message })));
  const nonces = new Set(sealed.map((envelope) => toBase64url(parseEnvelope(envelope).nonce)));
  assert.equal(nonces.size, many);
  assert.deepEqual(drawn.mock.calls.map(({ arguments: [target] }) => target?.byteLength), Array.from({ length: many }, () => 12));
});

test("each envelope has a hash of its own", async () => {
  assert.equal((await envelopeHash(bytes)).length, 32);
  assert.notDeepEqual(await envelopeHash(bytes), await envelopeHash(altered(bytes, 300)));
});

test("a tombstone has the hash of its envelope, and every byte of it counts", async () => {
  const tombstone = await buried(bytes);
  assert.equal(tombstone.length, 226);
  assert.deepEqual(await envelopeHash(tombstone), await envelopeHash(bytes));
  const check = async (/** @type {Uint8Array} */ read) => checkTombstone({ epochKey, tombstone: parseTombstone(read) });
  await assertEveryByteCounts(tombstone, check);
  await assertRefused(() => parseTombstone(bytes), "kind");
  await assertRefused(() => parseEnvelope(tombstone), "kind");
  const otherKey = await importSecret(randomBytes(32));
  await assertRefused(() => checkTombstone({ epochKey: otherKey, tombstone: parseTombstone(tombstone) }), "opening");
});

test("headers that no sender writes are refused when made and when read", async () => {
  const changes = [
    { epoch: 0 }, { receiver: alice }, { counter: 0 }, { counter: 0, previous: randomBytes(32) }, { counter: 2 },
    { previous: randomBytes(32) }, { seenCounter: 1 }, { seen: randomBytes(32) }, { counter: 2 ** 53, previous: randomBytes(32) },
    { time: -1 }, { time: 0.5 }, { time: 8.64e15 + 1 }, { lifetime: 2 ** 32 }, { lifetime: MAX_LIFETIME + 1 }, { keyId: randomBytes(15) }, { messageId: randomBytes(17) },
  ];
  for (const change of changes) await assertRefused(() => sealMessage({ epochKey, ...message, ...change }), "form");
  await assertRefused(() => parseEnvelope(altered(bytes, 21, 1)), "form");
  await assertRefused(() => parseEnvelope(altered(bytes, 77, 1)), "form");
  await assertRefused(() => parseEnvelope(altered(bytes, 77, 2)), "form");
  await assertRefused(() => parseEnvelope(altered(bytes, 117, 1)), "form");
  await assertRefused(() => parseEnvelope(altered(bytes, 150, 128)), "form");
  const toMyself = new Uint8Array(bytes);
  toMyself.set(alice, 38);
  await assertRefused(() => parseEnvelope(toMyself), "form");
});

test("padding has one form for every content", async () => {
  fc.assert(fc.property(anyBytes({ maxLength: 5_000 }), (content) => assert.deepEqual(unpad(pad(content)), content)), { numRuns: 50 });
  const padded = pad(Uint8Array.of(1, 2, 3));
  for (let index = 7; index < padded.length; index++) await assertRefused(() => unpad(altered(padded, index)), "form");
  await assertRefused(() => unpad(concat(padded, new Uint8Array(768))), "form");
  await assertRefused(() => unpad(padded.slice(0, 255)), "form");
  await assertRefused(() => unpad(new Writer().u32(0xffffffff).fixed(new Uint8Array(252), 252).finish()), "form");
  await assertRefused(() => unpad(new Uint8Array(3)), "form");
});

test("a sender who pads badly is refused after the opening", async () => {
  const key = await deriveAesKey(epochKey, concat(label("sotto/1 message key"), keyId, alice, bob));
  const header = bytes.slice(0, 162);
  for (const padded of [new Uint8Array(1_024), altered(pad(Uint8Array.of(1)), 200), new Uint8Array(256).fill(255)]) {
    const { nonce, ciphertext } = await seal(key, padded, concat(label("sotto/1 message"), header));
    const sealed = await proven(epochKey, header, concat(nonce, new Writer().var32(ciphertext).finish()));
    await assertRefused(() => openBytes(sealed), "form");
  }
});

test("parsing and opening are total", async () => {
  const spliced = fc.tuple(fc.nat(450), anyBytes({ maxLength: 40 })).map(([at, part]) => {
    const copy = concat(bytes, new Uint8Array(40));
    copy.set(part, at);
    return copy.slice(0, bytes.length);
  });
  const envelopes = fc.oneof(anyBytes({ maxLength: 300 }), begunWith([1, 4], bytesOf(480)), spliced);
  await fc.assert(fc.asyncProperty(envelopes, (any) => assertTotal(() => openBytes(any))), { numRuns: 300 });
});
