/**
 * Opens the last lines of many conversations.
 *
 * @typedef {import("./keystore.js").Account} Account
 * @typedef {import("./keystore.js").Store} Store
 */

import { idOf } from "../crypto/bytes.js";
import { newestOf, readBundles } from "./bundles.js";
import { Epochs } from "./epochs.js";
import { FAILURE_WORDS, Opener } from "./opener.js";
import { Pins } from "./pins.js";
import { Refusal } from "./refusal.js";

/**
 * @typedef {object} Peer the other person of a conversation
 * @property {string} id UUID
 * @property {string} name as the list shows it
 * @property {boolean} erased
 *
 * @typedef {object} ListData what the list's page carries
 * @property {Record<string, string>} keys exchanges by key id
 * @property {Record<string, string>} bundles by bundle hash
 * @property {Record<string, string>} [pins] by the other person's id; who has none is seen for the first time
 */

export class Previews {
  #account;
  #store;
  #data;
  #asked;
  /** @type {Promise<import("../crypto/identity.js").Bundle[]> | null} */
  #bundles = null;
  /** @type {Map<string, Promise<Opener>>} by the other person's id */
  #openers = new Map();

  /**
   * @param {object} setting
   * @param {Account} setting.account
   * @param {Store} setting.store
   * @param {ListData} setting.data
   * @param {number} setting.asked when the server was asked for it, in milliseconds since 1970
   */
  constructor({ account, store, data, asked }) {
    this.#asked = asked;
    this.#account = account;
    this.#store = store;
    this.#data = data;
  }

  /**
   * @param {Peer} peer
   * @param {string} envelope base64url
   * @returns {Promise<string>} the message in one line, or what is wrong with it
   */
  async line(peer, envelope) {
    try {
      const { mine, content, failure } = await (await this.#opener(peer)).open(envelope);
      if (failure !== null) return `Message ${FAILURE_WORDS[failure]}`;
      return content?.kind === "text" && mine ? `You: ${words(content)}` : words(content);
    } catch (error) {
      console.error(error);
      return `Message ${FAILURE_WORDS.broken}`;
    }
  }

  /**
   * @param {string} keyId UUID
   * @returns {boolean} whether the page came before this key
   */
  lacks(keyId) {
    return this.#data.keys[keyId] === undefined;
  }

  /** @param {Peer} peer */
  #opener(peer) {
    const opener = this.#openers.get(peer.id) ?? this.#make(peer);
    this.#openers.set(peer.id, opener);
    return opener;
  }

  /**
   * What is opened here is not kept: whether the person's identity is the one seen before is decided in the conversation.
   * @param {Peer} person
   */
  async #make({ id, name, erased }) {
    const peer = idOf(id);
    const store = { ...this.#store, putEpochKey: async () => undefined, putPin: async () => undefined };
    const pins = new Pins({ account: this.#account, store, peer, name, erased, asked: this.#asked });
    await pins.learn(this.#data.bundles);
    await pins.open(this.#data.pins?.[id] ?? null);
    if (!pins.named) await this.#introduce(pins, peer);
    const epochs = new Epochs({ account: this.#account, peer, pins, store });
    epochs.add(this.#data);
    return new Opener({ me: this.#account.bundle.userId, peer, epochs });
  }

  /**
   * Looks at whom the page shows under a name. When it is refused, nothing of theirs opens.
   * @param {Pins} pins
   * @param {import("../crypto/bytes.js").Bytes} peer 16 bytes
   */
  async #introduce(pins, peer) {
    this.#bundles ??= readBundles(this.#data.bundles);
    const shown = newestOf(await this.#bundles, peer);
    try {
      if (shown !== null) await pins.meet(shown);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
}

/** @param {import("./opener.js").Content | null} content */
function words(content) {
  if (content?.kind === "text") return content.text.replace(/\s+/gu, " ");
  return content?.kind === "disappeared" ? "This message has disappeared." : "Message of an unknown kind";
}
