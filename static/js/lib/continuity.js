//# allFunctionsCalledOnLoad
/**
 * Whether the messages on the page are what their senders have sent: each counts its own messages, names the one before, and names what it has
 * seen of the other side (docs/protocol.md, section 5), so that a server that repeats, leaves out, exchanges or cuts off some is noticed. And
 * whether each is under a key that its sender could still use ("Epochs", there).
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/envelope.js").Header} Header
 * @typedef {import("./chain.js").Head} Head
 * @typedef {import("./notes.js").Note} Note
 * @typedef {import("./opener.js").Opened} Opened
 *
 * @typedef {object} Known what is known of one sender's messages besides those on the page
 * @property {Opened | null} before their newest, if it lies before the page
 * @property {Head | null} seen the highest that this browser has opened, now or before
 * @property {Head | null} due the highest that the server must show by now
 * @property {import("./feed.js").Run[]} [withheld] the numbers that the server says this account does not get, because it blocked the sender
 */

import { nameOf } from "../crypto/bytes.js";
import { Notes } from "./notes.js";

/** @type {Head} */
const BEGINNING = { counter: 0, hash: new Uint8Array(32) };

/**
 * Which messages are there already, byte for byte.
 * @param {Opened[]} history as the server orders it
 * @returns {boolean[]} one for each
 */
export function repeatsIn(history) {
  const hashes = new Set();
  return history.map(({ hash, failure }) => {
    if (hash === null || failure === "elsewhere") return false;
    const before = hashes.size;
    return hashes.add(nameOf(hash)).size === before;
  });
}

/**
 * @param {import("./feed.js").Run[]} runs that do not overlap
 * @param {number} after
 * @param {number} upTo
 * @returns {number} how many of the numbers after one, up to another, are in them
 */
export function countIn(runs, after, upTo) {
  const counts = runs.map(([first, last]) => Math.min(last, upTo) - Math.max(first, after + 1) + 1);
  return counts.reduce((sum, count) => sum + Math.max(count, 0), 0);
}

/** One sender's messages, in the order in which they were written. */
class Line {
  #notes;
  #known;
  /** @type {number | null} the highest number on the page so far; null while it is not known where the page begins */
  #head = null;
  /** @type {number | null} up to which number the messages are there, or were said to be missing */
  #reach = null;
  /** @type {Map<number, {hash: string, shown: boolean}>} by number; `shown`: on the page, and not only known of */
  #hashes = new Map();
  /** @type {Set<string>} of all on the page, also of those that do not open */
  #shown = new Set();
  /** @type {Set<string>} message ids */
  #ids = new Set();
  /** The highest number of the other side's that this sender has seen, and the keys that the sender had then. */
  #seen = { counter: 0, keys: "" };

  /**
   * @param {Notes} notes
   * @param {Known} known
   * @param {boolean} complete whether the page begins with the conversation's first message
   */
  constructor(notes, known, complete) {
    this.#notes = notes;
    this.#known = known;
    if (known.seen !== null) this.#hashes.set(known.seen.counter, { hash: nameOf(known.seen.hash), shown: false });
    if (complete) this.#advance(BEGINNING);
    else this.#startAfter(known.before);
  }

  /** @param {Opened | null} message */
  #startAfter(message) {
    if (message === null || message.envelope === null || message.hash === null) return;
    this.#shown.add(nameOf(message.hash));
    if (message.failure === null) this.#advance({ counter: message.envelope.counter, hash: message.hash });
  }

  /**
   * @param {Header} envelope
   * @param {Bytes} hash
   * @param {string | null} keys the sender's, by their fingerprint; null when it does not open. Then it may be made up: it claims nothing, and
   *   takes no place but the very next
   * @returns {Note[]}
   */
  take(envelope, hash, keys) {
    const { counter, messageId } = envelope;
    this.#shown.add(nameOf(hash));
    if (keys === null) {
      if (this.#head !== null && counter === this.#head + 1) this.#advance({ counter, hash });
      return [];
    }
    const notes = [...this.#doubts(envelope, nameOf(hash)), ...this.#gap(envelope), ...this.#memory(envelope, keys)];
    this.#ids.add(nameOf(messageId));
    this.#advance({ counter, hash });
    return notes;
  }

  /**
   * Takes note of what the other side says it has seen of this line.
   * @param {Header} envelope of the other side's
   * @returns {Note[]}
   */
  name({ seenCounter: counter, seen }) {
    const hash = nameOf(seen);
    const known = this.#hashes.get(counter);
    if (counter === 0) return [];
    if (known !== undefined && known.hash !== hash) return [this.#notes.answered()];
    this.#hashes.set(counter, { hash, shown: known?.shown ?? false });
    if (this.#reach === null || counter <= this.#reach) return [];
    const missing = this.#missing(this.#reach, counter);
    this.#reach = counter;
    return missing;
  }

  /** @returns {Note[]} what is to be said at the end of the history */
  end() {
    const { due } = this.#known;
    if (due === null || this.#shown.has(nameOf(due.hash))) return [];
    const count = due.counter - (this.#reach ?? 0);
    return count > 0 ? [this.#notes.cutOff(count)] : [];
  }

  /**
   * What is to be said of messages that are not there.
   * @param {number} after
   * @param {number} upTo
   */
  #missing(after, upTo) {
    const withheld = Math.min(countIn(this.#known.withheld ?? [], after, upTo), Math.max(upTo - after, 0));
    const missing = upTo - after - withheld;
    return [...(withheld > 0 ? [this.#notes.withheld(withheld)] : []), ...(missing > 0 ? [this.#notes.missing(missing)] : [])];
  }

  /** @param {Head} head */
  #advance({ counter, hash }) {
    this.#hashes.set(counter, { hash: nameOf(hash), shown: true });
    this.#head = Math.max(this.#head ?? 0, counter);
    this.#reach = Math.max(this.#reach ?? 0, counter);
  }

  /**
   * @param {Header} envelope
   * @param {string} hash
   */
  #doubts({ counter, messageId }, hash) {
    const known = this.#hashes.get(counter);
    if (this.#ids.has(nameOf(messageId))) return [this.#notes.twice()];
    if (known === undefined || known.hash === hash) return [];
    return [known.shown ? this.#notes.twice() : this.#notes.exchanged()];
  }

  /** @param {Header} envelope */
  #gap({ counter, previous }) {
    const missing = this.#reach === null ? [] : this.#missing(this.#reach, counter - 1);
    if (missing.length > 0) return missing;
    if (this.#head !== null && counter < this.#head && !this.#hashes.has(counter)) return [this.#notes.misplaced()];
    const before = this.#hashes.get(counter - 1);
    return before === undefined || before.hash === nameOf(previous) ? [] : [this.#notes.detached()];
  }

  /**
   * @param {Header} envelope
   * @param {string} keys
   */
  #memory({ seenCounter }, keys) {
    // Who has started over with new keys opens nothing of what came before.
    const before = this.#seen.keys === keys ? this.#seen.counter : 0;
    this.#seen = { counter: Math.max(before, seenCounter), keys };
    return seenCounter < before ? [this.#notes.forgetful()] : [];
  }
}

/**
 * @param {Opened} message
 * @returns {message is Opened & {envelope: Header, hash: Bytes}}
 */
const isOpen = (message) => message.failure === null && message.envelope !== null && message.hash !== null;

/**
 * The messages under an epoch that their sender had left behind, in a message with a lower number, or had seen left behind, in the one that
 * they name as seen. What does not open may be made up, and counts for nothing.
 * @param {Opened[]} history in any order
 * @returns {Set<Opened>}
 */
function outdated(history) {
  const opened = history.filter(isOpen);
  /** @type {Map<string, number>} */
  const epochs = new Map();
  for (const { envelope, hash } of opened) epochs.set(nameOf(hash), envelope.epoch);
  const reached = { true: 0, false: 0 };
  const found = new Set();
  for (const message of opened.sort((one, other) => one.envelope.counter - other.envelope.counter)) {
    const { mine, envelope } = message;
    const before = Math.max(reached[`${mine}`], epochs.get(nameOf(envelope.seen)) ?? 0);
    if (envelope.epoch < before) found.add(message);
    reached[`${mine}`] = Math.max(reached[`${mine}`], envelope.epoch);
  }
  return found;
}

/**
 * The keys that a message was sealed with, by the fingerprint of their owner's.
 * @param {Opened} message
 */
function keysOf({ mine, failure, parties }) {
  if (failure !== null) return null;
  return (mine ? parties?.own : parties?.peer) ?? "";
}

/**
 * @param {Opened[]} history in the order in which it was written (see order.js), nothing twice
 * @param {object} setting
 * @param {string} setting.name the other person's
 * @param {boolean} setting.complete whether it begins with the conversation's first message
 * @param {Known} setting.mine
 * @param {Known} setting.theirs
 * @returns {{notes: Note[][], end: Note[]}} what is to be said before each, and at the end
 */
export function examine(history, { name, complete, ...known }) {
  const sides = { mine: new Notes(name, true), theirs: new Notes(name, false) };
  const mine = new Line(sides.mine, known.mine, complete);
  const theirs = new Line(sides.theirs, known.theirs, complete);
  const late = outdated(history);
  const notes = history.map((message) => {
    const { envelope, hash, failure } = message;
    if (envelope === null || hash === null || failure === "elsewhere") return [];
    const [own, other] = message.mine ? [mine, theirs] : [theirs, mine];
    const named = failure === null ? other.name(envelope) : [];
    const old = late.has(message) ? [(message.mine ? sides.mine : sides.theirs).outdated()] : [];
    return [...named, ...own.take(envelope, hash, keysOf(message)), ...old];
  });
  return { notes, end: [...theirs.end(), ...mine.end()] };
}
