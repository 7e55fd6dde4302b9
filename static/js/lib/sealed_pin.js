//# allFunctionsCalledOnLoad
/**
 * The pin of one contact, as the server keeps it: sealed, and replaced only by one that was made over it.
 *
 * @typedef {import("../crypto/pin.js").Seen} Seen
 */

import { fromBase64url, toBase64url, uuidOf } from "../crypto/bytes.js";
import { openPin, sealPin } from "../crypto/pin.js";

export class SealedPin {
  #owners;
  #post;
  /** @type {string | null} base64url */
  #text = null;

  /**
   * @param {object} setting
   * @param {import("./keystore.js").Account} setting.account the owner
   * @param {import("../crypto/bytes.js").Bytes} setting.contact 16 bytes
   * @param {(url: string, body: unknown) => Promise<unknown>} setting.post
   */
  constructor({ account, contact, post }) {
    this.#owners = { accountKey: account.accountKey, owner: account.userId, contact };
    this.#post = post;
  }

  /** Whether the server is known to have one. */
  get exists() {
    return this.#text !== null;
  }

  /**
   * Takes the one that the server shows.
   * @param {string} text base64url
   * @returns {Promise<Seen | null>} what it holds; null when it does not open
   */
  async open(text) {
    this.#text = text;
    try {
      return await openPin({ ...this.#owners, pin: fromBase64url(text) });
    } catch {
      return null;
    }
  }

  /**
   * Has the server keep what was seen. There must be a contact to keep it with.
   * @param {Seen} seen
   * @throws {import("./http.js").HttpError} `pin_changed`, `other_account`, `not_found`
   */
  async put(seen) {
    const { owner, contact } = this.#owners;
    const pin = toBase64url(await sealPin({ ...this.#owners, seen }));
    await this.#post(`/contacts/${uuidOf(contact)}/pin/`, { owner: uuidOf(owner), pin, replaces: this.#text });
    this.#text = pin;
  }
}
