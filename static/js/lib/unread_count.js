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

/**
 * @param {Pick<import("../crypto/envelope.js").Header, "time" | "lifetime"> | null} header
 * @returns {number} when such a message disappears, in milliseconds since 1970; Infinity for one that does not
 */
export const endOf = (header) => (header === null || header.lifetime === 0 ? Infinity : header.time + 1000 * header.lifetime);

/** What is unread in one conversation. */
export class UnreadCount {
  #served;
  #known = 0;
  /** @type {number[]} when those of the others that disappear do so, in milliseconds since 1970 */
  #ends = [];
  /** @type {Map<number, number>} what has come since, by `seq`: until when it is a message to be read; 0 while it is not known to be one */
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
    const now = Date.now();
    const over = this.#ends.filter((end) => end <= now).length;
    return Math.max(0, this.#served - this.#known - over) + [...this.#come.values()].filter((end) => end > now).length;
  }

  /** When it is another number because something disappears, in milliseconds since 1970; Infinity if nothing does. */
  get changes() {
    const now = Date.now();
    return Math.min(...[...this.#ends, ...this.#come.values()].filter((end) => end > now));
  }

  /**
   * @param {number} count so many of those that the server counted are no messages
   * @param {number[]} [ends] when those of the others that disappear do so, in milliseconds since 1970
   */
  except(count, ends = []) {
    this.#known = count;
    this.#ends = ends;
  }

  /** @param {number} seq of an envelope that has come, and counts once it is known to be a message */
  come(seq) {
    this.#come.set(seq, 0);
  }

  /**
   * @param {number} seq of one that has come, and is a message; nothing if all was read meanwhile
   * @param {number} [end] when it disappears, in milliseconds since 1970
   */
  count(seq, end = Infinity) {
    if (this.#come.has(seq)) this.#come.set(seq, end);
  }

  /** Everything is read. */
  clear() {
    this.#served = 0;
    this.#ends = [];
    this.#come.clear();
  }
}
