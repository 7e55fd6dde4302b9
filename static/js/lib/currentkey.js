/**
 * The key that the next message of a conversation is sealed under (docs/protocol.md, "Epochs"): the newest that either person has used, as
 * far as this browser knows. When that one is worn, or does not open, or there is none, the next one is exchanged.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/exchange.js").Exchange} Exchange
 * @typedef {import("./epochs.js").Epoch} Epoch
 * @typedef {import("./intent.js").ExchangedKey} ExchangedKey
 * @typedef {import("./keystore.js").EpochKey} EpochKey
 *
 * @typedef {object} SealingKey
 * @property {Bytes} keyId 16 bytes
 * @property {CryptoKey} epochKey
 * @property {number} epoch
 */

import { equal, idOf, uuidOf } from "../crypto/bytes.js";
import { readExchange } from "./epochs.js";
import { Refusal } from "./refusal.js";
import { isWorn } from "./wear.js";

/** How many keys are exchanged, at most, for one message: the other person may have used one meanwhile, and left one that does not open. */
const MOST_EXCHANGES = 4;

const leftBehind = () => new Refusal("key_untrusted", "The server offered a key that is no longer in use. Nothing will be sent.");
const useless = () => new Refusal("key_untrusted", "The server offers no key that can be trusted. Nothing will be sent.");

/**
 * Whether a key that the server has answered comes after the newest one used so far. One that is in use may come later than right after it.
 * @param {Exchange} exchange
 * @param {Epoch | null} newest
 * @param {boolean} used
 */
function follows({ epoch, previous }, newest, used) {
  const next = (newest?.epoch ?? 0) + 1;
  return epoch === next ? equal(previous, newest?.hash ?? new Uint8Array(32)) : used && epoch > next;
}

export class CurrentKey {
  #me;
  #epochs;
  #chain;
  #fingerprint;
  #exchange;
  /** @type {string | null} a key that nobody has used yet, for the next epoch */
  #next = null;
  /** @type {Set<string>} those that the server has said are in use: it can't go back on the newest */
  #named = new Set();
  /** @type {string | null} an unused one of the other person's that does not open */
  #obstacle = null;
  /** @type {Set<string>} those that the server takes no messages under any more */
  #refused = new Set();

  /**
   * @param {object} setting
   * @param {string | null} setting.id UUID of the key that the server shows at first
   * @param {boolean} setting.used whether that one is in use
   * @param {import("./epochs.js").Epochs} setting.epochs
   * @param {import("./chain.js").Chain} setting.chain
   * @param {Bytes} setting.me 16 bytes
   * @param {() => Bytes} setting.fingerprint of the other person's keys now, 32 bytes
   * @param {(after: Epoch | null, replaces: string | null) => Promise<ExchangedKey>} setting.exchange makes a key after this epoch, and in
   *   the place of an unused one (its UUID) that does not open
   */
  constructor({ id, used, me, epochs, chain, fingerprint, exchange }) {
    if (used) this.name(id);
    else this.#next = id;
    this.#me = me;
    this.#epochs = epochs;
    this.#chain = chain;
    this.#fingerprint = fingerprint;
    this.#exchange = exchange;
  }

  /**
   * @returns {Promise<SealingKey>} of an epoch no earlier than any that the chain had seen when it was asked for
   * @throws {import("./http.js").HttpError}
   * @throws {Refusal} also `key_untrusted` when the server offers a key of an epoch that the two have left behind, or none that is right
   */
  async current() {
    for (let exchanges = 0; ; exchanges++) {
      const newest = await this.#newest();
      const found = await this.#usable(newest);
      if (found !== null) return this.#take(found);
      if (exchanges === MOST_EXCHANGES) throw useless();
      await this.#renew(newest);
    }
  }

  /**
   * @param {string | null} id UUID of the key that the server says is in use; null when it says nothing
   */
  name(id) {
    if (id !== null) this.#named.add(id);
  }

  /**
   * Takes note that the server takes no more messages under a key.
   * @param {Bytes} keyId 16 bytes
   */
  refuse(keyId) {
    this.#refused.add(uuidOf(keyId));
  }

  /** @param {{id: string, key: EpochKey}} found */
  async #take({ id, key: { epochKey, epoch } }) {
    await this.#epochs.noteSealed(id, this.#chain.next().counter);
    return { keyId: idOf(id), epochKey, epoch };
  }

  /**
   * @param {Epoch | null} newest
   * @returns {Promise<{id: string, key: EpochKey} | null>} null when a key must be exchanged
   */
  async #usable(newest) {
    const next = this.#next && (await this.#epochs.find(this.#next));
    this.#next = next && next.epoch > (newest?.epoch ?? 0) ? next.id : null;
    const id = this.#next ?? newest?.id ?? null;
    if (id === null || this.#refused.has(id)) return null;
    const key = await this.#open(id);
    const now = { counter: this.#chain.next().counter, fingerprint: this.#fingerprint() };
    return key === null || isWorn(key, now) ? null : { id, key };
  }

  /**
   * @returns {Promise<Epoch | null>} the newest key that either person has used, whether it opens or not
   * @throws {Refusal} `key_untrusted` when the server withholds it
   */
  async #newest() {
    // Both at once: while keys are looked for, a message under a later one may come in.
    const { newest: seen, epoch } = this.#chain;
    // What was seen comes first: a message has opened under it.
    const ids = new Set([...(seen === null ? [] : [uuidOf(seen.keyId)]), ...this.#named]);
    const found = await Promise.all([...ids].map((id) => this.#epochs.find(id)));
    const newest = found.reduce((before, one) => (one !== null && one.epoch > (before?.epoch ?? 0) ? one : before), null);
    if ((newest?.epoch ?? 0) < epoch) throw leftBehind();
    return newest;
  }

  /** @param {Epoch | null} newest that there was when no key was found: the answer follows it, whatever has come in since */
  async #renew(newest) {
    const { exchange, bundles, used } = await this.#exchange(newest, this.#obstacle);
    const read = await readExchange(exchange);
    const id = uuidOf(read.keyId);
    if (!follows(read, newest, used)) throw leftBehind();
    this.#epochs.add({ keys: { [id]: exchange }, bundles });
    if (used) this.name(id);
    else await this.#offer(id, equal(read.initiator, this.#me));
  }

  /**
   * Takes a key that nobody has used. One that the other person left and that does not open would stand in the way for as long as the server
   * keeps it.
   * @param {string} id
   * @param {boolean} mine
   */
  async #offer(id, mine) {
    const opens = (await this.#open(id)) !== null;
    if (!opens && mine) throw useless();
    this.#next = opens ? id : null;
    this.#obstacle = opens ? null : id;
  }

  /**
   * @param {string} id
   * @returns {Promise<EpochKey | null>} null when it does not open
   * @throws {Refusal} when it opens, and is not the one after the key before
   */
  async #open(id) {
    const key = await this.#epochs.open(id).catch((error) => {
      if (error instanceof Refusal) return null;
      throw error;
    });
    if (key !== null && !this.#epochs.fits(key)) throw useless();
    return key;
  }
}
