/**
 * Opens the last lines of many conversations.
 *
 * @typedef {import("./keystore.js").Account} Account
 * @typedef {import("./epochs.js").Store} Store
 */

import { idOf } from "../crypto/bytes.js";
import { newestOf } from "./bundles.js";
import { Epochs } from "./epochs.js";
import { FAILURE_WORDS, Opener } from "./opener.js";
import { Pins } from "./pins.js";

/**
 * @typedef {object} ListData what the list's page carries
 * @property {Record<string, string>} keys exchanges by key id
 * @property {Record<string, string>} bundles by bundle hash
 * @property {Record<string, string>} [pins] by the other person's id; who has none is seen for the first time
 */

export class Previews {
  #account;
  #store;
  #data;
  /** @type {Map<string, Promise<Opener>>} by the other person's id */
  #openers = new Map();

  /**
   * @param {object} setting
   * @param {Account} setting.account
   * @param {Store} setting.store
   * @param {ListData} setting.data
   */
  constructor({ account, store, data }) {
    this.#account = account;
    this.#store = store;
    this.#data = data;
  }

  /**
   * @param {string} peer the other person's id, as a UUID
   * @param {string} envelope base64url
   * @returns {Promise<string>} the message in one line, or what is wrong with it
   */
  async line(peer, envelope) {
    const { mine, content, failure } = await (await this.#opener(peer)).open(envelope);
    if (failure !== null) return `Message ${FAILURE_WORDS[failure]}`;
    const text = content?.kind === "text" ? content.text.replace(/\s+/gu, " ") : "Message of an unknown kind";
    return mine ? `You: ${text}` : text;
  }

  /**
   * @param {string} keyId UUID
   * @returns {boolean} whether the page came before this key
   */
  lacks(keyId) {
    return this.#data.keys[keyId] === undefined;
  }

  /** @param {string} peer */
  #opener(peer) {
    const opener = this.#openers.get(peer) ?? this.#make(peer);
    this.#openers.set(peer, opener);
    return opener;
  }

  /**
   * What is opened here is not kept: whether the person's identity is the one seen before is decided in the conversation.
   * @param {string} uuid
   */
  async #make(uuid) {
    const peer = idOf(uuid);
    const pins = new Pins({ account: this.#account, peer, name: uuid });
    const pin = this.#data.pins?.[uuid] ?? null;
    await pins.open(pin);
    const shown = pin === null ? await newestOf(this.#data.bundles, peer) : null;
    if (shown !== null) pins.meet(shown);
    const store = { getEpochKey: this.#store.getEpochKey, putEpochKey: async () => undefined };
    const epochs = new Epochs({ account: this.#account, peer, pins, store });
    epochs.add(this.#data);
    return new Opener({ me: this.#account.bundle.userId, peer, epochs });
  }
}
