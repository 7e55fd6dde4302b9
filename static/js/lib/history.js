/**
 * Loads older messages when the reader comes near the beginning of the history.
 *
 * @typedef {import("./feed.js").HistoryPage} HistoryPage
 */

import { HttpError } from "./http.js";

/** How far above what is seen, in pixels, loading begins. */
const AHEAD = 600;

export class OlderMessages {
  #log;
  #button;
  #load;
  #take;
  #before;
  /** @type {Promise<boolean> | null} */
  #loading = null;

  /**
   * @param {object} setting
   * @param {HTMLElement} setting.log scrolls
   * @param {HTMLButtonElement} setting.button stands at the beginning of the history; also loads when pressed
   * @param {number} setting.first the lowest `seq` on the page, 0 for none
   * @param {(before: number) => Promise<HistoryPage>} setting.load
   * @param {(page: HistoryPage) => Promise<void>} setting.take shows messages that precede the first
   */
  constructor({ log, button, first, load, take }) {
    this.#log = log;
    this.#button = button;
    this.#before = first;
    this.#load = load;
    this.#take = take;
    button.hidden = first <= 1;
    button.addEventListener("click", () => this.#fill());
    new IntersectionObserver(([entry]) => entry?.isIntersecting && this.#fill(), { root: log, rootMargin: `${AHEAD}px 0px 0px` }).observe(button);
  }

  /** Whether nothing is left to be loaded. */
  get done() {
    return this.#button.hidden !== false;
  }

  /**
   * Loads one page; the same one, when it is on its way already.
   * @returns {Promise<boolean>} false when the server did not answer, or nothing is left
   */
  async page() {
    if (this.done) return false;
    this.#loading ??= this.#loadBusily();
    return this.#loading;
  }

  /** Loads until there is enough above what is seen. */
  async #fill() {
    while ((await this.page()) && this.#log.scrollTop < AHEAD);
  }

  async #loadBusily() {
    this.#log.ariaBusy = "true";
    const answered = await this.#loadPage();
    this.#loading = null;
    this.#log.ariaBusy = "false";
    return answered;
  }

  /** @returns {Promise<boolean>} false when the server did not answer: the button stays */
  async #loadPage() {
    try {
      const page = await this.#load(this.#before);
      const first = page.messages[0]?.seq ?? this.#before;
      // A server that goes on without going back is not asked for ever.
      const more = page.more && first < this.#before;
      await this.#take({ ...page, more });
      this.#before = first;
      if (!more && document.activeElement === this.#button) this.#log.focus({ preventScroll: true });
      this.#button.hidden = !more;
      return true;
    } catch (error) {
      if (error instanceof HttpError) return false;
      throw error;
    }
  }
}
