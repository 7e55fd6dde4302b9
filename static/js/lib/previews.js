/**
 * Opens the last lines of many conversations.
 *
 * @typedef {import("./keystore.js").Account} Account
 * @typedef {import("./keystore.js").Store} Store
 */

import { idOf } from "../crypto/bytes.js";
import { newestOf, readBundles } from "./bundles.js";
import { Epochs } from "./epochs.js";
import { glance } from "./glance.js";
import { spanOf } from "./expiry.js";
import { FAILURE_WORDS, Opener } from "./opener.js";
import { endOf, isNews } from "./unread_count.js";

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
 * @property {Record<string, string[]>} [unread] the envelopes of some of what is unread, base64url, by the other person's id
 */

export class Previews {
  #account;
  #store;
  #data;
  #asked;
  /** @type {Promise<import("../crypto/identity.js").Bundle[]> | null} */
  #bundles = null;
  /** @type {Map<string, Promise<{opener: Opener, pins: import("./pins.js").Pins}>>} by the other person's id */
  #known = new Map();

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
   * @returns {Promise<import("./opener.js").Opened>}
   */
  async open(peer, envelope) {
    return (await this.#know(peer)).opener.open(envelope);
  }

  /**
   * @param {Peer} peer
   * @param {string} envelope base64url
   * @returns {Promise<string>} the message in one line, or what is wrong with it
   */
  async line(peer, envelope) {
    try {
      const { mine, content, failure } = await this.open(peer, envelope);
      if (failure !== null) return `Message ${FAILURE_WORDS[failure]}`;
      return inOneLine(words(content, mine));
    } catch (error) {
      console.error(error);
      return `Message ${FAILURE_WORDS.broken}`;
    }
  }

  /**
   * @param {Peer} peer
   * @returns {Promise<{others: number, ends: number[]}>} of the unread envelopes of theirs that came with the list, how many are no messages to be
   *   read; and when those of the messages that disappear do so, in milliseconds since 1970
   */
  async unread(peer) {
    try {
      const opened = await Promise.all((this.#data.unread?.[peer.id] ?? []).map((envelope) => this.open(peer, envelope)));
      const news = opened.filter(isNews);
      return { others: opened.length - news.length, ends: news.map(({ envelope }) => endOf(envelope)).filter((end) => end < Infinity) };
    } catch (error) {
      console.error(error);
      return { others: 0, ends: [] };
    }
  }

  /**
   * @param {Peer} peer
   * @returns {Promise<import("./pins.js").Mark>} what stands beside the name
   */
  async mark(peer) {
    try {
      return (await this.#know(peer)).pins.state;
    } catch (error) {
      console.error(error);
      return "unverified";
    }
  }

  /**
   * @param {string} keyId UUID
   * @returns {boolean} whether the page came before this key
   */
  lacks(keyId) {
    return this.#data.keys[keyId] === undefined;
  }

  /** @param {Peer} person */
  #know(person) {
    const known = this.#known.get(person.id) ?? this.#look(person);
    this.#known.set(person.id, known);
    return known;
  }

  /**
   * What is opened here is not kept: whether the person's identity is the one seen before is decided in the conversation.
   * @param {Peer} person
   */
  async #look(person) {
    const [account, peer, store] = [this.#account, idOf(person.id), { ...this.#store, putEpochKey: async () => undefined }];
    const { bundles, pins: sealed = {} } = this.#data;
    this.#bundles ??= readBundles(bundles);
    const shown = newestOf(await this.#bundles, peer);
    const pins = await glance({ account, store, person, pin: sealed[person.id] ?? null, bundles, shown, asked: this.#asked });
    const epochs = new Epochs({ account, peer, pins, store });
    epochs.add(this.#data);
    return { opener: new Opener({ me: account.bundle.userId, peer, epochs }), pins };
  }
}

/** @param {string} text */
const inOneLine = (text) => text.replace(/\s+/gu, " ");

/**
 * @param {import("./opener.js").Content | null} content
 * @param {boolean} mine
 * @returns {string}
 */
function words(content, mine) {
  switch (content?.kind) {
    case "text":
    case "reply":
      return mine ? `You: ${content.text}` : content.text;
    case "edit":
      return mine ? `You edited: ${content.text}` : `Edited: ${content.text}`;
    case "deletion":
      return mine ? "You deleted a message" : "Message deleted";
    case "reaction":
      if (content.emoji === "") return mine ? "You took a reaction back" : "Took a reaction back";
      return mine ? `You reacted ${content.emoji}` : `Reacted ${content.emoji}`;
    case "timer":
      return content.seconds === 0 ? "Disappearing messages are off" : `Messages disappear after ${spanOf(content.seconds)}`;
    case "removed":
      return "The server has removed this message.";
    case "spent":
    case "disappeared":
      return "This message has disappeared.";
    default:
      return "Message of an unknown kind";
  }
}
