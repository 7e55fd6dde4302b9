//# allFunctionsCalledOnLoad
/**
 * Where the two chains of a conversation stand: what the next message of this account is to be bound to.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("./opener.js").Opened} Opened
 *
 * @typedef {object} Head
 * @property {number} counter 0 before the first message
 * @property {Bytes} hash the envelope hash, 32 bytes; zeros before the first message
 */

/** @returns {Head} */
const beginning = () => ({ counter: 0, hash: new Uint8Array(32) });

export class Chain {
  #mine = beginning();
  #theirs = beginning();
  /** @type {{keyId: Bytes, epoch: number} | null} the newest key that either has used */
  #newest = null;

  /**
   * Begins where this browser was before, whatever the server shows now: no number is used twice, and no earlier key.
   * @param {import("./heads.js").Heads} heads
   */
  recall({ mine, theirs, newest }) {
    if (mine !== null && mine.counter > this.#mine.counter) this.#mine = mine;
    if (theirs !== null && theirs.counter > this.#theirs.counter) this.#theirs = theirs;
    if (newest !== null && newest.epoch > this.epoch) this.#newest = newest;
  }

  /**
   * Takes note of a stored message, in any order. Those that opened count. One's own counts without being opened if it is the very next
   * one, or was sealed under a key of one's earlier keys: the server accepts no second message under its counter, even when its key is lost.
   * (Anything else could be a counter made up.)
   * @param {Pick<Opened, "mine" | "envelope" | "hash" | "failure"> & {parties?: Opened["parties"]}} message
   */
  see({ mine, envelope, hash, failure, parties = null }) {
    if (envelope === null || hash === null || failure === "elsewhere") return;
    const head = { counter: envelope.counter, hash };
    const counts = failure === null || (failure === "missing" && parties !== null);
    if (mine && (counts ? head.counter >= this.#mine.counter : head.counter === this.#mine.counter + 1)) this.#mine = head;
    if (failure !== null) return;
    // What one's own message names was opened in another browser, if not in this one.
    const theirs = mine ? { counter: envelope.seenCounter, hash: envelope.seen } : head;
    if (theirs.counter > this.#theirs.counter) this.#theirs = theirs;
    if (envelope.epoch > this.epoch) this.#newest = { keyId: envelope.keyId, epoch: envelope.epoch };
  }

  /**
   * @returns {{counter: number, previous: Bytes, seenCounter: number, seen: Bytes}} the fields of the next envelope
   */
  next() {
    const { counter, hash } = this.#mine;
    return { counter: counter + 1, previous: hash, seenCounter: this.#theirs.counter, seen: this.#theirs.hash };
  }

  /** The highest epoch that either has used, 0 before the first message. */
  get epoch() {
    return this.#newest?.epoch ?? 0;
  }

  /** The key of that epoch. */
  get newest() {
    return this.#newest;
  }
}
