/** Alice, Bob and Charlie, with everything that a browser holds of them, and a server's answers made by hand. */

import { randomBytes, toBase64url, uuidOf } from "../../../static/js/crypto/bytes.js";
import { encodeContent } from "../../../static/js/crypto/content.js";
import { envelopeHash, parseEnvelope, sealMessage } from "../../../static/js/crypto/envelope.js";
import { makeExchange } from "../../../static/js/crypto/exchange.js";
import { makeBundle, parseBundle } from "../../../static/js/crypto/identity.js";
import { accountKey } from "../../../static/js/crypto/wrapping.js";
import { Epochs } from "../../../static/js/lib/epochs.js";
import { mergeHeads } from "../../../static/js/lib/heads.js";
import { Opener } from "../../../static/js/lib/opener.js";
import { Pins } from "../../../static/js/lib/pins.js";
import { makePerson } from "../helpers.js";

/**
 * @typedef {import("../../../static/js/crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../../../static/js/crypto/identity.js").Bundle} Bundle
 * @typedef {import("../../../static/js/lib/keystore.js").Account} Account
 * @typedef {import("../../../static/js/lib/keystore.js").EpochKey} EpochKey
 * @typedef {import("../../../static/js/lib/keystore.js").LocalPin} LocalPin
 * @typedef {import("../../../static/js/lib/heads.js").Heads} Heads
 * @typedef {Account & {seeds: import("../../../static/js/crypto/identity.js").Seeds}} Person
 */

/**
 * @param {string} username
 * @param {Bytes} [userId]
 * @returns {Promise<Person>}
 */
export async function person(username, userId = randomBytes(16)) {
  const made = await makePerson(username, userId);
  const key = await accountKey(made.seeds, userId);
  return { ...made, username, accountKey: key, wrappingKey: key, sealingSeed: async () => new Uint8Array(made.seeds.sealing) };
}

/**
 * The next bundle of a person: the same keys, another name.
 * @param {Person} before
 * @param {string} username
 * @param {{version?: number, generation?: number, previous?: Bytes}} [changes]
 */
export async function renamed({ userId, bundle, seeds }, username, changes = {}) {
  const next = { version: bundle.version + 1, generation: 1, previous: bundle.hash, ...changes };
  return parseBundle(await makeBundle({ userId, username, seeds, ...next }));
}

/**
 * The same person with new keys, as after starting over.
 * @param {Person} before
 * @param {{version?: number, generation?: number, previous?: Bytes}} [changes]
 * @returns {Promise<Person>}
 */
export async function rekeyed({ userId, username, bundle }, changes = {}) {
  const made = await person(username, userId);
  const next = { version: bundle.version + 1, generation: bundle.generation + 1, previous: bundle.hash, ...changes };
  return { ...made, bundle: await parseBundle(await makeBundle({ userId, username, seeds: made.seeds, ...next })) };
}

/** @param {...Bundle} bundles */
export function listed(...bundles) {
  return Object.fromEntries(bundles.map(({ hash, bytes }) => [toBase64url(hash), toBase64url(bytes)]));
}

/**
 * A key that one person makes for another, and how the server would show it.
 * @param {Person} initiator
 * @param {Person} recipient
 * @param {{epoch?: number, previous?: Bytes}} [after]
 */
export async function exchanged(initiator, recipient, { epoch = 1, previous = new Uint8Array(32) } = {}) {
  const { signingKey } = initiator;
  const made = await makeExchange({ initiator: initiator.bundle, recipient: recipient.bundle, epoch, previous, signingKey });
  const id = uuidOf(made.keyId);
  return { ...made, id, keys: { [id]: toBase64url(made.bytes) }, bundles: listed(initiator.bundle, recipient.bundle) };
}

/** What a browser keeps, in memory. */
export function makeStore() {
  /** @type {Map<string, EpochKey>} */
  const keys = new Map();
  /** @type {Map<string, LocalPin>} */
  const pins = new Map();
  /** @type {Map<string, Heads>} */
  const heads = new Map();
  return {
    keys,
    pins,
    heads,
    getEpochKey: async (/** @type {string} */ id) => keys.get(id) ?? null,
    putEpochKey: async (/** @type {Bytes} */ _owner, /** @type {string} */ id, /** @type {EpochKey} */ key) => void keys.set(id, key),
    hasEpochKeyWith: async (/** @type {string} */ peer) => [...keys.values()].some((key) => key.peer === peer),
    getPin: async (/** @type {string} */ peer) => pins.get(peer) ?? null,
    findPins: async (/** @type {string} */ nameKey) => [...pins].filter(([, pin]) => pin.nameKey === nameKey).map(([peer]) => peer),
    putPin: async (/** @type {Bytes} */ _owner, /** @type {string} */ peer, /** @type {LocalPin} */ pin) => void pins.set(peer, pin),
    getHeads: async (/** @type {string} */ peer) => heads.get(peer) ?? null,
    putHeads: async (/** @type {Bytes} */ _owner, /** @type {string} */ peer, /** @type {Heads} */ found) => void heads.set(peer, mergeHeads(heads.get(peer) ?? null, found)),
  };
}

/**
 * What one person's browser has for its conversation with another.
 * @param {Person} account
 * @param {Person} peer
 * @param {string} [name] the one that the page shows
 */
export function browser(account, peer, name = peer.username) {
  const store = makeStore();
  const pins = new Pins({ account, store, peer: peer.userId, name, post: async () => ({}) });
  const epochs = new Epochs({ account, peer: peer.userId, pins, store });
  return { pins, epochs, store, kept: store.keys, opener: new Opener({ me: account.userId, peer: peer.userId, epochs }) };
}

/**
 * A message as it lies on the server.
 * @param {Awaited<ReturnType<typeof exchanged>>} key
 * @param {Person} sender
 * @param {Person} receiver
 * @param {string} text
 * @param {Partial<import("../../../static/js/crypto/envelope.js").Header & {content: Bytes}>} [fields] `content`, encoded: what it says instead of the text
 */
export async function envelopeOf(key, sender, receiver, text, fields = {}) {
  const counter = fields.counter ?? 1;
  const bytes = await sealMessage({
    ...key,
    sender: sender.userId,
    receiver: receiver.userId,
    messageId: randomBytes(16),
    counter,
    previous: counter === 1 ? new Uint8Array(32) : randomBytes(32),
    seenCounter: 0,
    seen: new Uint8Array(32),
    time: 1,
    lifetime: 0,
    content: encodeContent({ kind: "text", text }),
    ...fields,
  });
  return { bytes, text: toBase64url(bytes), envelope: parseEnvelope(bytes), hash: await envelopeHash(bytes) };
}
