/**
 * How this account stands to the other person of a conversation: no contact yet, asked for contact, in contact; or in none that is wished.
 *
 * @typedef {object} Standing
 * @property {boolean} pending whether the other person has written first, and this one has not accepted yet
 * @property {boolean} removed whether they are out of the contacts until the next message between the two
 * @property {boolean} blocked whether this one blocks them
 */

import { HttpError, postJson } from "./http.js";
import { inSession } from "./live.js";

/** @type {Standing} */
const WELCOME = { pending: false, removed: false, blocked: false };

const FLAGS = /** @type {const} */ (["pending", "removed", "blocked"]);

export class Acquaintance {
  #peer;
  /** @type {Standing | null} */
  #contact;
  #pins;
  #changed;
  #post;
  #look;
  /** How often something was learnt. */
  #learnt = 0;

  /**
   * @param {object} setting
   * @param {string} setting.peer the other person's id, as a UUID
   * @param {Standing | null} setting.contact null before the first message
   * @param {import("./pins.js").Pins} setting.pins kept as soon as there is a contact
   * @param {() => void} setting.changed called when `pending` may have changed
   * @param {(url: string, body: unknown) => Promise<unknown>} [setting.post]
   * @param {() => Promise<void>} [setting.look] looks whether the session is over
   */
  constructor({ peer, contact, pins, changed, post = postJson, look }) {
    this.#peer = peer;
    this.#contact = contact;
    this.#pins = pins;
    this.#changed = changed;
    this.#post = post;
    this.#look = look;
  }

  /** Whether something has been written between the two. */
  get begun() {
    return this.#contact !== null;
  }

  /** Whether the other person has written first, and this one has not accepted yet. */
  get pending() {
    return this.#contact?.pending ?? false;
  }

  /** Whether the other person asks to be accepted, by something that is there to be read. */
  get asks() {
    return this.#contact !== null && this.#contact.pending && !this.#contact.removed && !this.#contact.blocked;
  }

  /** Whether this account blocks the other person. */
  get blocked() {
    return this.#contact?.blocked ?? false;
  }

  /**
   * Accepts, if there is something to accept.
   * @throws {import("./http.js").HttpError}
   */
  async accept() {
    if (!this.pending) return;
    await this.#do("accept");
    this.learn({ ...WELCOME, ...this.#contact, pending: false });
  }

  /**
   * Blocks the other person, or lets them through again.
   * @param {boolean} blocked
   * @throws {import("./http.js").HttpError}
   */
  async block(blocked) {
    await this.#do(blocked ? "block" : "unblock");
    this.learn({ ...WELCOME, ...this.#contact, blocked });
  }

  /** @param {"accept" | "block" | "unblock"} verb */
  #do(verb) {
    return inSession(() => this.#post(`/contacts/${this.#peer}/${verb}/`, {}), this.#look);
  }

  /**
   * Takes note of what the server has refused: another browser of this account may have blocked the other person.
   * @param {unknown} error
   */
  noteRefusal(error) {
    if (error instanceof HttpError && error.code === "blocked_by_you") this.learn({ ...WELCOME, ...this.#contact, blocked: true });
  }

  /**
   * Takes note of what was done here, in another tab, or in another browser.
   * @param {Standing} standing
   */
  learn({ pending, removed, blocked }) {
    this.#learnt += 1;
    this.#contact = { pending, removed, blocked };
    this.#changed();
  }

  /**
   * The server is being asked for something that says how the two stand, too.
   * @returns {(standing: Standing) => void} takes note of that; unless something else was learnt meanwhile, which is later than the answer may be
   */
  asking() {
    const before = this.#learnt;
    return (standing) => {
      const known = this.#contact;
      const differs = known === null || FLAGS.some((flag) => known[flag] !== standing[flag]);
      if (differs && this.#learnt === before) this.learn(standing);
    };
  }

  /**
   * Takes note of a stored message, the first of which makes the contact. Answering accepts.
   * @param {boolean} mine
   * @throws {import("./http.js").HttpError}
   * @throws {import("./refusal.js").Refusal} when another browser has seen another identity of the person
   */
  async note(mine) {
    if (this.#contact === null) this.learn({ ...WELCOME, pending: !mine });
    else if (this.#contact.removed) this.learn({ ...this.#contact, removed: false });
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
