/** A browser's store of what is not sent yet, in memory. */

import { uuidOf } from "../../../static/js/crypto/bytes.js";
import { AccountGone } from "../../../static/js/lib/unsent_store.js";

/** @typedef {import("../../../static/js/crypto/bytes.js").Bytes} Bytes */
/** @typedef {import("../../../static/js/lib/unsent_store.js").Shelf} Shelf */

/**
 * What stands in a field in which this was typed.
 * @param {string} text
 * @param {Partial<import("../../../static/js/crypto/unsent.js").Composed>} [about]
 * @returns {import("../../../static/js/crypto/unsent.js").Composed}
 */
export const typed = (text, about = {}) => ({ text, reply: null, edit: null, ...about });

export class Shelves {
  /** @type {Map<string, import("../../../static/js/lib/unsent_store.js").Kept>} by shelf, owner, peer and id */
  kept = new Map();
  /** Whether everything asked of it fails. */
  broken = false;
  /** Whether nobody is signed in in this browser any more. */
  left = false;
  /** Whether there is no room for anything more. */
  full = false;
  /** @type {Shelves["kept"][]} what lay here after each write, and so what a crash then would leave */
  moments = [];

  /**
   * @param {Shelf} shelf
   * @param {Bytes} owner
   * @param {string} [peer]
   */
  async list(shelf, owner, peer) {
    this.#check();
    if (this.left) throw new AccountGone("nobody is signed in");
    const prefix = [shelf, uuidOf(owner), ...(peer === undefined ? [] : [peer])].join(" ");
    return [...this.kept].filter(([key]) => key.startsWith(`${prefix} `)).map(([, kept]) => kept);
  }

  /**
   * @param {Bytes} owner
   * @param {import("../../../static/js/lib/unsent_store.js").Change[]} changes
   */
  async write(owner, changes) {
    this.#check();
    if (this.left) throw new DOMException("nobody is signed in", "AbortError");
    if (this.full && changes.some(({ sealed }) => sealed !== null)) throw new DOMException("full", "QuotaExceededError");
    for (const { shelf, peer, id, sealed } of changes) {
      const key = [shelf, uuidOf(owner), peer, id].join(" ");
      if (sealed === null) this.kept.delete(key);
      else this.kept.set(key, { peer, id, sealed });
    }
    this.moments.push(new Map(this.kept));
  }

  /** The browser drops everything, and who was signed in is not any more. */
  drop() {
    this.kept = new Map();
    this.left = true;
  }

  /** Everything that lies here, as a text that shows what could be read. */
  get readable() {
    return [...this.kept.values()].map(({ sealed }) => new TextDecoder("latin1").decode(sealed)).join("");
  }

  #check() {
    if (this.broken) throw new DOMException("full", "QuotaExceededError");
  }
}

/** What the tabs of one browser say to each other: everybody hears it but who says it. */
export class Air {
  /** @type {Map<object, ((event: any) => void)[]>} */
  #listeners = new Map();

  /** @returns {any} a channel of one tab's */
  channel() {
    const channel = {
      postMessage: (/** @type {unknown} */ data) => {
        for (const [other, heard] of this.#listeners) if (other !== channel) for (const listener of heard) listener({ data });
      },
      addEventListener: (/** @type {string} */ _type, /** @type {(event: any) => void} */ listener) =>
        void this.#listeners.get(channel)?.push(listener),
    };
    this.#listeners.set(channel, []);
    return channel;
  }
}
