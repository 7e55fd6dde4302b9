//# allFunctionsCalledOnLoad
/**
 * Opens the exchanged keys of one conversation (docs/protocol.md, section 4), and keeps them for the next page.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/exchange.js").Exchange} Exchange
 * @typedef {import("../crypto/identity.js").Bundle} Bundle
 * @typedef {import("./keystore.js").Account} Account
 * @typedef {import("./keystore.js").EpochKey} EpochKey
 * @typedef {import("./pins.js").Pins} Pins
 * @typedef {import("./keystore.js").Store} Store
 *
 * @typedef {object} Epoch what an exchanged key says of itself, before it is opened
 * @property {string} id of the key, as a UUID
 * @property {number} epoch
 * @property {Bytes} hash the exchange hash, 32 bytes
 * @property {Bytes} previous the exchange hash of the epoch before, 32 bytes; zeros for epoch 1
 *
 * @typedef {object} Parties the identities that a key was made for
 * @property {number} epoch
 * @property {string} own the fingerprint of this account's, base64url
 * @property {string} peer the fingerprint of the other person's
 * @property {string} name the username in the other person's
 */

import { equal, fromBase64url, toBase64url, uuidOf } from "../crypto/bytes.js";
import { ProtocolError } from "../crypto/errors.js";
import { isOwn, leadsTo, readBundle } from "./bundles.js";
import { Refusal } from "./refusal.js";

/** Comes when the first key is read that is not kept here yet: most pages never need it. */
const exchanging = () => import("../crypto/exchange.js");

const missing = () => new Refusal("key_missing", "Its key is missing.");
const untrusted = () => new Refusal("key_untrusted", "Its key could not be trusted.");

/**
 * @param {string} text base64url
 * @returns {Promise<Exchange>} nothing but its form is checked
 * @throws {Refusal} `key_untrusted`
 */
export async function readExchange(text) {
  const { parseExchange } = await exchanging();
  try {
    return await parseExchange(fromBase64url(text));
  } catch (error) {
    throw error instanceof ProtocolError ? untrusted() : error;
  }
}

/**
 * Whether two keys of one conversation can both be: one key an epoch, and each names the one of the epoch before.
 * @param {Pick<Epoch, "epoch" | "hash" | "previous">} one
 * @param {Pick<Epoch, "epoch" | "hash" | "previous">} other
 */
function agree(one, other) {
  const [earlier, later] = one.epoch <= other.epoch ? [one, other] : [other, one];
  if (earlier.epoch === later.epoch) return equal(earlier.hash, later.hash);
  return later.epoch > earlier.epoch + 1 || equal(later.previous, earlier.hash);
}

export class Epochs {
  #account;
  #peer;
  #pins;
  #store;
  /** @type {Map<string, string>} exchanges (base64url) by key id */
  #exchanges = new Map();
  /** @type {Map<string, string>} bundles (base64url) by bundle hash */
  #bundles = new Map();
  /** @type {Map<string, Promise<EpochKey>>} */
  #opened = new Map();
  /** @type {Map<number, EpochKey>} the keys that have opened a message, by epoch */
  #written = new Map();

  /**
   * @param {object} setting
   * @param {Account} setting.account
   * @param {Bytes} setting.peer the other person's id, 16 bytes
   * @param {Pins} setting.pins
   * @param {Pick<Store, "getEpochKey" | "putEpochKey">} setting.store where opened keys are kept
   */
  constructor({ account, peer, pins, store }) {
    this.#account = account;
    this.#peer = peer;
    this.#pins = pins;
    this.#store = store;
  }

  /**
   * Takes what an answer of the server carries.
   * @param {{keys?: Record<string, string>, bundles?: Record<string, string>}} answer base64url by key id and by bundle hash
   */
  add({ keys = {}, bundles = {} }) {
    for (const [id, exchange] of Object.entries(keys)) this.#exchanges.set(id, exchange);
    for (const [hash, bundle] of Object.entries(bundles)) this.#bundles.set(hash, bundle);
  }

  /**
   * @param {string} keyId UUID
   * @returns {Promise<boolean>} false when neither this browser nor what the server has shown holds that key
   */
  async holds(keyId) {
    return this.#exchanges.has(keyId) || (await this.#store.getEpochKey(keyId)) !== null;
  }

  /**
   * Where a key stands among the two people's keys, whether it opens or not.
   * @param {string} keyId UUID
   * @returns {Promise<Epoch | null>} null when it is not here, or is no key of these two
   */
  async find(keyId) {
    const kept = await this.#kept(keyId);
    if (kept !== null) return { id: keyId, epoch: kept.epoch, hash: kept.hash, previous: kept.previous };
    try {
      const exchange = await this.#exchange(keyId);
      this.#checkPair(exchange);
      return { id: keyId, epoch: exchange.epoch, hash: exchange.hash, previous: exchange.previous };
    } catch (error) {
      if (error instanceof Refusal) return null;
      throw error;
    }
  }

  /**
   * @param {string} keyId UUID
   * @returns {Promise<EpochKey>} opened once, then remembered
   * @throws {Refusal} `key_missing`, `key_untrusted`
   */
  open(keyId) {
    const known = this.#opened.get(keyId);
    if (known !== undefined) return known;
    const opening = this.#open(keyId);
    this.#opened.set(keyId, opening);
    opening.catch(() => this.#opened.delete(keyId));
    return opening;
  }

  /**
   * @param {EpochKey} key that opens here, so one for this account's keys of now
   * @returns {Parties}
   */
  partiesOf({ epoch, fingerprint, name }) {
    return { epoch, own: toBase64url(this.#account.bundle.fingerprint), peer: toBase64url(fingerprint), name };
  }

  /**
   * Whom a key was made for that does not open, because this account had other keys then.
   * @param {string} keyId UUID
   * @returns {Promise<Parties | null>} null when it is not certain
   */
  async partiesOfLost(keyId) {
    try {
      const exchange = await this.#exchange(keyId);
      const [initiator, recipient] = await this.#bundlesOf(exchange);
      const [own, other] = this.#sides(exchange, initiator, recipient);
      if (!this.#pins.trusts(other) || !(await leadsTo(this.#account.bundle, own, this.#bundles))) return null;
      const { checkExchange } = await exchanging();
      await checkExchange({ exchange, initiator, recipient });
      return { epoch: exchange.epoch, own: toBase64url(own.fingerprint), peer: toBase64url(other.fingerprint), name: other.username };
    } catch (error) {
      if (error instanceof Refusal || error instanceof ProtocolError) return null;
      throw error;
    }
  }

  /**
   * Whether a key can stand beside those that have opened messages.
   * @param {EpochKey} key
   * @returns {boolean}
   */
  fits(key) {
    const { epoch } = key;
    return [epoch - 1, epoch, epoch + 1].every((near) => agree(this.#written.get(near) ?? key, key));
  }

  /**
   * Takes note that a key has opened a message. (One that has not may have been replaced before anybody used it: it says nothing about
   * the others.)
   * @param {EpochKey} key
   * @throws {Refusal} `key_untrusted` when it does not fit the others
   */
  noteMessage(key) {
    if (!this.fits(key)) throw untrusted();
    this.#written.set(key.epoch, key);
  }

  /**
   * Takes note that a message of one's own is sealed under a key.
   * @param {string} keyId UUID
   * @param {number} counter the message's
   */
  async noteSealed(keyId, counter) {
    const key = await this.open(keyId);
    if (key.firstCounter !== null) return;
    await this.#store.putEpochKey(this.#account.userId, keyId, { ...key, firstCounter: counter });
    // Another tab may have been first.
    this.#opened.set(keyId, Promise.resolve((await this.#kept(keyId)) ?? key));
  }

  /** @param {string} keyId */
  async #open(keyId) {
    if (!this.#pins.named) throw untrusted();
    const kept = await this.#kept(keyId);
    if (kept !== null) return kept;
    const exchange = await this.#exchange(keyId);
    try {
      const key = await this.#unseal(exchange);
      await this.#store.putEpochKey(this.#account.userId, keyId, key);
      return key;
    } catch (error) {
      throw error instanceof ProtocolError ? untrusted() : error;
    }
  }

  /** @param {string} keyId */
  async #kept(keyId) {
    const kept = await this.#store.getEpochKey(keyId);
    return kept !== null && kept.peer === uuidOf(this.#peer) ? kept : null;
  }

  /**
   * @param {string} keyId
   * @returns {Promise<Exchange>}
   */
  async #exchange(keyId) {
    const text = this.#exchanges.get(keyId);
    if (text === undefined) throw missing();
    const exchange = await readExchange(text);
    if (uuidOf(exchange.keyId) !== keyId) throw untrusted();
    return exchange;
  }

  /**
   * @param {Exchange} exchange
   * @returns {Promise<EpochKey>}
   */
  async #unseal(exchange) {
    const [initiator, recipient] = await this.#bundlesOf(exchange);
    const other = this.#checkPeople(exchange, initiator, recipient);
    const me = this.#account.userId;
    const sealingSeed = await this.#account.sealingSeed();
    const { openExchange } = await exchanging();
    const { epochKey, hash } = await openExchange({ exchange, initiator, recipient, me, sealingSeed });
    const { epoch, previous } = exchange;
    const { fingerprint, username: name } = other;
    return { epochKey, epoch, hash, previous, peer: uuidOf(this.#peer), fingerprint, name, openedAt: Date.now(), firstCounter: null };
  }

  /** @param {Exchange} exchange */
  #checkPair({ initiator, recipient }) {
    const [own, other] = equal(initiator, this.#account.userId) ? [initiator, recipient] : [recipient, initiator];
    if (!equal(own, this.#account.userId) || !equal(other, this.#peer)) throw untrusted();
  }

  /**
   * The two are this account, with the keys of this browser, and the other person, with the keys seen before.
   * @param {Exchange} exchange
   * @param {Bundle} initiator
   * @param {Bundle} recipient
   * @returns {Bundle} the other person's
   */
  #checkPeople(exchange, initiator, recipient) {
    const [own, other] = this.#sides(exchange, initiator, recipient);
    if (equal(own.userId, this.#account.userId) && !isOwn(this.#account, own)) throw missing();
    if (!isOwn(this.#account, own) || !this.#pins.trusts(other)) throw untrusted();
    return other;
  }

  /**
   * @param {Exchange} exchange
   * @param {Bundle} initiator
   * @param {Bundle} recipient
   * @returns {[own: Bundle, other: Bundle]}
   */
  #sides(exchange, initiator, recipient) {
    this.#checkPair(exchange);
    return equal(exchange.initiator, this.#account.userId) ? [initiator, recipient] : [recipient, initiator];
  }

  /**
   * @param {Exchange} exchange
   * @returns {Promise<[initiator: Bundle, recipient: Bundle]>} learnt by the pins as well
   */
  async #bundlesOf({ initiatorBundleHash, recipientBundleHash }) {
    const initiator = await this.#bundle(initiatorBundleHash);
    const recipient = await this.#bundle(recipientBundleHash);
    await this.#pins.learn(Object.fromEntries(this.#bundles));
    return [initiator, recipient];
  }

  /**
   * @param {Bytes} hash 32 bytes
   * @returns {Promise<Bundle>}
   */
  async #bundle(hash) {
    const text = this.#bundles.get(toBase64url(hash));
    if (text === undefined) throw missing();
    const bundle = await readBundle(text);
    if (!equal(bundle.hash, hash)) throw untrusted();
    return bundle;
  }
}
