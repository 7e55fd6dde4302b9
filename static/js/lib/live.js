/**
 * Live events, over one connection per browser: the tab that holds the lock has the stream and passes everything on to the others. When it
 * goes, the next one takes over.
 *
 * `ready` says that events flow (again), so that whatever came before must now be asked for. `lost` says that they do not. `awake` says that
 * the page is looked at again: a good moment to try again what failed.
 *
 * @typedef {import("./sender.js").Stored} Stored
 * @typedef {{type: "ready"} | {type: "lost"} | {type: "awake"} | {type: "message", data: Stored} | {type: "read", data: {peer: string, seq: number}}} LiveEvent
 */

const NAME = "sotto-live";
const FIRST_DELAY = 1000;
const LONGEST_DELAY = 30_000;

/** The stream itself, opened again whenever the server ends it for good (EventSource itself gives up after an error answer). */
class Stream {
  #tell;
  /** @type {EventSource | null} */
  #source = null;
  #delay = FIRST_DELAY;
  #ready = false;

  /** @param {(event: LiveEvent) => void} tell */
  constructor(tell) {
    this.#tell = tell;
    this.#open();
  }

  get ready() {
    return this.#ready;
  }

  #open() {
    const source = new EventSource("/live/");
    source.addEventListener("ready", () => this.#begin());
    source.addEventListener("message", ({ data }) => this.#tell({ type: "message", data: JSON.parse(data) }));
    source.addEventListener("read", ({ data }) => this.#tell({ type: "read", data: JSON.parse(data) }));
    source.addEventListener("error", () => this.#lose());
    this.#source = source;
  }

  #begin() {
    this.#ready = true;
    this.#delay = FIRST_DELAY;
    this.#tell({ type: "ready" });
  }

  #lose() {
    this.#ready = false;
    this.#tell({ type: "lost" });
    if (this.#source?.readyState !== EventSource.CLOSED) return;
    setTimeout(() => this.#open(), this.#delay * (0.5 + Math.random() / 2));
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY);
  }
}

/**
 * Calls back with every live event, for as long as the page lives. It starts with a `ready`.
 * @param {(event: LiveEvent) => void} listener
 */
export function listen(listener) {
  const channel = new BroadcastChannel(NAME);
  const tab = crypto.randomUUID();
  /** @type {Stream | null} */
  let stream = null;
  channel.addEventListener("message", ({ data }) => {
    if (data.type === "hello" && stream?.ready) channel.postMessage({ type: "welcome", to: data.tab });
    else if (data.type === "welcome" && data.to === tab) listener({ type: "ready" });
    else if (data.type !== "hello" && data.type !== "welcome") listener(data);
  });
  channel.postMessage({ type: "hello", tab });
  void navigator.locks.request(NAME, () => {
    stream = new Stream((event) => {
      listener(event);
      channel.postMessage(event);
    });
    return new Promise(() => undefined);
  });
  onWaking(listener);
}

/** @param {(event: LiveEvent) => void} listener */
function onWaking(listener) {
  window.addEventListener("online", () => listener({ type: "awake" }));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && listener({ type: "awake" }));
  // A page that was put aside has heard nothing meanwhile.
  window.addEventListener("pageshow", ({ persisted }) => persisted && listener({ type: "ready" }));
}
