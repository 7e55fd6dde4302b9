//# allFunctionsCalledOnLoad
/** The line where the messages begin that were unread when the conversation was opened. It goes when its reader writes something. */

import { topOf } from "./blocks.js";

/** How much of the history, of its height, is left to be seen above the line. */
const ABOVE = 0.25;

/** Lines that stand between this one and the message after them (lines.js): the day comes before. */
const LINES = ".event-line";

/**
 * The message that the line belongs before.
 * @template {{seq: number, mine: boolean}} T
 * @param {T[]} messages in the order in which they stand
 * @param {number} read the `seq` up to which everything was read
 * @param {number} first the lowest `seq` on the page
 * @returns {T | null} null where it is not on the page, or where nothing was unread
 */
export function firstUnread(messages, read, first) {
  if (first > read + 1) return null;
  return messages.find(({ seq, mine }) => seq > read && !mine) ?? null;
}

/**
 * Whether somebody has written something since the conversation was opened: what was left unsent before does not count.
 * @param {{seq: number, time: number}[]} messages `seq` is 0 for those on their way
 * @param {number} since milliseconds since 1970
 */
export const hasWritten = (messages, since) => messages.some(({ seq, time }) => seq === 0 && time >= since);

export class UnreadLine {
  #log;
  #timeline;
  #read;
  #since = Date.now();
  #line = document.createElement("p");
  /** @type {HTMLElement | null} the message that the line was put before */
  #first = null;

  /**
   * @param {HTMLElement} log
   * @param {import("./timeline.js").Timeline} timeline
   * @param {number} read the `seq` up to which everything is read; Infinity where nothing is unread
   */
  constructor(log, timeline, read) {
    this.#log = log;
    this.#timeline = timeline;
    this.#read = read;
    this.#line.className = "unread-line";
    this.#line.textContent = "New messages";
  }

  /** Puts the line where it belongs, as the messages stand now. */
  place() {
    if (this.#read === Infinity) return;
    if (hasWritten(this.#timeline.pending.filter(({ hidden }) => !hidden), this.#since)) this.#read = Infinity;
    else if (this.#stands()) return;
    this.#first = this.#find();
    if (this.#first === null) this.#line.remove();
    else this.#startOf(this.#first).before(this.#line);
  }

  /** Whether the line is where it was put. */
  #stands() {
    return this.#first !== null && !this.#first.hidden && this.#startOf(this.#first).previousElementSibling === this.#line;
  }

  /** @returns {HTMLElement | null} the message that the line belongs before */
  #find() {
    const shown = this.#timeline.after(this.#read).filter(({ hidden }) => !hidden);
    const places = shown.map((element) => ({ element, seq: element.seq, mine: element.querySelector("article.mine") !== null }));
    places.sort((one, other) => (one.element.compareDocumentPosition(other.element) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
    return firstUnread(places, this.#read, this.#timeline.first)?.element ?? null;
  }

  /** Scrolls to the line, if there is one that is not seen from the end of the history. */
  show() {
    if (!this.#line.isConnected) return;
    this.#timeline.view.goTo(Math.min(this.#log.scrollTop, topOf(this.#line) - ABOVE * this.#log.clientHeight));
  }

  /**
   * @param {HTMLElement} message
   * @returns {Element} the first of its lines, or the message
   */
  #startOf(message) {
    let start = /** @type {Element} */ (message);
    while (start.previousElementSibling?.matches(LINES)) start = start.previousElementSibling;
    return start;
  }
}
