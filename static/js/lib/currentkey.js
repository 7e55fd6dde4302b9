/**
 * The key that the next message of a conversation is sealed under; exchanged when there is none.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("./intent.js").ExchangedKey} ExchangedKey
 *
 * @typedef {object} SealingKey
 * @property {Bytes} keyId 16 bytes
 * @property {CryptoKey} epochKey
 * @property {number} epoch
 */

import { equal, fromBase64url, idOf, uuidOf } from "../crypto/bytes.js";
import { parseExchange } from "../crypto/exchange.js";
import { Refusal } from "./refusal.js";

export class CurrentKey {
  #id;
  #me;
  #epochs;
  #chain;
  #exchange;
  /** @type {Promise<string> | null} an exchange that is under way */
  #exchanging = null;

  /**
   * @param {object} setting
   * @param {string | null} setting.id UUID of the key in use, as the server has it
   * @param {import("./epochs.js").Epochs} setting.epochs
   * @param {import("./chain.js").Chain} setting.chain
   * @param {Bytes} setting.me 16 bytes
   * @param {(after: {epoch: number, hash: Bytes} | null, replaces: string | null) => Promise<ExchangedKey>} setting.exchange makes a key
   *   after this epoch, and in the place of an unused one (its UUID) that does not open
   */
  constructor({ id, me, epochs, chain, exchange }) {
    this.#id = id;
    this.#me = me;
    this.#epochs = epochs;
    this.#chain = chain;
    this.#exchange = exchange;
  }

  /**
   * @returns {Promise<SealingKey>}
   * @throws {import("./http.js").HttpError}
   * @throws {Refusal} also `key_untrusted` when the server offers a key of an epoch that the two have left behind
   */
  async current() {
    const id = (await this.#known()) ?? (await this.#renew());
    const { epochKey, epoch } = await this.#epochs.open(id);
    if (epoch < this.#chain.epoch) throw new Refusal("key_untrusted", "The server offered a key that is no longer in use.");
    return { keyId: idOf(id), epochKey, epoch };
  }

  /** Forgets the key, so that the next one is asked for. */
  drop() {
    this.#id = null;
  }

  /** @returns {Promise<string | null>} the key in use, if it is here */
  async #known() {
    const id = this.#id;
    if (id === null || (await this.#epochs.holds(id))) return id;
    return null;
  }

  /** One exchange, however many ask. */
  #renew() {
    this.#exchanging ??= this.#ask().finally(() => (this.#exchanging = null));
    return this.#exchanging;
  }

  async #ask() {
    const after = await this.#after();
    const offered = await this.#take(await this.#exchange(after, null));
    const taken = offered.useless ? await this.#take(await this.#exchange(after, offered.id)) : offered;
    this.#id = taken.id;
    return taken.id;
  }

  /**
   * @param {ExchangedKey} key
   * @returns {Promise<{id: string, useless: boolean}>} whether the other person made it, nobody has used it, and it does not open: such a
   *   key would stand in the way for as long as the server keeps it
   */
  async #take({ exchange, bundles, used }) {
    const { keyId, initiator } = await parseExchange(fromBase64url(exchange));
    const id = uuidOf(keyId);
    this.#epochs.add({ keys: { [id]: exchange }, bundles });
    const useless = !used && !equal(initiator, this.#me) && !(await this.#opens(id));
    return { id, useless };
  }

  /** @param {string} id */
  async #opens(id) {
    try {
      await this.#epochs.open(id);
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  async #after() {
    const newest = this.#chain.newest;
    return newest === null ? null : this.#epochs.open(uuidOf(newest.keyId));
  }
}
