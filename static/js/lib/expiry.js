//# allFunctionsCalledOnLoad
/**
 * What is to go when its time is over: by the wall clock, also after a laptop's sleep, in which no timer runs; and how long it has left, in words.
 *
 * @typedef {object} Watched
 * @property {number} at when its time is over, in milliseconds since 1970
 * @property {(left: number) => void} show says how many milliseconds it has left; called now, and again as time goes by
 * @property {() => void} end
 */

/** How often, in milliseconds, it is looked at how much is left. */
const PACE = 10_000;

/** @type {[seconds: number, name: string, short: string][]} the longest first */
const UNITS = [
  [604_800, "week", "w"],
  [86_400, "day", "d"],
  [3600, "hour", "h"],
  [60, "minute", "min"],
];

/**
 * @param {number} count
 * @param {string} name
 */
const counted = (count, name) => `${count} ${name}${count === 1 ? "" : "s"}`;

/**
 * @param {number} seconds above 0
 * @returns {string} e.g. `1 day`, in the longest unit that gives a whole number
 */
export function spanOf(seconds) {
  const [size, name] = UNITS.find(([unit]) => seconds % unit === 0) ?? [1, "second"];
  return counted(seconds / size, name);
}

/**
 * @param {number} left milliseconds, above 0
 * @returns {{short: string, long: string}} e.g. `4 min` and `4 minutes`: never less than there is; a week is 7 days here
 */
export function leftOf(left) {
  const seconds = left / 1000;
  if (seconds < 60) return { short: "< 1 min", long: "less than a minute" };
  const [size, name, short] = UNITS.slice(1).find(([unit]) => seconds > unit) ?? [60, "minute", "min"];
  const count = Math.ceil(seconds / size);
  return { short: `${count} ${short}`, long: counted(count, name) };
}

export class Expiry {
  /** @type {Map<object, Watched>} */
  #watched = new Map();
  #timer = 0;
  /** When the timer runs out, in milliseconds since 1970; Infinity when none runs. */
  #due = Infinity;

  /**
   * The others are not looked at: a long history may hold many, and each is watched as it comes.
   * @param {object} key what it is about: another watch over the same takes the place of this one
   * @param {Watched} watched
   */
  watch(key, watched) {
    const now = Date.now();
    this.#watched.set(key, watched);
    this.#lookAt(key, watched, now);
    if (this.#watched.has(key)) this.#wake(watched.at, now);
  }

  /** @param {object} key */
  forget(key) {
    this.#watched.delete(key);
  }

  /** Ends what is over, and says of the others how much is left. */
  look() {
    const now = Date.now();
    for (const [key, watched] of [...this.#watched]) this.#lookAt(key, watched, now);
    clearTimeout(this.#timer);
    this.#due = Infinity;
    if (this.#watched.size > 0) this.#wake(Math.min(...[...this.#watched.values()].map(({ at }) => at)), now);
  }

  /**
   * @param {object} key
   * @param {Watched} watched
   * @param {number} now
   */
  #lookAt(key, { at, show, end }, now) {
    if (at > now) show(at - now);
    else if (this.#watched.delete(key)) end();
  }

  /**
   * Looks again then, or after a moment, unless it does so sooner.
   * @param {number} at
   * @param {number} now
   */
  #wake(at, now) {
    const due = Math.min(at, now + PACE);
    if (due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = /** @type {number} */ (/** @type {unknown} */ (setTimeout(() => this.look(), Math.max(0, due - now))));
  }
}

/** The one of this page. */
export const expiry = new Expiry();

if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => expiry.look());
  addEventListener("focus", () => expiry.look());
  addEventListener("pageshow", () => expiry.look());
}
