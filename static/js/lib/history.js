/**
 * Loads older messages when the reader comes near the beginning of the history.
 *
 * @typedef {import("./feed.js").HistoryPage} HistoryPage
 */

import { HttpError } from "./http.js";
import { atOnce, firstOf, loadPages } from "./pages.js";

/** How far above what is seen, in pixels, loading begins. */
const AHEAD = 600;

export class OlderMessages {
  #log;
  #button;
  #load;
  #take;
  #before;
  #inView;
  /** @type {Promise<boolean> | null} */
  #loading = null;
  /** Whether loading by itself has ended because the server did not answer, and whether the server was heard since it was asked last. */
  #cut = false;
  #heard = false;

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
    // Where frames come fast, or the page is busy, it is told of several looks at once.
    const look = (/** @type {IntersectionObserverEntry[]} */ entries) => void (entries.at(-1)?.isIntersecting && this.#fill());
    this.#inView = new IntersectionObserver(look, { root: log, rootMargin: `${AHEAD}px 0px 0px` });
    this.#inView.observe(button);
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
    return this.#more(1);
  }

  /**
   * Loads several pages at once, the more the more is there: for whoever wants to see all.
   * @returns {Promise<boolean>} as `page`
   */
  async pages() {
    return this.#more(atOnce(this.#log.querySelectorAll("sotto-message").length));
  }

  /** @param {number} wanted how many messages are enough */
  async #more(wanted) {
    if (this.done) return false;
    this.#loading ??= this.#loadBusily(wanted);
    return this.#loading;
  }

  /**
   * Loads a page, and has the browser look once more whether there is enough above what is seen: by itself it tells only what has changed since it
   * looked last, and of who has gone on to the new beginning by then nothing has.
   */
  async #fill() {
    this.#cut = this.#heard = false;
    if (await this.page()) return this.#lookAgain();
    this.#cut = !this.done;
    // It may have been heard before this page knew that it had not answered.
    if (this.#heard) this.goOn();
  }

  /** Goes on where the server did not answer, now that it is heard again: once, however often it fails. */
  goOn() {
    this.#heard = true;
    if (!this.#cut) return;
    this.#cut = false;
    this.#lookAgain();
  }

  #lookAgain() {
    this.#inView.unobserve(this.#button);
    this.#inView.observe(this.#button);
  }

  /** @param {number} wanted */
  async #loadBusily(wanted) {
    this.#log.ariaBusy = "true";
    const answered = await this.#loadPages(wanted);
    this.#loading = null;
    this.#log.ariaBusy = "false";
    return answered;
  }

  /**
   * @param {number} wanted
   * @returns {Promise<boolean>} false when the server did not answer: the button stays
   */
  async #loadPages(wanted) {
    try {
      const { page, failure } = await loadPages(this.#load, this.#before, wanted);
      await this.#take(page);
      this.#before = firstOf(page, this.#before);
      if (!page.more && document.activeElement === this.#button) this.#log.focus({ preventScroll: true });
      this.#button.hidden = !page.more;
      if (failure !== null) throw failure;
      return true;
    } catch (error) {
      if (error instanceof HttpError) return false;
      throw error;
    }
  }
}
