/**
 * What is to go when its time is over: by the wall clock, also after a laptop's sleep, in which no timer runs.
 *
 * @typedef {object} Watched
 * @property {number} at when its time is over, in milliseconds since 1970
 * @property {(left: number) => void} show says how many milliseconds it has left; called now, and again as time goes by
 * @property {() => void} end
 */

/** How often, in milliseconds, it is looked at how much is left. */
const PACE = 10_000;

export class Expiry {
  /** @type {Map<object, Watched>} */
  #watched = new Map();
  #timer = 0;

  /**
   * @param {object} key what it is about: another watch over the same takes the place of this one
   * @param {Watched} watched
   */
  watch(key, watched) {
    this.#watched.set(key, watched);
    this.look();
  }

  /** @param {object} key */
  forget(key) {
    this.#watched.delete(key);
  }

  /** Ends what is over, and says of the others how much is left. */
  look() {
    const now = Date.now();
    for (const [key, { at, show, end }] of [...this.#watched]) {
      if (at > now) show(at - now);
      else if (this.#watched.delete(key)) end();
    }
    clearTimeout(this.#timer);
    if (this.#watched.size === 0) return;
    const next = Math.min(...[...this.#watched.values()].map(({ at }) => at)) - now;
    this.#timer = /** @type {number} */ (/** @type {unknown} */ (setTimeout(() => this.look(), Math.max(0, Math.min(next, PACE)))));
  }
}

/** The one of this page. */
export const expiry = new Expiry();

if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => expiry.look());
  addEventListener("focus", () => expiry.look());
  addEventListener("pageshow", () => expiry.look());
}
