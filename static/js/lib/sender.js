/**
 * Sends what was written: one message after another, in order, each kept in the outbox before it is tried, sealed when its turn comes and
 * tried again when the server asks for it. Nothing written is dropped: what cannot be sent stays in the queue as `failed`, and what another
 * tab, or this one before it was loaded anew, has left in the outbox is gone on with.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/content.js").Content} Content
 * @typedef {import("./currentkey.js").SealingKey} SealingKey
 * @typedef {import("./outbox.js").Entry} Entry
 *
 * @typedef {object} Item
 * @property {Bytes} messageId 16 bytes, the same in every try
 * @property {Content} content what it says
 * @property {number} lifetime seconds after which it disappears, 0 for never
 * @property {number} time milliseconds since 1970, when it was written
 * @property {number} place items go out in this order
 * @property {"sending" | "sent" | "failed" | "gone"} state `gone`: its writer has taken it back
 * @property {string} reason a sentence, when it failed
 * @property {Bytes | null} sealed the envelope that was or will be posted
 * @property {boolean | null} kept whether the outbox has it; null until that is known
 * @property {boolean} doubtful whether it may be stored although no answer has said so
 *
 * @typedef {object} Stored a message as the server stores it
 * @property {number} seq
 * @property {number} at milliseconds since 1970, the server's clock
 * @property {string} envelope base64url
 */

import { equal, randomBytes, toBase64url, uuidOf } from "../crypto/bytes.js";
import { encodeContent } from "../crypto/content.js";
import { envelopeHash, parseEnvelope, sealMessage } from "../crypto/envelope.js";
import { readContent } from "./outbox.js";
import { hasWrongClock, isRefusal, pauseOf, remedyFor } from "./remedies.js";
import { AccountGone } from "./unsent_store.js";

/** How often one message is sealed anew before it counts as failed. */
const MAX_RESEALS = 5;

/** How often one message is held back by the server's pace before it counts as failed. */
const MAX_PAUSES = 10;

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
  /** @type {Set<string>} the ids of messages found stored */
  #settled = new Set();
  #draining = false;
  /** Whether it was asked to try again while it was at it. */
  #again = false;
  #drained = Promise.resolve();

  /**
   * @param {object} setting
   * @param {Bytes} setting.me 16 bytes
   * @param {Bytes} setting.peer 16 bytes
   * @param {import("./chain.js").Chain} setting.chain
   * @param {Pick<import("./outbox.js").Outbox, "entries" | "find" | "keep" | "drop" | "giveBack" | "onChange">} setting.outbox
   * @param {{current: () => Promise<SealingKey>, refuse: (keyId: Bytes) => void}} setting.keys
   * @param {(envelope: string) => Promise<{seq: number, at: number}>} setting.post
   * @param {() => Promise<void>} setting.prepare runs before every message's first try
   * @param {() => Promise<void>} setting.catchUp brings in what was stored meanwhile, so that the chain is at its end
   * @param {<T>(work: () => Promise<T>) => Promise<T>} setting.exclusive lets one tab of this person work at a time
   * @param {(item: Item) => void} setting.changed shows an item's new state
   * @param {(message: Stored, item: Item) => void} setting.stored takes a message that the server has just stored
   * @param {() => number} [setting.lifetime] what the conversation's timer says, in seconds; 0 for never
   * @param {(seconds: number) => Promise<unknown>} [setting.pause] waits
   */
  constructor(setting) {
    this.#setting = setting;
    setting.outbox.onChange((what, messageId) => {
      if (what === "kept") void this.resume();
      else this.#release(messageId, what === "stored" ? "sent" : "gone");
    });
  }

  /**
   * @param {Content} content
   * @param {number} [lifetime] seconds after which it disappears, 0 for never; what is about another message has that one's
   * @returns {Item} already in the queue
   */
  send(content, lifetime = this.#timer()) {
    const time = Date.now();
    const place = Math.max(time, 1 + (this.#queue.at(-1)?.place ?? 0));
    /** @type {Item} */
    const item = { messageId: randomBytes(16), content, lifetime, time, place, state: "sending", reason: "", sealed: null, kept: null, doubtful: false };
    this.#queue.push(item);
    void this.#keep(item);
    this.#start();
    return item;
  }

  /**
   * Sends everything in the queue, from its beginning. What is just being tried is tried once more if it fails: it may have gone out before there
   * was a connection again.
   */
  retry() {
    this.#again = this.#draining;
    this.#start();
  }

  /** Goes on with what lies in the outbox: left by this tab before it was loaded anew, or by another. */
  async resume() {
    const entries = await this.#setting.outbox.entries().catch(() => []);
    for (const entry of entries) this.#adopt(entry);
    this.#queue.sort((one, other) => one.place - other.place);
    this.#start();
  }

  /**
   * Takes a message back that could not be sent; nothing when it turns out to be stored, or taken back already.
   * @param {Bytes} messageId 16 bytes
   * @param {(item: Item) => void} putBack makes a draft of it, which is kept in the moment in which the outbox lets it go
   * @returns {Promise<void>}
   * @throws {Error} when it cannot be found out whether it is stored, or the outbox does not let it go
   */
  takeBack(messageId, putBack) {
    return this.#setting.exclusive(async () => {
      const known = this.#find(messageId);
      if (known !== undefined) await this.#takeUp(known);
      if (this.#find(messageId)?.doubtful) await this.#setting.catchUp();
      const item = this.#find(messageId);
      if (item === undefined) return;
      await this.#setting.outbox.giveBack(item, () => putBack(item));
      this.#release(messageId, "gone");
    });
  }

  /** Fulfilled when nothing is on its way: everything is stored, or has failed. */
  get drained() {
    return this.#drained;
  }

  /** Whether something is not stored yet. */
  get waiting() {
    return this.#queue.length > 0;
  }

  /** Takes note that the outbox has gone, with all that lay in it: what is not sent is nowhere but here. */
  unkeep() {
    for (const item of this.#queue.filter(({ kept }) => kept === true)) {
      item.kept = false;
      this.#setting.changed(item);
    }
  }

  /** Keeps what could not be kept, if it can be by now. */
  async keepAgain() {
    await Promise.all(this.#queue.filter(({ kept }) => kept === false).map((item) => this.#keep(item)));
  }

  /** What is not stored yet, and would be lost with this page: nothing, once the outbox has it. */
  get unkept() {
    return this.#queue.filter(({ kept }) => kept !== true);
  }

  /**
   * Takes note that a message was found stored, though its answer may have been lost.
   * @param {Bytes} messageId 16 bytes
   * @returns {Promise<void>} when the outbox has forgotten it, or could not
   */
  async settle(messageId) {
    this.#settled.add(uuidOf(messageId));
    const item = this.#release(messageId, "sent");
    // What cannot be dropped now is dropped when it is found again, or is answered as stored.
    if (item !== null) await this.#setting.outbox.drop(messageId).catch(() => undefined);
  }

  /** What the conversation's timer says. */
  #timer() {
    return this.#setting.lifetime?.() ?? 0;
  }

  /** @param {Bytes} messageId */
  #find(messageId) {
    return this.#queue.find((item) => equal(item.messageId, messageId));
  }

  /**
   * Takes an item out of the queue.
   * @param {Bytes} messageId
   * @param {"sent" | "gone"} state
   */
  #release(messageId, state) {
    const item = this.#find(messageId);
    if (item === undefined) return null;
    this.#queue.splice(this.#queue.indexOf(item), 1);
    this.#set(item, state);
    return item;
  }

  /** @param {Entry} entry */
  #adopt({ messageId, content: bytes, time, lifetime, place, sealed }) {
    if (this.#settled.has(uuidOf(messageId))) return void this.#setting.outbox.drop(messageId).catch(() => undefined);
    const content = readContent(bytes);
    if (content === null || this.#find(messageId) !== undefined) return;
    this.#queue.push({ messageId, content, lifetime, time, place, state: "sending", reason: "", sealed, kept: true, doubtful: sealed !== null });
  }

  /**
   * Keeps an item as it is now. What cannot be kept is sent from memory.
   * @param {Item} item
   */
  async #keep(item) {
    const { messageId, content, time, lifetime, place, sealed } = item;
    try {
      await this.#setting.outbox.keep({ messageId, content: encodeContent(content), time, lifetime, place, sealed });
      item.kept = true;
    } catch {
      item.kept = false;
    }
    this.#setting.changed(item);
  }

  #start() {
    for (const item of this.#queue) this.#set(item, "sending");
    if (!this.#draining && this.waiting) this.#drained = this.#drain();
  }

  /** @returns {Promise<void>} */
  async #drain() {
    this.#draining = true;
    this.#again = false;
    try {
      for (let item = this.#queue[0]; item !== undefined; item = this.#queue[0]) await this.#deliver(item);
    } catch (error) {
      if (this.#again) return await this.#drain();
      for (const item of this.#queue) this.#set(item, "failed", reasonOf(error));
    } finally {
      this.#draining = false;
    }
  }

  /** @param {Item} item */
  async #deliver(item) {
    await this.#setting.prepare();
    await this.#setting.exclusive(async () => {
      await this.#takeUp(item);
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
   * Looks what another tab has done with an item meanwhile.
   * @param {Item} item
   */
  async #takeUp(item) {
    if (!item.kept) return;
    const entry = await this.#setting.outbox.find(item.messageId).catch((error) => {
      if (error instanceof AccountGone) this.unkeep();
      return item;
    });
    if (entry === null) return this.#giveUp(item);
    if (entry.sealed !== null && item.sealed === null) item.doubtful = true;
    item.sealed = entry.sealed;
  }

  /**
   * Leaves an item that is no longer in the outbox: another tab has sent it, or taken it back.
   * @param {Item} item
   */
  async #giveUp({ messageId }) {
    await this.#setting.catchUp();
    this.#release(messageId, "gone");
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
    if (item.sealed === null) {
      item.sealed = await this.#seal(item);
      await this.#keep(item);
    }
    const envelope = toBase64url(item.sealed);
    const receipt = await this.#post(item, envelope);
    const hash = await envelopeHash(item.sealed);
    this.#setting.chain.see({ mine: true, envelope: parseEnvelope(item.sealed), hash, failure: null });
    await this.settle(item.messageId);
    this.#setting.stored({ ...receipt, envelope }, item);
  }

  /**
   * @param {Item} item
   * @param {string} envelope base64url
   */
  async #post(item, envelope) {
    try {
      return await this.#setting.post(envelope);
    } catch (error) {
      item.doubtful ||= !isRefusal(error);
      throw error;
    }
  }

  /**
   * Makes the next try possible.
   * @param {Item} item
   * @param {unknown} error why the last one failed; thrown again when there is nothing to be done about it
   */
  async #remedy(item, error) {
    const remedy = remedyFor(error);
    if (remedy === null || item.sealed === null || hasWrongClock(error, item.sealed)) throw error;
    if (remedy.newKey) this.#setting.keys.refuse(parseEnvelope(item.sealed).keyId);
    item.sealed = null;
    if (remedy.catchUp) await this.#setting.catchUp();
  }

  /**
   * @param {Item} item
   * @returns {Promise<Bytes>}
   */
  async #seal({ messageId, content, lifetime, time: written }) {
    const { me, peer, keys, chain } = this.#setting;
    // Before the key: what the message says it has seen must not be of a later epoch than its own.
    const place = chain.next();
    const key = await keys.current();
    // What has waited for a connection would be over on arrival.
    const time = lifetime === 0 ? written : Date.now();
    return sealMessage({ ...key, sender: me, receiver: peer, messageId, ...place, time, lifetime, content: encodeContent(content) });
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
