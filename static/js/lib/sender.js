/**
 * Sends what was written: one message after another, in order, each sealed when its turn comes and tried again when the server asks for it.
 * Nothing written is dropped: what cannot be sent stays in the queue as `failed`.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/content.js").Content} Content
 * @typedef {import("./currentkey.js").SealingKey} SealingKey
 *
 * @typedef {object} Item
 * @property {Bytes} messageId 16 bytes, the same in every try
 * @property {Content} content what it says
 * @property {number} time milliseconds since 1970, when it was written
 * @property {"sending" | "sent" | "failed"} state
 * @property {string} reason a sentence, when it failed
 * @property {Bytes | null} sealed the envelope that was or will be posted
 *
 * @typedef {object} Stored a message as the server stores it
 * @property {number} seq
 * @property {number} at milliseconds since 1970, the server's clock
 * @property {string} envelope base64url
 */

import { equal, randomBytes, toBase64url } from "../crypto/bytes.js";
import { encodeContent } from "../crypto/content.js";
import { envelopeHash, parseEnvelope, sealMessage } from "../crypto/envelope.js";
import { HttpError } from "./http.js";

/** How often one message is sealed anew before it counts as failed. */
const MAX_RESEALS = 5;

/** How often one message is held back by the server's pace before it counts as failed, and how long, in seconds, it may be each time. */
const MAX_PAUSES = 10;
const LONGEST_PAUSE = 10;

/** What to do before the next try, by the server's refusal. */
const REMEDIES = new Map([
  ["key_gone", { newKey: true, catchUp: false }],
  ["key_worn", { newKey: true, catchUp: false }],
  ["stale_identity", { newKey: true, catchUp: false }],
  ["key_superseded", { newKey: true, catchUp: true }],
  ["counter_taken", { newKey: false, catchUp: true }],
]);

/**
 * How long the server asks to wait, because this person was too fast.
 * @param {unknown} error
 * @returns {number | null} seconds; null when it does not, or for longer than a message can stay on its way
 */
function pauseOf(error) {
  if (!(error instanceof HttpError) || error.code !== "slow_down") return null;
  const seconds = error.body.retry_after;
  return typeof seconds === "number" && seconds >= 0 && seconds <= LONGEST_PAUSE ? seconds : null;
}

/** @param {number} seconds */
const sleep = (seconds) => new Promise((resolve) => void setTimeout(resolve, 1000 * seconds));

/**
 * @param {unknown} error
 * @returns {string} a sentence for the person
 */
function reasonOf(error) {
  return error instanceof Error ? error.message : String(error);
}

export class Sender {
  #setting;
  /** @type {Item[]} not yet stored, in the order of writing */
  #queue = [];
  #draining = false;
  #drained = Promise.resolve();

  /**
   * @param {object} setting
   * @param {Bytes} setting.me 16 bytes
   * @param {Bytes} setting.peer 16 bytes
   * @param {import("./chain.js").Chain} setting.chain
   * @param {{current: () => Promise<SealingKey>, refuse: (keyId: Bytes) => void}} setting.keys
   * @param {(envelope: string) => Promise<{seq: number, at: number}>} setting.post
   * @param {() => Promise<void>} setting.prepare runs before every message's first try
   * @param {() => Promise<void>} setting.catchUp brings in what was stored meanwhile, so that the chain is at its end
   * @param {<T>(work: () => Promise<T>) => Promise<T>} setting.exclusive lets one tab of this person work at a time
   * @param {(item: Item) => void} setting.changed shows an item's new state
   * @param {(message: Stored) => void} setting.stored takes a message that the server has just stored
   * @param {(seconds: number) => Promise<unknown>} [setting.pause] waits
   */
  constructor(setting) {
    this.#setting = setting;
  }

  /**
   * @param {Content} content
   * @returns {Item} already in the queue
   */
  send(content) {
    /** @type {Item} */
    const item = { messageId: randomBytes(16), content, time: Date.now(), state: "sending", reason: "", sealed: null };
    this.#queue.push(item);
    this.retry();
    return item;
  }

  /** Sends everything in the queue, from its beginning. */
  retry() {
    for (const item of this.#queue) this.#set(item, "sending");
    if (!this.#draining) this.#drained = this.#drain();
  }

  /** Fulfilled when nothing is on its way: everything is stored, or has failed. */
  get drained() {
    return this.#drained;
  }

  /** What could not be sent. */
  get failed() {
    return this.#queue.filter(({ state }) => state === "failed").map(({ content }) => content);
  }

  /** Whether something is not stored yet. */
  get waiting() {
    return this.#queue.length > 0;
  }

  /**
   * Takes note that a message was found stored, though its answer may have been lost.
   * @param {Bytes} messageId 16 bytes
   */
  settle(messageId) {
    const item = this.#queue.find((candidate) => equal(candidate.messageId, messageId));
    if (item === undefined) return;
    this.#queue.splice(this.#queue.indexOf(item), 1);
    this.#set(item, "sent");
  }

  async #drain() {
    this.#draining = true;
    try {
      for (let item = this.#queue[0]; item !== undefined; item = this.#queue[0]) await this.#deliver(item);
    } catch (error) {
      for (const item of this.#queue) this.#set(item, "failed", reasonOf(error));
    } finally {
      this.#draining = false;
    }
  }

  /** @param {Item} item */
  async #deliver(item) {
    await this.#setting.prepare();
    await this.#setting.exclusive(async () => {
      for (let reseals = 0; this.#queue.includes(item); reseals++) {
        try {
          await this.#attemptInTime(item);
        } catch (error) {
          if (reseals === MAX_RESEALS) throw error;
          await this.#remedy(item, error);
        }
      }
    });
  }

  /**
   * Posts an item, and again whenever the server has asked to wait: the same bytes, and nothing before them.
   * @param {Item} item
   */
  async #attemptInTime(item) {
    const { pause = sleep } = this.#setting;
    for (let pauses = 0; this.#queue.includes(item); pauses++) {
      try {
        return await this.#attempt(item);
      } catch (error) {
        const seconds = pauses < MAX_PAUSES ? pauseOf(error) : null;
        if (seconds === null) throw error;
        await pause(seconds);
      }
    }
  }

  /**
   * Posts an item. After an answer that was lost, the very same bytes go again: had they been stored, the chain must go on from them.
   * @param {Item} item
   */
  async #attempt(item) {
    item.sealed ??= await this.#seal(item);
    const envelope = toBase64url(item.sealed);
    const receipt = await this.#setting.post(envelope);
    const hash = await envelopeHash(item.sealed);
    this.#setting.chain.see({ mine: true, envelope: parseEnvelope(item.sealed), hash, failure: null });
    this.settle(item.messageId);
    this.#setting.stored({ ...receipt, envelope });
  }

  /**
   * Makes the next try possible.
   * @param {Item} item
   * @param {unknown} error why the last one failed; thrown again when there is nothing to be done about it
   */
  async #remedy(item, error) {
    const remedy = error instanceof HttpError ? REMEDIES.get(error.code) : undefined;
    if (remedy === undefined || item.sealed === null) throw error;
    if (remedy.newKey) this.#setting.keys.refuse(parseEnvelope(item.sealed).keyId);
    item.sealed = null;
    if (remedy.catchUp) await this.#setting.catchUp();
  }

  /**
   * @param {Item} item
   * @returns {Promise<Bytes>}
   */
  async #seal({ messageId, content, time }) {
    const { me, peer, keys, chain } = this.#setting;
    // Before the key: what the message says it has seen must not be of a later epoch than its own.
    const place = chain.next();
    const key = await keys.current();
    return sealMessage({ ...key, sender: me, receiver: peer, messageId, ...place, time, lifetime: 0, content: encodeContent(content) });
  }

  /**
   * @param {Item} item
   * @param {Item["state"]} state
   * @param {string} [reason]
   */
  #set(item, state, reason = "") {
    item.state = state;
    item.reason = reason;
    this.#setting.changed(item);
  }
}
