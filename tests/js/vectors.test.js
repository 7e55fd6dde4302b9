import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { open } from "../../static/js/crypto/aead.js";
import { concat, fromBase64url, label, toBase64url } from "../../static/js/crypto/bytes.js";
import { decodeContent, encodeContent } from "../../static/js/crypto/content.js";
import { deriveBytes, importSecret } from "../../static/js/crypto/derive.js";
import { checkTombstone, envelopeHash, openMessage, parseEnvelope, parseTombstone, sealMessage } from "../../static/js/crypto/envelope.js";
import { openExchange, parseExchange } from "../../static/js/crypto/exchange.js";
import { checkSuccession, makeBundle, parseBundle, publicKeys } from "../../static/js/crypto/identity.js";
import { unpad } from "../../static/js/crypto/padding.js";
import { kdfFromJson, kdfToJson, splitPassword } from "../../static/js/crypto/password.js";
import { openPin, sealPin } from "../../static/js/crypto/pin.js";
import { formatRecoveryKey, parseRecoveryKey, recoverySignInSecret, recoveryWrappingKey } from "../../static/js/crypto/recovery.js";
import { readSafetyCode, safetyCode, safetyNumber } from "../../static/js/crypto/safety.js";
import { accountKey, unwrapSeeds, wrapSeeds } from "../../static/js/crypto/wrapping.js";
import { assertRefused, firstMessage, fixRandom } from "./helpers.js";

/** @typedef {import("../../static/js/crypto/bytes.js").Bytes} Bytes */

/** What the Python half made: the formats, held by both. */
const vectors = JSON.parse(readFileSync(new URL("../../keys/protocol/vectors.json", import.meta.url), "utf8"));
/** @param {any} vector */
const seedsOf = (vector) => ({ sealing: fromBase64url(vector.sealing_seed), signing: fromBase64url(vector.signing_seed) });

/** @param {unknown} text */
const importAesKey = (text) => crypto.subtle.importKey("raw", fromBase64url(text), "AES-GCM", false, ["encrypt", "decrypt"]);

/** @param {string} name */
const bundleNamed = (name) => parseBundle(fromBase64url(vectors.bundles.valid[name].bytes));

/**
 * Non-extractable keys are compared by what they do.
 * @param {CryptoKey} key
 * @param {string} text
 */
async function assertSameAesKey(key, text) {
  const parameters = { name: "AES-GCM", iv: new Uint8Array(12) };
  const encrypted = await crypto.subtle.encrypt(parameters, key, new Uint8Array(16));
  assert.deepEqual(await crypto.subtle.decrypt(parameters, await importAesKey(text), encrypted), new ArrayBuffer(16));
}

/**
 * @param {{why: string, error: import("./helpers.js").ErrorCode}[]} list
 * @param {(entry: any) => unknown} read
 */
async function assertAllRefused(list, read) {
  assert.ok(list.length > 0);
  for (const entry of list) {
    await assertRefused(() => read(entry), entry.error).catch((error) => assert.fail(`${entry.why}: ${error.message}`));
  }
}

test("these tests know every part of the file", () => {
  const messages = ["message_keys", "contents", "envelopes", "tombstones"];
  const objects = ["bundles", "successions", "wrapped", "exchanges", ...messages, "pins", "safety_numbers"];
  const onlyForTheServer = ["names"];
  const known = ["about", "base64url", "passwords", "recovery_keys", ...objects, ...onlyForTheServer];
  assert.deepEqual(Object.keys(vectors).sort(), known.sort());
});

test("base64url", async () => {
  for (const { hex, text } of vectors.base64url.valid) {
    assert.equal(Buffer.from(fromBase64url(text)).toString("hex"), hex);
    assert.equal(toBase64url(Buffer.from(hex, "hex")), text);
  }
  await assertAllRefused(vectors.base64url.broken, ({ text }) => fromBase64url(text));
});

test("the password split", async () => {
  for (const { password, kdf, sign_in_secret, wrapping_key } of vectors.passwords.split) {
    const { secret, wrappingKey } = await splitPassword(password, kdfFromJson(kdf));
    assert.equal(secret, sign_in_secret);
    await assertSameAesKey(wrappingKey, wrapping_key);
    assert.deepEqual(kdfToJson(kdfFromJson(kdf)), kdf);
  }
  await assertAllRefused(vectors.passwords.refused_kdf, ({ kdf }) => kdfFromJson(kdf));
});

test("recovery keys", async () => {
  for (const { key, text, also_read, user_id, wrapping_key, sign_in_secret } of vectors.recovery_keys.valid) {
    assert.equal(await formatRecoveryKey(fromBase64url(key)), text);
    for (const spelling of [text, ...also_read]) assert.equal(toBase64url(await parseRecoveryKey(spelling)), key);
    await assertSameAesKey(await recoveryWrappingKey(fromBase64url(key), fromBase64url(user_id)), wrapping_key);
    assert.equal(await recoverySignInSecret(fromBase64url(key)), sign_in_secret);
  }
  await assertAllRefused(vectors.recovery_keys.broken, ({ text }) => parseRecoveryKey(text));
});

test("bundles are read", async () => {
  for (const vector of Object.values(vectors.bundles.valid)) {
    const bundle = await parseBundle(fromBase64url(vector.bytes));
    for (const field of ["sealing", "signing", "previous", "hash", "fingerprint"]) {
      assert.equal(toBase64url(Reflect.get(bundle, field)), vector[field], field);
    }
    assert.equal(toBase64url(bundle.userId), vector.user_id);
    for (const field of ["username", "version", "generation"]) assert.equal(Reflect.get(bundle, field), vector[field]);
    assert.equal(bundle.succession !== null, vector.succeeded);
  }
  await assertAllRefused(vectors.bundles.broken, ({ bytes }) => parseBundle(fromBase64url(bytes)));
});

test("bundles are made, byte for byte", async () => {
  const all = Object.values(vectors.bundles.valid);
  for (const vector of all) {
    const seeds = seedsOf(vector);
    const before = all.find((other) => other.hash === vector.previous);
    const bytes = await makeBundle({
      userId: fromBase64url(vector.user_id),
      username: vector.username,
      version: vector.version,
      generation: vector.generation,
      previous: fromBase64url(vector.previous),
      seeds,
      ...(vector.succeeded && { oldSigningSeed: seedsOf(before).signing }),
    });
    assert.equal(toBase64url(bytes), vector.bytes);
    const keys = await publicKeys(seeds);
    assert.deepEqual([toBase64url(keys.sealing), toBase64url(keys.signing)], [vector.sealing, vector.signing]);
  }
});

test("successions", async () => {
  for (const { before, after } of vectors.successions.valid) await checkSuccession(await bundleNamed(before), await bundleNamed(after));
  for (const entry of vectors.successions.broken) {
    const [before, after] = [await bundleNamed(entry.before), await parseBundle(fromBase64url(entry.after))];
    await assertAllRefused([entry], () => checkSuccession(before, after));
  }
});

/** @param {any} vector */
async function placeOfWrap({ purpose, key, bundle, kdf }) {
  return { purpose, key: await importAesKey(key), bundle: await bundleNamed(bundle), ...(kdf && { kdf: kdfFromJson(kdf) }) };
}

test("wrapped seeds", async (context) => {
  for (const vector of vectors.wrapped.valid) {
    const place = await placeOfWrap(vector);
    assert.deepEqual(await unwrapSeeds({ ...place, wrapped: fromBase64url(vector.bytes) }), seedsOf(vector));
    fixRandom(context, fromBase64url(vector.nonce));
    assert.equal(toBase64url(await wrapSeeds({ ...place, seeds: seedsOf(vector) })), vector.bytes);
    context.mock.restoreAll();
  }
  await assertAllRefused(vectors.wrapped.broken, async (vector) =>
    unwrapSeeds({ ...(await placeOfWrap(vector)), wrapped: fromBase64url(vector.bytes) }),
  );
});

test("the account key", async () => {
  const vector = vectors.wrapped.account_key;
  await assertSameAesKey(await accountKey(seedsOf(vector), fromBase64url(vector.user_id)), vector.key);
});

test("exchanges are opened by both", async () => {
  for (const vector of vectors.exchanges.valid) {
    const [initiator, recipient] = [await bundleNamed(vector.initiator), await bundleNamed(vector.recipient)];
    const exchange = await parseExchange(fromBase64url(vector.bytes));
    assert.equal(exchange.epoch, vector.epoch);
    assert.equal(toBase64url(exchange.keyId), vector.key_id);
    for (const field of ["previous", "commitment", "hash"]) assert.equal(toBase64url(Reflect.get(exchange, field)), vector[field], field);
    for (const name of [vector.initiator, vector.recipient]) {
      const me = vectors.bundles.valid[name];
      const opening = { exchange, initiator, recipient, me: fromBase64url(me.user_id), sealingSeed: seedsOf(me).sealing };
      const { epochKey, hash } = await openExchange(opening);
      assert.equal(toBase64url(hash), vector.hash);
      const info = label("any");
      assert.deepEqual(await deriveBytes(epochKey, info), await deriveBytes(await importSecret(fromBase64url(vector.aes_key)), info));
    }
  }
});

test("broken exchanges", async () => {
  const people = Object.values(vectors.bundles.valid);
  await assertAllRefused(vectors.exchanges.broken, async ({ initiator, recipient, me, bytes }) =>
    openExchange({
      exchange: await parseExchange(fromBase64url(bytes)),
      initiator: await bundleNamed(initiator),
      recipient: await bundleNamed(recipient),
      me: fromBase64url(me),
      sealingSeed: seedsOf(people.find((person) => person.user_id === me)).sealing,
    }),
  );
});

test("message keys open what this half seals", async () => {
  for (const { aes_key, key_id, sender, receiver, key } of vectors.message_keys) {
    const epochKey = await importSecret(fromBase64url(aes_key));
    const message = firstMessage(fromBase64url(key_id), fromBase64url(sender), fromBase64url(receiver));
    const envelope = parseEnvelope(await sealMessage({ epochKey, ...message }));
    const padded = await open(await importAesKey(key), envelope, concat(label("sotto/1 message"), envelope.header));
    assert.deepEqual(unpad(padded), message.content);
  }
});

test("contents", async () => {
  for (const { text, bytes } of vectors.contents.texts) {
    assert.equal(toBase64url(encodeContent({ kind: "text", text })), bytes);
    assert.deepEqual(decodeContent(fromBase64url(bytes)), { kind: "text", text });
  }
  for (const { bytes, target, ...fields } of vectors.contents.about) {
    const content = { ...fields, target: fromBase64url(target) };
    assert.equal(toBase64url(encodeContent(content)), bytes);
    assert.deepEqual(decodeContent(fromBase64url(bytes)), content);
  }
  for (const { seconds, bytes } of vectors.contents.timers) {
    assert.equal(toBase64url(encodeContent({ kind: "timer", seconds })), bytes);
    assert.deepEqual(decodeContent(fromBase64url(bytes)), { kind: "timer", seconds });
  }
  for (const { number, bytes } of vectors.contents.unknown) {
    assert.deepEqual(decodeContent(fromBase64url(bytes)), { kind: "unknown", number });
  }
  await assertAllRefused(vectors.contents.broken, ({ bytes }) => decodeContent(fromBase64url(bytes)));
});

/** @param {any} vector */
const headerOf = (vector) => ({
  keyId: fromBase64url(vector.key_id),
  epoch: vector.epoch,
  sender: fromBase64url(vector.sender),
  receiver: fromBase64url(vector.receiver),
  messageId: fromBase64url(vector.message_id),
  counter: vector.counter,
  previous: fromBase64url(vector.previous),
  seenCounter: vector.seen_counter,
  seen: fromBase64url(vector.seen),
  time: vector.time,
  lifetime: vector.lifetime,
});

test("envelopes are opened, and made byte for byte", async (context) => {
  const epochKey = await importSecret(fromBase64url(vectors.envelopes.aes_key));
  for (const vector of vectors.envelopes.valid) {
    const text = vector.text.unit.repeat(vector.text.times);
    const envelope = parseEnvelope(fromBase64url(vector.bytes));
    assert.equal(envelope.ciphertext.length, vector.padded_size + 16);
    for (const [field, value] of Object.entries(headerOf(vector))) assert.deepEqual(Reflect.get(envelope, field), value, field);
    assert.deepEqual(decodeContent(await openMessage({ epochKey, envelope })), { kind: "text", text });
    assert.equal(toBase64url(await envelopeHash(envelope.bytes)), vector.hash);
    fixRandom(context, fromBase64url(vector.nonce));
    assert.equal(toBase64url(await sealMessage({ epochKey, ...headerOf(vector), content: encodeContent({ kind: "text", text }) })), vector.bytes);
    context.mock.restoreAll();
  }
});

test("broken envelopes", async () => {
  const epochKey = await importSecret(fromBase64url(vectors.envelopes.aes_key));
  await assertAllRefused(vectors.envelopes.broken, ({ bytes }) =>
    openMessage({ epochKey, envelope: parseEnvelope(fromBase64url(bytes)) }),
  );
});

test("tombstones have the hash of their envelopes", async () => {
  const epochKey = await importSecret(fromBase64url(vectors.tombstones.aes_key));
  for (const { envelope, bytes } of vectors.tombstones.valid) {
    const tombstone = parseTombstone(fromBase64url(bytes));
    await checkTombstone({ epochKey, tombstone });
    assert.deepEqual(tombstone.header, parseEnvelope(fromBase64url(envelope)).header);
    assert.deepEqual(await envelopeHash(tombstone.bytes), await envelopeHash(fromBase64url(envelope)));
  }
  await assertAllRefused(vectors.tombstones.broken, async ({ bytes }) =>
    checkTombstone({ epochKey, tombstone: parseTombstone(fromBase64url(bytes)) }),
  );
});

test("pins", async (context) => {
  const key = await importAesKey(vectors.pins.account_key);
  /** @param {any} vector */
  const placeOf = (vector) => ({ accountKey: key, owner: fromBase64url(vector.owner), contact: fromBase64url(vector.contact) });
  for (const vector of vectors.pins.valid) {
    const { version, state, time } = vector;
    const seen = { version, hash: fromBase64url(vector.hash), fingerprint: fromBase64url(vector.fingerprint), state, time };
    assert.deepEqual(await openPin({ ...placeOf(vector), pin: fromBase64url(vector.bytes) }), seen);
    fixRandom(context, fromBase64url(vector.nonce));
    assert.equal(toBase64url(await sealPin({ ...placeOf(vector), seen })), vector.bytes);
    context.mock.restoreAll();
  }
  await assertAllRefused(vectors.pins.broken, (vector) => openPin({ ...placeOf(vector), pin: fromBase64url(vector.bytes) }));
});

test("safety numbers", async () => {
  for (const { one, other, fingerprints, number, code } of vectors.safety_numbers.valid) {
    const [first, second] = [(await bundleNamed(one)).fingerprint, (await bundleNamed(other)).fingerprint];
    assert.deepEqual([toBase64url(first), toBase64url(second)], fingerprints);
    assert.equal(await safetyNumber(first, second), number);
    assert.equal(await safetyNumber(second, first), number);
    assert.deepEqual([safetyCode(number), readSafetyCode(code)], [code, number]);
  }
  await assertAllRefused(vectors.safety_numbers.broken, ({ text }) => readSafetyCode(text));
});
