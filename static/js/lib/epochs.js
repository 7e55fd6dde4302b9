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
 */

import { equal, fromBase64url, toBase64url, uuidOf } from "../crypto/bytes.js";
import { ProtocolError } from "../crypto/errors.js";
import { openExchange, parseExchange } from "../crypto/exchange.js";
import { isOwn, readBundle } from "./bundles.js";
import { Refusal } from "./refusal.js";

const missing = () => new Refusal("key_missing", "Its key is missing.");
const untrusted = () => new Refusal("key_untrusted", "Its key could not be trusted.");

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

  /** @param {string} keyId */
  async #open(keyId) {
    if (!this.#pins.named) throw untrusted();
    const kept = await this.#store.getEpochKey(keyId);
    if (kept !== null && kept.peer === uuidOf(this.#peer)) return kept;
    const text = this.#exchanges.get(keyId);
    if (text === undefined) throw missing();
    try {
      const key = await this.#unseal(keyId, await parseExchange(fromBase64url(text)));
      await this.#store.putEpochKey(this.#account.userId, keyId, key);
      return key;
    } catch (error) {
      throw error instanceof ProtocolError ? untrusted() : error;
    }
  }

  /**
   * @param {string} keyId
   * @param {Exchange} exchange
   * @returns {Promise<EpochKey>}
   */
  async #unseal(keyId, exchange) {
    if (uuidOf(exchange.keyId) !== keyId) throw untrusted();
    const initiator = await this.#bundle(exchange.initiatorBundleHash);
    const recipient = await this.#bundle(exchange.recipientBundleHash);
    this.#checkPeople(exchange, initiator, recipient);
    const me = this.#account.userId;
    const sealingSeed = await this.#account.sealingSeed();
    const { epochKey, hash } = await openExchange({ exchange, initiator, recipient, me, sealingSeed });
    return { epochKey, epoch: exchange.epoch, hash, peer: uuidOf(this.#peer) };
  }

  /**
   * The two are this account, with the keys of this browser, and the other person, with the keys seen before.
   * @param {Exchange} exchange
   * @param {Bundle} initiator
   * @param {Bundle} recipient
   */
  #checkPeople(exchange, initiator, recipient) {
    const sent = equal(exchange.initiator, this.#account.userId);
    const [own, other] = sent ? [initiator, recipient] : [recipient, initiator];
    if (!equal(sent ? exchange.recipient : exchange.initiator, this.#peer)) throw untrusted();
    if (equal(own.userId, this.#account.userId) && !isOwn(this.#account, own)) throw missing();
    if (!isOwn(this.#account, own) || !this.#pins.trusts(other)) throw untrusted();
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
