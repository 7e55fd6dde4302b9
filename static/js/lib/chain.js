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
   * Takes note of a stored message, in any order. Those that opened count. One's own counts without being opened if it is the very next
   * one: the server accepts no second message under its counter, even when its key is lost. (Anything else could be a counter made up.)
   * @param {Pick<Opened, "mine" | "envelope" | "hash" | "failure">} message
   */
  see({ mine, envelope, hash, failure }) {
    if (envelope === null || hash === null || failure === "elsewhere") return;
    const head = { counter: envelope.counter, hash };
    if (mine && (failure === null ? head.counter >= this.#mine.counter : head.counter === this.#mine.counter + 1)) this.#mine = head;
    if (failure !== null) return;
    if (!mine && head.counter > this.#theirs.counter) this.#theirs = head;
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
