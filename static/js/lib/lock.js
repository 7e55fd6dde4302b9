//# allFunctionsCalledOnLoad
/**
 * When this browser locks: nobody has touched Sotto in any of its tabs for as long as its person has set, or has pressed *Lock now*.
 *
 * Counted by the wall clock: timers stand still while a laptop sleeps. What all tabs must know lies in localStorage: the session that it
 * is about, and when it was last touched or how it has ended here. It ends here even if the server cannot be reached to be told; then it
 * is told at the next page.
 *
 * @typedef {"locked" | "signed_out"} End
 */

const NAME = "sotto-session";

/** How often, in milliseconds, the clock is looked at, and how exact the time of the last touch is. */
const LOOK = 1000;
const GRAIN = 5000;

const MINUTE = 60_000;
const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];
const WAKINGS = ["visibilitychange", "focus", "resume", "online"];

const channel = new BroadcastChannel("sotto-lock");
channel.addEventListener("message", ({ data }) => takeMinutes(data));

/** @param {number} minutes */
function takeMinutes(minutes) {
  document.body.dataset.lockMinutes = String(minutes);
}

/**
 * Has every tab go by a new setting.
 * @param {number} minutes without a touch; 0 for ever
 */
export function setLockMinutes(minutes) {
  takeMinutes(minutes);
  channel.postMessage(minutes);
}

export class Lock {
  #session;
  #end;
  #supersede;
  /** Milliseconds since 1970: when this tab last noted a touch. */
  #noted = 0;

  /**
   * @param {object} setting
   * @param {string} setting.session the handle of the page's session
   * @param {(end: End) => void} setting.end leaves the page
   * @param {() => void} setting.supersede another session has begun in this browser
   */
  constructor({ session, end, supersede }) {
    this.#session = session;
    this.#end = end;
    this.#supersede = supersede;
  }

  /**
   * Begins to count; opening a page is a touch too.
   * @returns {boolean} whether the page can be used: false when this browser is locked
   */
  start() {
    const ended = this.#ended();
    if (ended !== null) this.#leave(ended);
    else this.#note();
    for (const type of TOUCHES) window.addEventListener(type, (event) => this.#touch(event), { capture: true, passive: true });
    for (const type of WAKINGS) window.addEventListener(type, () => this.check(), { capture: true });
    window.addEventListener("storage", ({ key }) => key === NAME && this.check());
    setInterval(() => this.check(), LOOK);
    return ended === null;
  }

  /** Whether another session has begun in this browser. */
  get superseded() {
    const { session } = read();
    return session !== "" && session !== this.#session;
  }

  /**
   * Has every tab of this browser leave the session that it is in, which may be a later one than this page's.
   * @param {End} end
   */
  endEverywhere(end) {
    write(read().session || this.#session, end);
  }

  /**
   * Leaves the page if its session is over in this browser.
   * @returns {boolean} whether it goes on
   */
  check() {
    const ended = this.#ended();
    if (ended !== null) this.#leave(ended);
    else if (this.superseded) this.#supersede();
    else return true;
    return false;
  }

  /** @returns {End | null} */
  #ended() {
    const { session, state } = read();
    if (session !== this.#session) return null;
    if (state === "locked" || state === "signed_out") return state;
    // A clock that was put back by so much is no reason to stay open.
    const untouched = Math.abs(Date.now() - Number(state));
    const minutes = Number(document.body.dataset.lockMinutes);
    return minutes > 0 && untouched >= minutes * MINUTE ? "locked" : null;
  }

  /**
   * Leaves the page, and has every other tab leave it that has not looked at the clock, or goes by another setting.
   * @param {End} ended
   */
  #leave(ended) {
    // Only what is not there yet: while this tab leaves, signing out in another may already have emptied the store.
    if (read().state !== ended) write(this.#session, ended);
    this.#end(ended);
  }

  /** @param {Event} event */
  #touch(event) {
    if (Math.abs(Date.now() - this.#noted) < GRAIN) return;
    if (this.check()) this.#note();
    // A key that is pressed when the time is over must not do anything any more.
    else event.stopImmediatePropagation();
  }

  #note() {
    this.#noted = Date.now();
    write(this.#session, String(this.#noted));
  }
}

/** @returns {{session: string, state: string}} the session's handle, empty for none; milliseconds since 1970, or how it has ended */
function read() {
  const [session = "", state = ""] = (localStorage.getItem(NAME) ?? "").split(" ");
  return { session, state };
}

/**
 * @param {string} session
 * @param {string} state
 */
function write(session, state) {
  localStorage.setItem(NAME, `${session} ${state}`);
}
