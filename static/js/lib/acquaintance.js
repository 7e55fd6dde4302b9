/** How this account stands to the other person of a conversation: no contact yet, asked for contact, or in contact. */

import { postJson } from "./http.js";

export class Acquaintance {
  #peer;
  #contact;
  #pins;
  #changed;
  #post;

  /**
   * @param {object} setting
   * @param {string} setting.peer the other person's id, as a UUID
   * @param {{pending: boolean} | null} setting.contact null before the first message
   * @param {import("./pins.js").Pins} setting.pins kept as soon as there is a contact
   * @param {() => void} setting.changed called when `pending` may have changed
   * @param {(url: string, body: unknown) => Promise<unknown>} [setting.post]
   */
  constructor({ peer, contact, pins, changed, post = postJson }) {
    this.#peer = peer;
    this.#contact = contact && { pending: contact.pending };
    this.#pins = pins;
    this.#changed = changed;
    this.#post = post;
  }

  /** Whether something has been written between the two. */
  get begun() {
    return this.#contact !== null;
  }

  /** Whether the other person has written first, and this one has not accepted yet. */
  get pending() {
    return this.#contact?.pending ?? false;
  }

  /**
   * Accepts, if there is something to accept.
   * @throws {import("./http.js").HttpError}
   */
  async accept() {
    if (!this.pending) return;
    await this.#post(`/contacts/${this.#peer}/accept/`, {});
    this.#contact = { pending: false };
    this.#changed();
  }

  /**
   * Takes note of a stored message, the first of which makes the contact. Answering accepts.
   * @param {boolean} mine
   * @throws {import("./http.js").HttpError}
   * @throws {import("./refusal.js").Refusal} when another browser has seen another identity of the person
   */
  async note(mine) {
    if (this.#contact === null) {
      this.#contact = { pending: !mine };
      this.#changed();
    }
    if (mine) await this.accept();
    await this.keepPin();
  }

  /**
   * @throws {import("./http.js").HttpError}
   * @throws {import("./refusal.js").Refusal}
   */
  async keepPin() {
    if (this.#contact !== null) await this.#pins.keep();
  }
}
