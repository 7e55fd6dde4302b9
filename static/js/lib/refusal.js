//# allFunctionsCalledOnLoad
/**
 * Why this browser will not do something, though the server would let it:
 *
 * - `own_identity`: the server shows other keys for the person than the ones in this browser
 * - `no_identity`: the other person has no keys yet
 * - `key_changed`: the other person has newer keys than the ones seen before
 * - `rolled_back`: the server went back to an older identity of the other person, or broke its chain
 * - `pin`: what was kept of the other person's identity cannot be opened, or is withheld
 * - `other_person`: the person shown is not the one whose name is shown
 * - `new_person`: the person shown is not the one known by the same name
 * - `gone`: the other person has deleted the account, or no longer uses it
 * - `signed_out`: somebody else has signed in in this browser
 * - `key_missing`: an exchanged key that this browser does not have and the server does not show
 * - `key_untrusted`: an exchanged key that fails a check
 *
 * @typedef {"own_identity" | "no_identity" | "key_changed" | "rolled_back" | "pin" | "other_person" | "new_person" | "gone" | "signed_out" | "key_missing" | "key_untrusted"} RefusalCode
 */

import { HttpError } from "./http.js";

export class Refusal extends Error {
  /**
   * @param {RefusalCode} code stable, for programs
   * @param {string} message a sentence for the person
   * @param {{compareAt?: string | null}} [question] `compareAt`: the page where the two can compare their safety number first, of
   *   somebody who had been verified
   */
  constructor(code, message, { compareAt = null } = {}) {
    super(message);
    this.name = "Refusal";
    /** @type {RefusalCode} */
    this.code = code;
    this.compareAt = compareAt;
  }

  /** Whether it is a question, which the person may answer with *Continue*. */
  get asks() {
    return this.code === "key_changed" || this.code === "new_person";
  }
}

/** Carries out work that may be refused: the first refusal is shown, and from then on nothing is sent. */
export class Guard {
  #show;
  /** @type {Refusal | null} */
  #refused = null;

  /** @param {(refusal: Refusal) => void} show */
  constructor(show) {
    this.#show = show;
  }

  /** @throws {Refusal} the first one, if there was one */
  check() {
    if (this.#refused !== null) throw this.#refused;
  }

  /** The person has answered what was asked. */
  reset() {
    this.#refused = null;
  }

  /**
   * Shows a refusal, whoever else handles it.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async refusing(work) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Refusal) this.#show((this.#refused ??= error));
      throw error;
    }
  }

  /**
   * Does what nobody waits for. When the server cannot be reached, the next catching up makes up for it.
   * @param {() => Promise<void>} work
   */
  async inBackground(work) {
    try {
      await this.refusing(work);
    } catch (error) {
      if (!(error instanceof HttpError) && !(error instanceof Refusal)) throw error;
    }
  }
}
