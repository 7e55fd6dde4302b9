/** The round button that leads to the end of the history. It is there when its reader is elsewhere, and says how many messages are new there. */

import { lastInView } from "./kept_view.js";
import { isNews } from "./unread_count.js";

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
  #timeline;
  #seen;

  /**
   * @param {object} setting
   * @param {HTMLElement} setting.log scrolls
   * @param {HTMLButtonElement} setting.button holds the place of the number, .badge
   * @param {import("./timeline.js").Timeline} setting.timeline
   * @param {number} setting.read the `seq` up to which everything is read
   */
  constructor({ log, button, timeline, read }) {
    this.#log = log;
    this.#button = button;
    this.#timeline = timeline;
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
    this.#button.hidden = this.#timeline.view.atEnd;
    this.#button.ariaLabel = nameOf(count);
    const badge = this.#button.querySelector(".badge");
    if (badge instanceof HTMLElement) {
      badge.textContent = count > 99 ? "99+" : String(count);
      badge.hidden = count === 0;
    }
  }

  /** How far the reader sees now. At the end that is everything, messages that only change others among it. */
  #reached() {
    return this.#timeline.view.atEnd ? this.#timeline.last : lastInView(this.#log);
  }

  #count() {
    const shown = this.#timeline.after(this.#seen).flatMap((element) => this.#timeline.about(element) ?? []);
    return shown.filter(({ opened }) => isNews(opened)).length;
  }

  #go() {
    // The button goes, and the keyboard must be somewhere.
    if (document.activeElement === this.#button) this.#log.focus({ preventScroll: true });
    this.#timeline.view.toEnd();
    this.look();
  }
}
