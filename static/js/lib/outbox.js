/**
 * The messages to one person that are not known to be stored yet, sealed in this browser (docs/protocol.md, section 8): whatever tab has taken
 * one up, any other goes on with it. The tabs tell each other.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/unsent.js").Entry & {messageId: Bytes}} Entry
 * @typedef {import("../crypto/unsent.js").Pair} Pair
 * @typedef {import("./unsent_store.js").Kept} Kept
 * @typedef {import("./unsent_store.js").UnsentStore} UnsentStore
 * @typedef {"kept" | "stored" | "dropped"} What `stored` on the server, or `dropped` by its writer
 */

import { idOf, uuidOf } from "../crypto/bytes.js";
import { decodeContent } from "../crypto/content.js";
import { ProtocolError } from "../crypto/errors.js";
import { openEntry, sealEntry } from "../crypto/unsent.js";

/**
 * @param {Bytes} bytes of an entry
 * @returns {import("../crypto/content.js").Content | null} null for what a newer version has written: it waits for one
 */
export function readContent(bytes) {
  try {
    const content = decodeContent(bytes);
    return content.kind === "unknown" ? null : content;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return null;
  }
}

export class Outbox {
  #pair;
  #peer;
  #name;
  #store;
  #turns;
  #draft;
  #channel;
  /** Whether what is kept as a draft may by now be a message, which could not be kept. */
  #behind = false;

  /**
   * @param {object} setting
   * @param {Pair} setting.pair
   * @param {string} setting.name the other person's username
   * @param {UnsentStore} setting.store
   * @param {import("./turns.js").Turns} setting.turns of all that is written for this conversation
   * @param {import("./draft.js").Draft | null} setting.draft kept together with every message, so that no text is both; null where none is typed
   * @param {Pick<BroadcastChannel, "postMessage" | "addEventListener">} setting.channel to the other tabs
   */
  constructor({ pair, name, store, turns, draft, channel }) {
    this.#pair = pair;
    this.#peer = uuidOf(pair.peer);
    this.#name = name;
    this.#store = store;
    this.#turns = turns;
    this.#draft = draft;
    this.#channel = channel;
  }

  /**
   * @returns {Promise<Entry[]>} what is kept, in order. What does not open is forgotten: it was sealed under keys that are gone
   */
  async entries() {
    const kept = await this.#list();
    const opened = await Promise.all(kept.map((one) => this.#open(one)));
    return opened.flatMap((entry) => entry ?? []).sort((one, other) => one.place - other.place);
  }

  /**
   * @param {Bytes} messageId 16 bytes
   * @returns {Promise<Entry | null>} as some tab has kept it last
   */
  async find(messageId) {
    const kept = await this.#list();
    const one = kept.find(({ id }) => id === uuidOf(messageId));
    return one === undefined ? null : this.#open(one);
  }

  /**
   * Keeps a message in the place of what was kept of it, and the draft of this moment.
   * @param {Omit<Entry, "name">} entry
   * @returns {Promise<void>} when it is on the disk; rejected when it cannot be kept
   */
  keep({ messageId, ...entry }) {
    const draft = this.#draftNow();
    return this.#turns.take(async () => {
      const sealed = await sealEntry(this.#pair, messageId, { ...entry, name: this.#name });
      this.#behind = true;
      await this.#store.write(this.#pair.owner, [this.#at(messageId, sealed), ...(await draft)]);
      this.#behind = false;
      if (entry.sealed === null) this.#tell("kept", messageId);
    });
  }

  /**
   * Forgets a message that is stored.
   * @param {Bytes} messageId 16 bytes
   * @returns {Promise<void>} when that is on the disk; rejected when it cannot be
   */
  drop(messageId) {
    const draft = this.#behind ? this.#draftNow() : [];
    return this.#turns.take(async () => {
      await this.#store.write(this.#pair.owner, [this.#at(messageId, null), ...(await draft)]);
      this.#behind = false;
      this.#tell("stored", messageId);
    });
  }

  /**
   * Forgets a message that becomes a draft again, and keeps that draft, in one: in no moment is the text neither, or both.
   * @param {Pick<import("./sender.js").Item, "messageId" | "kept">} item
   * @param {() => void} putBack has the draft take note of it, and no more
   * @returns {Promise<void>} when that is on the disk; rejected when it cannot be, and the message lies here
   */
  async giveBack({ messageId, kept }, putBack) {
    putBack();
    const draft = this.#draftNow();
    await this.#turns.take(async () => {
      try {
        await this.#store.write(this.#pair.owner, [this.#at(messageId, null), ...(await draft)]);
      } catch (error) {
        if (kept) throw error;
      }
      this.#tell("dropped", messageId);
    });
  }

  /**
   * Calls back when another tab has kept or forgotten a message to this person.
   * @param {(what: What, messageId: Bytes) => void} listener
   */
  onChange(listener) {
    this.#channel.addEventListener("message", ({ data: { what, owner, peer, id } }) => {
      if (owner === uuidOf(this.#pair.owner) && peer === this.#peer) listener(what, idOf(id));
    });
  }

  /** @returns {Promise<import("./unsent_store.js").Change[]>} */
  async #draftNow() {
    return this.#draft === null ? [] : [await this.#draft.change()];
  }

  /** What lies here once all that was to be written before is written. */
  #list() {
    return this.#turns.take(() => this.#store.list("outbox", this.#pair.owner, this.#peer));
  }

  /** @param {Kept} kept */
  async #open({ id, sealed }) {
    const messageId = idOf(id);
    try {
      return { messageId, ...(await openEntry(this.#pair, messageId, sealed)) };
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      await this.#turns.take(() => this.#store.write(this.#pair.owner, [this.#at(messageId, null)])).catch(() => undefined);
      return null;
    }
  }

  /**
   * @param {Bytes} messageId
   * @param {Bytes | null} sealed
   * @returns {import("./unsent_store.js").Change}
   */
  #at(messageId, sealed) {
    return { shelf: "outbox", peer: this.#peer, id: uuidOf(messageId), sealed };
  }

  /**
   * @param {What} what
   * @param {Bytes} messageId
   */
  #tell(what, messageId) {
    this.#channel.postMessage({ what, owner: uuidOf(this.#pair.owner), peer: this.#peer, id: uuidOf(messageId) });
  }
}
