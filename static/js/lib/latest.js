/** The round button that leads to the end of the history. It is there when its reader is elsewhere, and says how many messages are new there. */

import { lastInView } from "./kept_view.js";

/**
 * @param {number} count of new messages
 * @returns {string} what the button is called
 */
export function nameOf(count) {
  if (count === 0) return "Jump to latest";
  return `Jump to latest, ${count} new message${count === 1 ? "" : "s"}`;
}

export class Latest {
  #log;
  #button;
  #view;
  #seen;

  /**
   * @param {object} setting
   * @param {HTMLElement} setting.log scrolls
   * @param {HTMLButtonElement} setting.button holds the place of the number, .badge
   * @param {{atEnd: boolean, toEnd: () => void}} setting.view
   * @param {number} setting.read the `seq` up to which everything is read
   */
  constructor({ log, button, view, read }) {
    this.#log = log;
    this.#button = button;
    this.#view = view;
    this.#seen = read;
    button.addEventListener("click", () => this.#go());
  }

  /** The highest `seq` that has been in view. */
  get seen() {
    return this.#seen;
  }

  /** Looks how things stand, after something has come or the history was scrolled. */
  look() {
    if (document.visibilityState === "visible") this.#seen = Math.max(this.#seen, this.#reached());
    const count = this.#count();
    this.#button.hidden = this.#view.atEnd;
    this.#button.ariaLabel = nameOf(count);
    const badge = this.#button.querySelector(".badge");
    if (badge instanceof HTMLElement) {
      badge.textContent = count > 99 ? "99+" : String(count);
      badge.hidden = count === 0;
    }
  }

  /** How far the reader sees now. At the end that is everything, messages that only change others among it. */
  #reached() {
    if (!this.#view.atEnd) return lastInView(this.#log);
    const messages = /** @type {NodeListOf<HTMLElement>} */ (this.#log.querySelectorAll("sotto-message"));
    return Math.max(0, ...[...messages].map(({ dataset }) => Number(dataset.seq ?? 0)));
  }

  #count() {
    const messages = [...this.#log.querySelectorAll("sotto-message:not([hidden])")];
    const isNew = (/** @type {Element} */ element) => element instanceof HTMLElement && Number(element.dataset.seq ?? 0) > this.#seen;
    return messages.filter((element) => isNew(element) && element.querySelector("article.mine") === null).length;
  }

  #go() {
    // The button goes, and the keyboard must be somewhere.
    if (document.activeElement === this.#button) this.#log.focus({ preventScroll: true });
    this.#view.toEnd();
    this.look();
  }
}
