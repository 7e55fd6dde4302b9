/**
 * What a reader sees of a scrolling history stays where it is, whatever comes, goes, grows or shrinks above it; and whoever is at its end stays
 * there when something comes below, or when the field under it grows or a keyboard opens.
 *
 * Browsers do this too (`overflow-anchor`), but not all of them, and none at the very beginning; so it is done here alone.
 */

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
      for (const { target } of entries) if (!target.isConnected) sizes.unobserve(target);
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
   * @param {number} [top] how far the history was scrolled when everything stood as remembered
   * @param {boolean} [follow] whether to stay at the end
   */
  keep(top = this.#log.scrollTop, follow = this.#follows) {
    if (follow) return this.toEnd();
    const seen = this.#seen.find(({ element }) => element.isConnected && !element.hidden);
    const moved = seen === undefined ? 0 : seen.element.offsetTop - seen.at;
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
    const messages = messagesIn(this.#log);
    const bottom = this.#top + this.#log.clientHeight;
    this.#seen = [];
    for (let index = firstBelow(messages, this.#top); index < messages.length; index++) {
      const element = /** @type {HTMLElement} */ (messages[index]);
      if (element.offsetTop >= bottom) break;
      this.#seen.push({ element, at: element.offsetTop });
    }
  }
}

/**
 * @param {HTMLElement} log
 * @returns {HTMLElement[]} the messages that are shown, in the order in which they stand
 */
function messagesIn(log) {
  return /** @type {HTMLElement[]} */ ([...log.querySelectorAll("sotto-message:not([hidden])")]);
}

/**
 * @param {HTMLElement[]} messages
 * @param {number} top
 * @returns {number} the index of the first that ends below this height
 */
function firstBelow(messages, top) {
  let [low, high] = [0, messages.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { offsetTop, offsetHeight } = /** @type {HTMLElement} */ (messages[middle]);
    if (offsetTop + offsetHeight > top) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * @param {HTMLElement} log
 * @returns {number} the `seq` of the last message that is in view, or above it, with what is not shown after it; 0 for none
 */
export function lastInView(log) {
  const messages = messagesIn(log);
  const end = firstBelow(messages, log.scrollTop + log.clientHeight);
  const last = messages.slice(0, end + 1).findLast(({ dataset, offsetTop }) => dataset.seq && offsetTop < log.scrollTop + log.clientHeight);
  let seq = Number(last?.dataset.seq ?? 0);
  for (let next = last?.nextElementSibling; next instanceof HTMLElement && (next.hidden || !next.matches("sotto-message")); next = next.nextElementSibling) {
    seq = Math.max(seq, Number(next.dataset.seq ?? 0));
  }
  return seq;
}
