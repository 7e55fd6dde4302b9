//# allFunctionsCalledOnLoad
/** Carries out work that may be refused: the first refusal is shown, and from then on nothing is sent. */

import { HttpError } from "./http.js";
import { Refusal } from "./refusal.js";

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
