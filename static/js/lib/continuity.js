/**
 * Whether the messages on the page are what their senders have sent: each counts its own messages and names the one before (docs/protocol.md,
 * section 5), so that a server that repeats, leaves out, exchanges or reorders some is noticed. And whether each is under a key that its
 * sender could still use ("Epochs", there).
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/envelope.js").Envelope} Envelope
 * @typedef {import("./opener.js").Opened} Opened
 *
 * @typedef {object} Finding
 * @property {boolean} repeated whether the message is on the page already
 * @property {string} words a sentence for the person, to be read before the message; empty when nothing is wrong
 */

import { equal, toBase64url, uuidOf } from "../crypto/bytes.js";

const TWICE = "The next message carries the same number as another one of its sender.";
const MISPLACED = "The next message is not where its sender sent it: an earlier one comes later.";
const DETACHED = "The next message was not written after the one that stands before it here.";
const OUTDATED = "The next message is locked with an old key, though its sender knew a newer one.";

/** @param {number} count */
const missing = (count) => (count === 1 ? "1 message is missing here." : `${count} messages are missing here.`);

/** One sender's messages, in the order of the page. */
class Line {
  /** @type {{counter: number, hash: Bytes} | null} the highest so far */
  #head;
  /** @type {Set<string>} */
  #hashes = new Set();
  /** @type {Set<string>} */
  #ids = new Set();
  /** @type {Set<number>} */
  #counters = new Set();

  /** @param {boolean} complete whether it begins with the first message */
  constructor(complete) {
    this.#head = complete ? { counter: 0, hash: new Uint8Array(32) } : null;
  }

  /**
   * @param {Envelope} envelope
   * @param {Bytes} hash
   * @param {boolean} opens what does not open may be made up: it claims no message id, and no number but the very next
   * @returns {Finding}
   */
  take(envelope, hash, opens) {
    const id = uuidOf(envelope.messageId);
    const repeated = !this.#isNew(hash) || (opens && this.#ids.has(id));
    const next = this.#head !== null && envelope.counter === this.#head.counter + 1;
    if (repeated || !(opens || next)) return { repeated, words: "" };
    const words = opens ? this.#words(envelope) : "";
    if (opens) this.#ids.add(id);
    this.#counters.add(envelope.counter);
    if (this.#head === null || envelope.counter > this.#head.counter) this.#head = { counter: envelope.counter, hash };
    return { repeated, words };
  }

  /** @param {Bytes} hash */
  #isNew(hash) {
    const before = this.#hashes.size;
    return this.#hashes.add(toBase64url(hash)).size > before;
  }

  /** @param {Envelope} envelope */
  #words({ counter, previous }) {
    if (this.#counters.has(counter)) return TWICE;
    if (this.#head === null) return "";
    if (counter < this.#head.counter) return MISPLACED;
    if (counter > this.#head.counter + 1) return missing(counter - this.#head.counter - 1);
    return equal(previous, this.#head.hash) ? "" : DETACHED;
  }
}

/**
 * The messages under an epoch that their sender had left behind, in a message with a lower number, or had seen left behind, in the one that
 * they name as seen. What does not open may be made up, and counts for nothing.
 * @param {Opened[]} history in any order
 * @returns {Set<Opened>}
 */
function outdated(history) {
  const opened = history.flatMap((message) => {
    const { mine, envelope, hash, failure } = message;
    return failure === null && envelope !== null && hash !== null ? [{ message, mine, envelope, hash }] : [];
  });
  const epochs = new Map(opened.map(({ envelope, hash }) => [toBase64url(hash), envelope.epoch]));
  const reached = { true: 0, false: 0 };
  const found = new Set();
  for (const { message, mine, envelope } of opened.sort((one, other) => one.envelope.counter - other.envelope.counter)) {
    const before = Math.max(reached[`${mine}`], epochs.get(toBase64url(envelope.seen)) ?? 0);
    if (envelope.epoch < before) found.add(message);
    reached[`${mine}`] = Math.max(reached[`${mine}`], envelope.epoch);
  }
  return found;
}

/**
 * @param {Opened[]} history oldest first, as the server orders it
 * @param {boolean} complete whether it begins with the conversation's first message
 * @returns {Finding[]} one for each
 */
export function examine(history, complete) {
  const [mine, theirs] = [new Line(complete), new Line(complete)];
  const late = outdated(history);
  return history.map((message) => {
    const { mine: own, envelope, hash, failure } = message;
    if (envelope === null || hash === null || failure === "elsewhere") return { repeated: false, words: "" };
    const { repeated, words } = (own ? mine : theirs).take(envelope, hash, failure === null);
    return { repeated, words: [words, late.has(message) ? OUTDATED : ""].filter(Boolean).join(" ") };
  });
}
