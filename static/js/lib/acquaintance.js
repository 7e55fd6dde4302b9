/**
 * How this account stands to the other person of a conversation: no contact yet, asked for contact, or in contact.
 *
 * @typedef {object} Standing
 * @property {boolean} pending whether the other person has written first, and this one has not accepted yet
 */

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
   * @param {Standing | null} setting.contact null before the first message
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
    this.learn({ pending: false });
  }

  /**
   * Takes note of what was done here, in another tab, or in another browser.
   * @param {Standing} standing
   */
  learn({ pending }) {
    this.#contact = { pending };
    this.#changed();
  }

  /**
   * Takes note of a stored message, the first of which makes the contact. Answering accepts.
   * @param {boolean} mine
   * @throws {import("./http.js").HttpError}
   * @throws {import("./refusal.js").Refusal} when another browser has seen another identity of the person
   */
  async note(mine) {
    if (this.#contact === null) this.learn({ pending: !mine });
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
