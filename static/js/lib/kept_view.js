//# allFunctionsCalledOnLoad
/**
 * What a reader sees of a scrolling history stays where it is, whatever comes, goes, grows or shrinks above it; and whoever is at its end stays
 * there when something comes below, or when the field under it grows or a keyboard opens.
 *
 * Browsers do this too (`overflow-anchor`), but not all of them, and none at the very beginning; so it is done here alone.
 */

import { beside, isBlock, settle, topOf } from "./blocks.js";

/** How far from its end, in pixels, the history still counts as being at its end. */
const NEAR = 80;

export class KeptView {
  #log;
  #follows = true;
  #top = 0;
  #most = 0;
  /** What was in view, and where it stood in the history. @type {{element: HTMLElement, at: number}[]} */
  #seen = [];

  /** @param {HTMLElement} log scrolls, and is what its messages are placed in (`position`) */
  constructor(log) {
    this.#log = log;
    const sizes = new ResizeObserver((entries) => {
      for (const { target, contentRect } of entries) {
        if (!target.isConnected) sizes.unobserve(target);
        else if (isBlock(target)) settle(target, contentRect.height);
      }
      this.keep(this.#top);
    });
    const children = new MutationObserver((changes) => changes.forEach(({ addedNodes }) => watch(addedNodes)));
    const watch = (/** @type {Iterable<Node>} */ nodes) => [...nodes].forEach((node) => node instanceof Element && sizes.observe(node));
    sizes.observe(log);
    watch(log.children);
    children.observe(log, { childList: true });
    log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
  }

  /** Whether the reader is at the end of the history. */
  get atEnd() {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR;
  }

  /** Goes to the end of the history. */
  toEnd() {
    this.goTo(this.#log.scrollHeight);
  }

  /** @param {number} top how far the history is to be scrolled, in pixels */
  goTo(top) {
    this.#log.scrollTop = top;
    this.#remember();
  }

  /**
   * Puts what was in view back where it was.
   * @param {number} top how far the history was scrolled when everything stood as remembered
   * @param {boolean} [follow] whether to stay at the end
   */
  keep(top, follow = this.#follows) {
    if (follow) return this.toEnd();
    const seen = this.#seen.find(({ element }) => element.isConnected && !element.hidden);
    const moved = seen === undefined ? 0 : topOf(seen.element) - seen.at;
    if (moved !== 0) this.goTo(top + moved);
    else this.#remember();
  }

  /**
   * The reader has scrolled; or the history has become shorter and the browser has; or it has become longer since it was scrolled to its end,
   * which is said only now.
   */
  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#log;
    const most = scrollHeight - clientHeight;
    if (most === this.#most) return this.#remember();
    const cut = scrollTop >= most - 1;
    this.keep(cut ? this.#top : scrollTop, this.#follows && (cut || scrollTop >= this.#top));
  }

  #remember() {
    this.#follows = this.atEnd;
    this.#most = this.#log.scrollHeight - this.#log.clientHeight;
    this.#top = this.#log.scrollTop;
    const bottom = this.#top + this.#log.clientHeight;
    this.#seen = [];
    for (let next = firstBelow(this.#log, this.#top); next !== null && topOf(next) < bottom; next = shownAfter(next)) {
      this.#seen.push({ element: next, at: topOf(next) });
    }
  }
}

/**
 * @param {Element | null | undefined} element
 * @returns {element is HTMLElement} whether it is a message that is shown
 */
const isShown = (element) => element instanceof HTMLElement && !element.hidden && element.matches("sotto-message");

/**
 * @param {Element | null | undefined} element
 * @returns {element is HTMLElement}
 */
const isPlaced = (element) => isShown(element) || isBlock(element ?? null);

/** @param {Element} element */
function shownAfter(element) {
  let next = beside(element, "nextElementSibling");
  while (next !== null && !isShown(next)) next = beside(next, "nextElementSibling");
  return next;
}

/**
 * @param {HTMLElement} log
 * @param {number} top
 * @returns {HTMLElement | null} the first message that is shown and ends below this height
 */
function firstBelow(log, top) {
  const place = firstOf(log, top);
  if (!isBlock(place)) return place;
  return firstOf(place, top - place.offsetTop) ?? shownAfter(place);
}

/**
 * Looks for it by halves: this is asked whenever the history is scrolled, however long it is.
 * @param {HTMLElement} parent a history, or a block of one
 * @param {number} top
 * @returns {HTMLElement | null} the first of its blocks, and of the messages in it that are shown, that ends below this height
 */
function firstOf({ children }, top) {
  let [low, high] = [0, children.length];
  let found = null;
  while (low < high) {
    const middle = (low + high) >> 1;
    let at = middle;
    while (at < high && !isPlaced(children[at])) at++;
    const element = children[at];
    if (at < high && isPlaced(element) && element.offsetTop + element.offsetHeight <= top) {
      low = at + 1;
    } else {
      if (at < high && isPlaced(element)) found = element;
      high = middle;
    }
  }
  return found;
}

/**
 * @param {HTMLElement} log
 * @returns {number} the `seq` of the last message that is in view, or above it, with what is not shown after it; 0 for none
 */
export function lastInView(log) {
  const bottom = log.scrollTop + log.clientHeight;
  let last = /** @type {Element | null} */ (firstBelow(log, bottom) ?? log.lastElementChild);
  while (last !== null && !(isShown(last) && last.dataset.seq && topOf(last) < bottom)) last = beside(last, "previousElementSibling");
  let seq = Number(last?.dataset.seq ?? 0);
  const after = (/** @type {Element | null} */ element) => element && beside(element, "nextElementSibling");
  for (let next = after(last); next instanceof HTMLElement && (next.hidden || !next.matches("sotto-message")); next = after(next)) {
    seq = Math.max(seq, Number(next.dataset.seq ?? 0));
  }
  return seq;
}
