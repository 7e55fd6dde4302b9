/**
 * JavaScript's side of test_cross_language.py: reads what Python made from standard input, opens it, makes the same kinds of
 * objects itself, and writes both to standard output. JSON both ways, bytes in base64url.
 */
import { text as readAll } from "node:stream/consumers";

import { fromBase64url, randomBytes, toBase64url } from "../static/js/crypto/bytes.js";
import { decodeContent, encodeContent } from "../static/js/crypto/content.js";
import { openMessage, parseEnvelope, sealMessage } from "../static/js/crypto/envelope.js";
import { makeExchange, openExchange, parseExchange } from "../static/js/crypto/exchange.js";
import { checkSuccession, importSigningKey, makeBundle, parseBundle } from "../static/js/crypto/identity.js";
import { kdfFromJson, splitPassword } from "../static/js/crypto/password.js";
import { openPin, sealPin, STATE } from "../static/js/crypto/pin.js";
import { formatRecoveryKey, parseRecoveryKey, recoveryWrappingKey } from "../static/js/crypto/recovery.js";
import { accountKey, unwrapSeeds, wrapSeeds } from "../static/js/crypto/wrapping.js";

/** @typedef {import("../static/js/crypto/bytes.js").Bytes} Bytes */
/** @typedef {import("../static/js/crypto/identity.js").Bundle} Bundle */
/** @typedef {import("../static/js/crypto/identity.js").Seeds} Seeds */
/** @typedef {{alice: Bundle, bob: Bundle, renamed: Bundle}} Bundles */
/** @typedef {{alice: Seeds, bob: Seeds}} AllSeeds */

/**
 * What the test hands over: secrets that both sides know, and what Python made with them.
 * @typedef {object} Given
 * @property {{sealing: string, signing: string}} alice seeds
 * @property {{sealing: string, signing: string}} bob seeds
 * @property {string} password
 * @property {object} kdf
 * @property {string} recovery_key
 * @property {string[]} texts
 * @property {Made} made
 */

/**
 * @typedef {object} Made
 * @property {{alice: string, bob: string, renamed: string}} bundles
 * @property {string} exchange from Alice to Bob
 * @property {string[]} envelopes from Alice to Bob, one for each text
 * @property {string} wrapped_by_password Alice's seeds
 * @property {string} wrapped_by_recovery Alice's seeds
 * @property {string} recovery_text
 * @property {string} pin Alice's, of Bob
 */

const TIME = 1_700_000_000_000;
const ZERO_HASH = new Uint8Array(32);

/**
 * @param {{sealing: string, signing: string}} json
 * @returns {Seeds}
 */
const seedsOf = (json) => ({ sealing: fromBase64url(json.sealing), signing: fromBase64url(json.signing) });

/**
 * The keys for Alice's own things, from what both sides know.
 * @param {Given} given
 * @param {Seeds} seeds Alice's
 * @param {Bytes} userId Alice's
 */
async function ownKeys(given, seeds, userId) {
  const kdf = kdfFromJson(given.kdf);
  return {
    kdf,
    split: await splitPassword(given.password, kdf),
    recovery: await recoveryWrappingKey(fromBase64url(given.recovery_key), userId),
    account: await accountKey(seeds, userId),
  };
}

/**
 * Opens all that Python made.
 * @param {Given} given
 * @param {AllSeeds} seeds
 */
async function openAll({ made, ...given }, seeds) {
  const alice = await readBundle(made.bundles.alice);
  const bob = await readBundle(made.bundles.bob);
  const renamed = await readBundle(made.bundles.renamed);
  await checkSuccession(alice, renamed);
  const own = await ownKeys({ made, ...given }, seeds.alice, alice.userId);
  return {
    usernames: [alice, bob, renamed].map(({ username }) => username),
    hashes: [alice, bob, renamed].map(({ hash }) => toBase64url(hash)),
    fingerprints: [alice, bob, renamed].map(({ fingerprint }) => toBase64url(fingerprint)),
    texts: await openTexts(made, { alice, bob }, seeds.bob),
    secret: own.split.secret,
    seeds: [
      await unwrap({ purpose: "password", key: own.split.wrappingKey, kdf: own.kdf }, made.wrapped_by_password, alice),
      await unwrap({ purpose: "recovery", key: own.recovery }, made.wrapped_by_recovery, alice),
    ],
    recovery_key: toBase64url(await parseRecoveryKey(made.recovery_text)),
    pin: await openSeen(own.account, alice, bob, made.pin),
  };
}

/** @param {string} text */
const readBundle = (text) => parseBundle(fromBase64url(text));

/**
 * Opens Python's exchange as Bob, and Python's messages with its key.
 * @param {Made} made
 * @param {{alice: Bundle, bob: Bundle}} bundles
 * @param {Seeds} bobsSeeds
 */
async function openTexts(made, { alice, bob }, bobsSeeds) {
  const exchange = await parseExchange(fromBase64url(made.exchange));
  const { epochKey } = await openExchange({ exchange, initiator: alice, recipient: bob, me: bob.userId, sealingSeed: bobsSeeds.sealing });
  const contents = made.envelopes.map(async (text) => openMessage({ epochKey, envelope: parseEnvelope(fromBase64url(text)) }));
  return (await Promise.all(contents)).map(decodeContent);
}

/**
 * @param {{purpose: "password" | "recovery", key: CryptoKey, kdf?: import("../static/js/crypto/password.js").Kdf}} wrapping
 * @param {string} text
 * @param {Bundle} bundle
 */
async function unwrap(wrapping, text, bundle) {
  const { sealing, signing } = await unwrapSeeds({ ...wrapping, wrapped: fromBase64url(text), bundle });
  return { sealing: toBase64url(sealing), signing: toBase64url(signing) };
}

/**
 * @param {CryptoKey} key
 * @param {Bundle} owner
 * @param {Bundle} contact
 * @param {string} text
 */
async function openSeen(key, owner, contact, text) {
  const seen = await openPin({ accountKey: key, owner: owner.userId, contact: contact.userId, pin: fromBase64url(text) });
  return { ...seen, hash: toBase64url(seen.hash), fingerprint: toBase64url(seen.fingerprint) };
}

/**
 * Makes what Python is to open.
 * @param {Given} given
 * @param {AllSeeds} seeds
 * @returns {Promise<Made>}
 */
async function makeAll(given, seeds) {
  const bundles = await makeBundles(seeds);
  const { alice, bob } = bundles;
  const own = await ownKeys(given, seeds.alice, alice.userId);
  const signingKey = await importSigningKey(seeds.alice.signing);
  const exchange = await makeExchange({ initiator: alice, recipient: bob, epoch: 1, previous: ZERO_HASH, signingKey });
  const seen = { version: bob.version, hash: bob.hash, fingerprint: bob.fingerprint, state: STATE.changed, time: TIME };
  const wrapping = { seeds: seeds.alice, bundle: alice };
  const byPassword = await wrapSeeds({ ...wrapping, purpose: "password", key: own.split.wrappingKey, kdf: own.kdf });
  const byRecovery = await wrapSeeds({ ...wrapping, purpose: "recovery", key: own.recovery });
  return {
    bundles: { alice: toBase64url(alice.bytes), bob: toBase64url(bob.bytes), renamed: toBase64url(bundles.renamed.bytes) },
    exchange: toBase64url(exchange.bytes),
    envelopes: await Promise.all(given.texts.map((text) => sealText(exchange, bundles, text))),
    wrapped_by_password: toBase64url(byPassword),
    wrapped_by_recovery: toBase64url(byRecovery),
    recovery_text: await formatRecoveryKey(fromBase64url(given.recovery_key)),
    pin: toBase64url(await sealPin({ accountKey: own.account, owner: alice.userId, contact: bob.userId, seen })),
  };
}

/**
 * @param {AllSeeds} seeds
 * @returns {Promise<Bundles>}
 */
async function makeBundles(seeds) {
  const first = { version: 1, generation: 1, previous: ZERO_HASH };
  const userId = randomBytes(16);
  const alice = await parseBundle(await makeBundle({ ...first, userId, username: "alice", seeds: seeds.alice }));
  const bob = await parseBundle(await makeBundle({ ...first, userId: randomBytes(16), username: "\ufeffbøb", seeds: seeds.bob }));
  const second = { userId, username: "älice", version: 2, generation: 1, previous: alice.hash };
  const renamed = await makeBundle({ ...second, seeds: seeds.alice, oldSigningSeed: seeds.alice.signing });
  return { alice, bob, renamed: await parseBundle(renamed) };
}

/**
 * @param {{keyId: Bytes, epoch: number, epochKey: CryptoKey, hash: Bytes}} exchange
 * @param {Bundles} bundles
 * @param {string} text
 */
async function sealText({ keyId, epoch, epochKey, hash }, { alice, bob }, text) {
  const people = { sender: alice.userId, receiver: bob.userId, messageId: randomBytes(16) };
  const place = { counter: 2, previous: hash, seenCounter: 3, seen: hash, time: TIME, lifetime: 60 };
  return toBase64url(await sealMessage({ epochKey, keyId, epoch, ...people, ...place, content: encodeContent({ kind: "text", text }) }));
}

const given = /** @type {Given} */ (JSON.parse(await readAll(process.stdin)));
const seeds = { alice: seedsOf(given.alice), bob: seedsOf(given.bob) };
process.stdout.write(JSON.stringify({ opened: await openAll(given, seeds), made: await makeAll(given, seeds) }));
