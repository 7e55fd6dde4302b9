/**
 * What was typed to somebody and not sent. It stays with the tab, sealed under the account key (docs/protocol.md, A draft): it outlives a
 * lock, and opens when the same person has signed in again.
 */

import { NONCE_BYTES, open, seal } from "../crypto/aead.js";
import { concat, fromBase64url, fromUtf8, label, toBase64url, utf8, uuidOf } from "../crypto/bytes.js";
import { ProtocolError } from "../crypto/errors.js";
import { SUITE } from "../crypto/objects.js";

/** @typedef {import("../crypto/bytes.js").Bytes} Bytes */

const PREFIX = "sotto-draft ";

export class Draft {
  #key;
  #associated;
  #name;
  /** Counts what was to be kept: of two at once the later one stays. */
  #turn = 0;

  /**
   * @param {object} whose
   * @param {CryptoKey} whose.accountKey the writer's
   * @param {Bytes} whose.owner the writer's id, 16 bytes
   * @param {Bytes} whose.peer the other person's id, 16 bytes
   */
  constructor({ accountKey, owner, peer }) {
    this.#key = accountKey;
    this.#associated = concat(label("sotto/1 draft"), Uint8Array.of(SUITE), owner, peer);
    this.#name = PREFIX + uuidOf(peer);
  }

  /**
   * Keeps a text in the place of the one before; nothing for the empty text.
   * @param {string} text
   */
  async keep(text) {
    const turn = ++this.#turn;
    if (text === "") return sessionStorage.removeItem(this.#name);
    const { nonce, ciphertext } = await seal(this.#key, utf8(text), this.#associated);
    if (turn === this.#turn) sessionStorage.setItem(this.#name, toBase64url(concat(nonce, ciphertext)));
  }

  /**
   * @returns {Promise<string>} what was kept last, empty for nothing. What does not open is somebody else's, and is forgotten
   */
  async find() {
    const kept = sessionStorage.getItem(this.#name);
    if (kept === null) return "";
    try {
      const bytes = fromBase64url(kept);
      const box = { nonce: bytes.slice(0, NONCE_BYTES), ciphertext: bytes.slice(NONCE_BYTES) };
      return fromUtf8(await open(this.#key, box, this.#associated));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      sessionStorage.removeItem(this.#name);
      return "";
    }
  }
}

/** Forgets every draft of this tab. */
export function forgetDrafts() {
  for (const name of Object.keys(sessionStorage)) if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
}
