//# allFunctionsCalledOnLoad
/**
 * What this browser has seen of a conversation's two lines of messages: so that the server can't take the end of it away again, nor go back to
 * a key that the two have left behind.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("./chain.js").Head} Head
 * @typedef {import("./keystore.js").Account} Account
 * @typedef {import("./keystore.js").Store} Store
 * @typedef {import("./opener.js").Opened} Opened
 *
 * @typedef {Head & {at: number}} SeenHead `at`: when this browser first opened it, in milliseconds since 1970
 *
 * @typedef {object} Heads kept for one conversation
 * @property {SeenHead | null} mine the message of one's own with the highest number of those that opened
 * @property {SeenHead | null} theirs the other person's
 * @property {{keyId: Bytes, epoch: number} | null} newest the key of the highest epoch that opened a message
 */

import { uuidOf } from "../crypto/bytes.js";

/** @type {Heads} */
const NOTHING = { mine: null, theirs: null, newest: null };

/**
 * Of two heads the higher one; of two with one number the one kept, which is the evidence against the other.
 * @param {SeenHead | null} kept
 * @param {SeenHead | null} head
 */
const higher = (kept, head) => (kept === null || (head !== null && head.counter > kept.counter) ? head : kept);

/**
 * @param {Heads | null} kept
 * @param {Heads} heads
 * @returns {Heads} what is known from both
 */
export function mergeHeads(kept, heads) {
  if (kept === null) return heads;
  const newest = (heads.newest?.epoch ?? 0) > (kept.newest?.epoch ?? 0) ? heads.newest : kept.newest;
  return { mine: higher(kept.mine, heads.mine), theirs: higher(kept.theirs, heads.theirs), newest };
}

/**
 * @param {Opened} message
 * @param {number} at
 * @returns {Heads}
 */
function headsOf({ mine, envelope, hash, failure }, at) {
  if (envelope === null || hash === null || failure !== null) return NOTHING;
  const head = { counter: envelope.counter, hash, at };
  return { mine: mine ? head : null, theirs: mine ? null : head, newest: { keyId: envelope.keyId, epoch: envelope.epoch } };
}

export class Memory {
  #owner;
  #peer;
  #store;
  #seen = NOTHING;
  #due = NOTHING;

  /**
   * @param {object} setting
   * @param {Account} setting.account
   * @param {Bytes} setting.peer the other person's id, 16 bytes
   * @param {Pick<Store, "getHeads" | "putHeads">} setting.store
   */
  constructor({ account, peer, store }) {
    this.#owner = account.userId;
    this.#peer = uuidOf(peer);
    this.#store = store;
  }

  /** All that was seen, in this tab or another. */
  get seen() {
    return this.#seen;
  }

  /** What the server's last answer must hold. */
  get due() {
    return this.#due;
  }

  /**
   * Reads what all tabs have seen up to now.
   * @returns {Promise<Heads>}
   */
  async read() {
    this.#seen = mergeHeads((await this.#store.getHeads(this.#peer)) ?? NOTHING, this.#seen);
    return this.#seen;
  }

  /**
   * The server has answered everything that it stores up to a time: so also what was seen before.
   * @param {Heads} heads what was seen then
   * @param {number} [asked] that time, in milliseconds since 1970, if some of it may have been seen later
   */
  expect({ mine, theirs, newest }, asked = Infinity) {
    const [own, other] = [mine, theirs].map((head) => (head !== null && head.at < asked ? head : null));
    this.#due = mergeHeads(this.#due, { mine: own ?? null, theirs: other ?? null, newest });
  }

  /**
   * Takes note of messages, and keeps the highest.
   * @param {Opened[]} messages in any order
   */
  async note(messages) {
    const now = Date.now();
    const before = this.#seen;
    this.#seen = messages.reduce((seen, message) => mergeHeads(seen, headsOf(message, now)), before);
    const same = before.mine === this.#seen.mine && before.theirs === this.#seen.theirs && before.newest === this.#seen.newest;
    if (!same) await this.#store.putHeads(this.#owner, this.#peer, this.#seen);
  }
}
