/** Tells the server how far this browser has received, in all conversations together: at most once a moment, and never backwards. */

import { equal, uuidOf } from "../crypto/bytes.js";
import { postJson } from "./http.js";
import { hasStream, listen } from "./live.js";
import { peerOf, readEnvelope } from "./opener.js";

/** In milliseconds; long enough that what is read at once is told as read, and not before that as received. */
const MOMENT = 1000;

/** As many conversations as the server takes at once. */
const MOST = 50;

export class Received {
  /** @type {Map<string, number>} what the server was told, by person */
  #told = new Map();
  /** @type {Map<string, number>} what it is to be told */
  #wanted = new Map();
  #post;
  #later;
  #waiting = false;

  /**
   * @param {object} setting
   * @param {(received: Record<string, number>) => Promise<unknown>} setting.post
   * @param {(work: () => void, milliseconds: number) => unknown} [setting.later]
   */
  constructor({ post, later = (work, milliseconds) => setTimeout(work, milliseconds) }) {
    this.#post = post;
    this.#later = later;
  }

  /**
   * @param {string} peer the other person's id, a UUID
   * @param {number} seq of a message that has come here
   */
  reach(peer, seq) {
    if (seq <= (this.#wanted.get(peer) ?? 0) || seq <= (this.#told.get(peer) ?? 0)) return;
    this.#wanted.set(peer, seq);
    if (this.#waiting) return;
    this.#waiting = true;
    this.#later(() => void this.#tell(), MOMENT);
  }

  /**
   * The server knows this already.
   * @param {string} peer UUID
   * @param {number} seq
   */
  know(peer, seq) {
    this.#told.set(peer, Math.max(seq, this.#told.get(peer) ?? 0));
    if (seq >= (this.#wanted.get(peer) ?? 0)) this.#wanted.delete(peer);
  }

  /**
   * Takes it that the server knows nothing of this conversation: whatever is reached next is told.
   * @param {string} peer UUID
   */
  forget(peer) {
    this.#told.delete(peer);
  }

  async #tell() {
    const some = [...this.#wanted].slice(0, MOST);
    try {
      if (some.length > 0) await this.#post(Object.fromEntries(some));
      for (const [peer, seq] of some) this.know(peer, seq);
    } catch {
      // The next message received, or the next page, tells it.
      for (const [peer, seq] of some) if (this.#wanted.get(peer) === seq) this.#wanted.delete(peer);
    } finally {
      this.#waiting = false;
    }
    const [rest] = this.#wanted;
    if (rest === undefined) return;
    this.#wanted.delete(rest[0]);
    this.reach(...rest);
  }
}

/**
 * Tells of every message that comes over the stream of this browser, in the tab alone that has it.
 * @param {import("./keystore.js").Account} account
 * @returns {Received} to be told what this page has from elsewhere
 */
export function startReceived({ bundle }) {
  const received = new Received({ post: (numbers) => postJson("/live/received/", { received: numbers }) });
  listen((event) => {
    if (event.type !== "message" || !hasStream()) return;
    const read = readEnvelope(event.data.envelope);
    const peer = read === null ? null : peerOf(read, bundle.userId);
    if (read !== null && peer !== null && equal(read.sender, peer)) received.reach(uuidOf(peer), event.data.seq);
  });
  return received;
}
