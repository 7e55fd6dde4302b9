//# allFunctionsCalledOnLoad
/**
 * The keys of the person signed in, in this browser's IndexedDB (database "sotto"), from sign-in to sign-out.
 *
 * Every key lies there as a non-extractable CryptoKey. The X-Wing seed, which no CryptoKey can hold, lies AES-256-GCM-encrypted under
 * one, and is opened per use. What was seen of other people's identities (docs/protocol.md, section 6) is kept here too, so that no server
 * can make this browser forget it; and how far the messages went that were seen (section 5). One account at a time, and nothing is written for any other.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/identity.js").Bundle} Bundle
 * @typedef {import("../crypto/identity.js").Seeds} Seeds
 * @typedef {import("./heads.js").Heads} Heads
 *
 * @typedef {object} Account
 * @property {Bytes} userId 16 bytes
 * @property {string} username
 * @property {Bundle} bundle one's own identity
 * @property {CryptoKey} signingKey Ed25519, for signing
 * @property {CryptoKey} accountKey AES-256-GCM, for what is one's own
 * @property {CryptoKey} wrappingKey AES-256-GCM, split from the password
 * @property {() => Promise<Bytes>} sealingSeed opens the X-Wing seed, 32 bytes
 *
 * @typedef {object} EpochKey
 * @property {CryptoKey} epochKey HKDF, non-extractable
 * @property {number} epoch
 * @property {Bytes} hash the exchange hash, 32 bytes
 * @property {Bytes} previous the exchange hash of the epoch before, 32 bytes; zeros for epoch 1
 * @property {string} peer the other person's id, as a UUID
 * @property {Bytes} fingerprint of the other person's keys that it was made for, 32 bytes
 * @property {string} name the other person's username in the identity that it was made for
 * @property {number} openedAt milliseconds since 1970, when this browser first opened it
 * @property {number | null} firstCounter the counter of the first message of one's own that this browser sealed under it
 *
 * @typedef {object} LocalPin what this browser has seen of somebody's identity
 * @property {import("../crypto/pin.js").Seen} seen
 * @property {string} name the username of the bundle seen
 * @property {string} nameKey the same, as names are compared
 * @property {number | null} keptAt milliseconds since 1970, since when this browser knows that the server keeps a pin; null if it does not
 *
 * @typedef {object} Store what the keys and pins of a conversation are kept in
 * @property {(keyId: string) => Promise<EpochKey | null>} getEpochKey
 * @property {(owner: Bytes, keyId: string, key: EpochKey) => Promise<void>} putEpochKey
 * @property {(peer: string) => Promise<boolean>} hasEpochKeyWith
 * @property {(peer: string) => Promise<LocalPin | null>} getPin
 * @property {(nameKey: string) => Promise<string[]>} findPins the ids of those seen under a name
 * @property {(owner: Bytes, peer: string, pin: LocalPin) => Promise<void>} putPin
 * @property {(peer: string) => Promise<Heads | null>} getHeads
 * @property {(owner: Bytes, peer: string, heads: Heads) => Promise<void>} putHeads
 */

import { concat, equal, label, randomBytes } from "../crypto/bytes.js";
import { importSigningKey, parseBundle } from "../crypto/identity.js";
import { STATE } from "../crypto/pin.js";
import { ACCOUNT, DRAFTS, EPOCH_KEYS, HEADS, isOf, OUTBOX, PINS, transact } from "./database.js";
import { mergeHeads } from "./heads.js";

const channel = new BroadcastChannel("sotto");

/**
 * Writes something of an account's, unless that account has left this browser: nothing may follow a sign-out.
 * @param {Bytes} owner 16 bytes
 * @param {string} store
 * @param {string} key
 * @param {unknown} value
 */
async function putFor(owner, store, key, value) {
  await transact("readwrite", (transaction) => {
    const found = transaction.objectStore(ACCOUNT).get(ACCOUNT);
    found.onsuccess = () => {
      if (isOf(found.result, owner)) transaction.objectStore(store).put(value, key);
    };
    return found;
  });
}

/** @param {Bytes} userId 16 bytes */
const seedBinding = (userId) => concat(label("sotto/1 stored sealing seed"), userId);

/**
 * @param {Bytes} seed 32 bytes
 * @param {Bytes} userId 16 bytes
 */
async function lockSeed(seed, userId) {
  const lock = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const iv = randomBytes(12);
  const parameters = { name: "AES-GCM", iv, additionalData: seedBinding(userId) };
  return { lock, iv, sealed: new Uint8Array(await crypto.subtle.encrypt(parameters, lock, seed)) };
}

/**
 * @param {Awaited<ReturnType<typeof lockSeed>>} locked
 * @param {Bytes} userId 16 bytes
 * @returns {Promise<Bytes>} 32 bytes
 */
async function unlockSeed({ lock, iv, sealed }, userId) {
  const parameters = { name: "AES-GCM", iv, additionalData: seedBinding(userId) };
  return new Uint8Array(await crypto.subtle.decrypt(parameters, lock, sealed));
}

/**
 * Takes note that one's keys have changed: what the server kept of other people was sealed under the old ones, and is gone; and nobody is
 * verified any more, since safety numbers are made of both people's keys.
 * @param {IDBObjectStore} pins
 */
function beginPinsAnew(pins) {
  const request = pins.openCursor();
  request.onsuccess = () => {
    const cursor = request.result;
    if (cursor === null) return;
    const { seen, ...pin } = cursor.value;
    const state = seen.state === STATE.verified ? STATE.unverified : seen.state;
    cursor.update({ ...pin, seen: { ...seen, state }, keptAt: null });
    cursor.continue();
  };
}

/**
 * Keeps the account that has just signed in, in place of any other and of all that was kept for it. What the same account has seen of
 * other people stays.
 * @param {object} account
 * @param {Bytes} account.userId 16 bytes
 * @param {string} account.username
 * @param {Bundle} account.bundle
 * @param {Seeds} account.seeds 32 bytes each
 * @param {CryptoKey} account.wrappingKey
 */
export async function save({ userId, username, bundle, seeds, wrappingKey }) {
  const { accountKey } = await import("../crypto/wrapping.js");
  const record = {
    userId,
    username,
    bundle: bundle.bytes,
    fingerprint: bundle.fingerprint,
    signingKey: await importSigningKey(seeds.signing),
    accountKey: await accountKey(seeds, userId),
    wrappingKey,
    locked: await lockSeed(seeds.sealing, userId),
  };
  await transact("readwrite", (transaction) => {
    const before = transaction.objectStore(ACCOUNT).get(ACCOUNT);
    before.onsuccess = () => {
      const pins = transaction.objectStore(PINS);
      if (!isOf(before.result, userId)) for (const store of [pins, transaction.objectStore(HEADS)]) store.clear();
      else if (!equal(before.result.fingerprint, bundle.fingerprint)) beginPinsAnew(pins);
      transaction.objectStore(EPOCH_KEYS).clear();
      transaction.objectStore(ACCOUNT).put(record, ACCOUNT);
    };
    return before;
  });
  channel.postMessage("saved");
}

/**
 * @returns {Promise<Account | null>} null when nobody is signed in in this browser, or the browser has dropped the keys
 */
export async function load() {
  const record = await transact("readonly", (transaction) => transaction.objectStore(ACCOUNT).get(ACCOUNT));
  if (record === undefined) return null;
  const { userId, username, signingKey, accountKey, wrappingKey, locked } = record;
  const bundle = await parseBundle(record.bundle);
  return { userId, username, bundle, signingKey, accountKey, wrappingKey, sealingSeed: () => unlockSeed(locked, userId) };
}

/**
 * @returns {Promise<Bytes | null>} the id, 16 bytes, of whom this browser holds the keys of; null as for `load`
 */
export async function loadOwner() {
  const record = await transact("readonly", (transaction) => transaction.objectStore(ACCOUNT).get(ACCOUNT));
  return record?.userId ?? null;
}

/**
 * Keeps an opened key. Of one that is kept already, by another tab too, the first times stay: they say when it is worn.
 * @param {Bytes} owner whose it is, 16 bytes; nothing is written for anybody but the account signed in
 * @param {string} keyId the exchange's key id, as a UUID
 * @param {EpochKey} key
 */
export async function putEpochKey(owner, keyId, key) {
  await transact("readwrite", (transaction) => {
    const account = transaction.objectStore(ACCOUNT).get(ACCOUNT);
    const keys = transaction.objectStore(EPOCH_KEYS);
    const kept = keys.get(keyId);
    kept.onsuccess = () => isOf(account.result, owner) && keys.put(merged(kept.result, key), keyId);
    return kept;
  });
}

/**
 * @param {EpochKey | undefined} kept
 * @param {EpochKey} key the same one
 * @returns {EpochKey}
 */
function merged(kept, key) {
  const openedAt = Math.min(kept?.openedAt ?? key.openedAt, key.openedAt);
  return { ...key, openedAt, firstCounter: kept?.firstCounter ?? key.firstCounter };
}

/**
 * @param {string} keyId the exchange's key id, as a UUID
 * @returns {Promise<EpochKey | null>}
 */
export async function getEpochKey(keyId) {
  const key = await transact("readonly", (transaction) => transaction.objectStore(EPOCH_KEYS).get(keyId));
  return key ?? null;
}

/**
 * @param {string} peer the other person's id, as a UUID
 * @returns {Promise<boolean>} whether a key exchanged with them is kept
 */
export async function hasEpochKeyWith(peer) {
  return (await transact("readonly", (transaction) => transaction.objectStore(EPOCH_KEYS).index("peer").count(peer))) > 0;
}

/**
 * @param {string} peer the other person's id, as a UUID
 * @returns {Promise<LocalPin | null>}
 */
export async function getPin(peer) {
  const pin = await transact("readonly", (transaction) => transaction.objectStore(PINS).get(peer));
  return pin ?? null;
}

/**
 * @param {string} nameKey
 * @returns {Promise<string[]>} the ids, as UUIDs, of the people seen under this name
 */
export async function findPins(nameKey) {
  const keys = await transact("readonly", (transaction) => transaction.objectStore(PINS).index("nameKey").getAllKeys(nameKey));
  return keys.map(String);
}

/**
 * @param {Bytes} owner whose it is, 16 bytes; nothing is written for anybody but the account signed in
 * @param {string} peer the other person's id, as a UUID
 * @param {LocalPin} pin
 */
export async function putPin(owner, peer, pin) {
  await putFor(owner, PINS, peer, pin);
}

/**
 * @param {string} peer the other person's id, as a UUID
 * @returns {Promise<Heads | null>}
 */
export async function getHeads(peer) {
  const heads = await transact("readonly", (transaction) => transaction.objectStore(HEADS).get(peer));
  return heads ?? null;
}

/**
 * Keeps how far the messages of a conversation went, unless another tab has seen more.
 * @param {Bytes} owner whose it is, 16 bytes; nothing is written for anybody but the account signed in
 * @param {string} peer the other person's id, as a UUID
 * @param {Heads} heads
 */
export async function putHeads(owner, peer, heads) {
  await transact("readwrite", (transaction) => {
    const account = transaction.objectStore(ACCOUNT).get(ACCOUNT);
    const store = transaction.objectStore(HEADS);
    const kept = store.get(peer);
    kept.onsuccess = () => isOf(account.result, owner) && store.put(mergeHeads(kept.result ?? null, heads), peer);
    return kept;
  });
}

/** Forgets every key, and what was seen, and tells the other tabs. What is not sent yet stays, sealed, for the next sign-in of the same person. */
export async function lockUp() {
  await forget([EPOCH_KEYS, PINS, HEADS]);
}

/** Forgets everything, and tells the other tabs. */
export async function wipe() {
  await forget([EPOCH_KEYS, PINS, HEADS, OUTBOX, DRAFTS]);
}

/** @param {string[]} stores what is cleared besides the account */
async function forget(stores) {
  await transact("readwrite", (transaction) => {
    for (const store of stores) transaction.objectStore(store).clear();
    return transaction.objectStore(ACCOUNT).clear();
  });
  channel.postMessage("wiped");
}

/**
 * Calls back when another tab has signed in or out.
 * @param {(what: "saved" | "wiped") => void} listener
 */
export function onChange(listener) {
  channel.addEventListener("message", ({ data }) => listener(data));
}
