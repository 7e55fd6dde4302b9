/**
 * How many messages are unread: what somebody else has written and one can read. The server counts envelopes, and cannot tell; a browser takes
 * from its number what it finds among those that it opens (docs/architecture.md, *Replies, reactions, edits and deletions*).
 */

import { isCarrier } from "./amendments.js";

/**
 * @param {Pick<import("./opener.js").Opened, "mine" | "content">} opened
 * @returns {boolean} whether it is a message to its reader. What cannot be opened is one: it is shown, with what is wrong with it.
 */
export const isNews = ({ mine, content }) => !mine && !isCarrier(content) && content?.kind !== "disappeared";

/** What is unread in one conversation. */
export class UnreadCount {
  #served;
  #known = 0;
  /** @type {Map<number, boolean>} what has come since, by `seq`: whether it is known to be a message */
  #come = new Map();

  /** @param {number} served how many envelopes are unread, as the server says */
  constructor(served) {
    this.#served = served;
  }

  /** Whether anything is unread, messages or not. */
  get any() {
    return this.#served + this.#come.size > 0;
  }

  /** How many messages are unread. */
  get messages() {
    return Math.max(0, this.#served - this.#known) + [...this.#come.values()].filter((news) => news).length;
  }

  /** @param {number} count so many of those that the server counted are no messages */
  except(count) {
    this.#known = count;
  }

  /** @param {number} seq of an envelope that has come, and counts once it is known to be a message */
  come(seq) {
    this.#come.set(seq, false);
  }

  /** @param {number} seq of one that has come, and is a message; nothing if all was read meanwhile */
  count(seq) {
    if (this.#come.has(seq)) this.#come.set(seq, true);
  }

  /** Everything is read. */
  clear() {
    this.#served = 0;
    this.#come.clear();
  }
}
