/**
 * Live events, over one connection per browser: the tab that holds the lock has the stream and passes everything on to the others. When it
 * goes, the next one takes over.
 *
 * `ready` says that events flow (again), so that whatever came before must now be asked for. `lost` says that they do not. `awake` says that
 * the page is looked at again: a good moment to try again what failed. `ended` says that the session is over.
 *
 * @typedef {import("./sender.js").Stored} Stored
 * @typedef {{peer: string, delivered: number, read: number}} PeerMarks
 * @typedef {{type: "ready"} | {type: "lost"} | {type: "awake"} | {type: "ended"} | {type: "message", data: Stored}
 *   | {type: "read" | "deleted", data: {peer: string, seq: number}} | {type: "marks", data: PeerMarks} | {type: "typing", data: {peer: string, active: boolean}}
 *   | {type: "contact", data: import("./acquaintance.js").Standing & {peer: string}}
 * } LiveEvent
 */

import { readContact, readPeerMarks, readRead, readStored, readTyping } from "./answers.js";
import { HttpError } from "./http.js";

const NAME = "sotto-live";
const FIRST_DELAY = 1000;
const LONGEST_DELAY = 30_000;

/**
 * How long, in milliseconds, nothing may be heard: the server gives a sign of life every 20 seconds, and a network may swallow a connection without
 * ending it.
 */
const SILENCE = 60_000;

/** How long, in milliseconds, it is waited for the answer whether the session is over. */
const PATIENCE = 15_000;

/** The stream itself, opened again whenever the server ends it for good (EventSource itself gives up after an error answer). */
class Stream {
  #tell;
  /** @type {EventSource | null} */
  #source = null;
  #delay = FIRST_DELAY;
  #ready = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} runs out when nothing was heard for too long */
  #silence;

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
    source.addEventListener("beat", () => this.#hear());
    source.addEventListener("message", ({ data }) => this.#pass(data, (json) => ({ type: "message", data: readStored(json) })));
    source.addEventListener("read", ({ data }) => this.#pass(data, (json) => ({ type: "read", data: readRead(json) })));
    source.addEventListener("deleted", ({ data }) => this.#pass(data, (json) => ({ type: "deleted", data: readRead(json) })));
    source.addEventListener("contact", ({ data }) => this.#pass(data, (json) => ({ type: "contact", data: readContact(json) })));
    source.addEventListener("marks", ({ data }) => this.#pass(data, (json) => ({ type: "marks", data: readPeerMarks(json) })));
    source.addEventListener("typing", ({ data }) => this.#pass(data, (json) => ({ type: "typing", data: readTyping(json) })));
    source.addEventListener("error", () => this.#lose());
    this.#source = source;
    this.#hear();
  }

  /** Something was heard, or is to be heard from now on. */
  #hear() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#giveUp(), SILENCE);
  }

  #giveUp() {
    this.#source?.close();
    this.#lose();
  }

  /**
   * Passes an event on, if it is one: what is no event is asked for at the next `ready`, as what was lost is.
   * @param {string} data
   * @param {(json: unknown) => LiveEvent} read
   */
  #pass(data, read) {
    this.#hear();
    let event;
    try {
      event = read(JSON.parse(data));
    } catch {
      return;
    }
    this.#tell(event);
  }

  #begin() {
    this.#hear();
    this.#ready = true;
    this.#delay = FIRST_DELAY;
    this.#tell({ type: "ready" });
  }

  #lose() {
    this.#ready = false;
    this.#tell({ type: "lost" });
    if (this.#source?.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.#silence);
    setTimeout(() => void this.#reopen(), this.#delay * (0.5 + Math.random() / 2));
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY);
  }

  async #reopen() {
    if (await hasEnded()) this.#tell({ type: "ended" });
    else this.#open();
  }
}

/** Whether the server says that nobody is signed in: EventSource does not tell why it was refused. */
async function hasEnded() {
  const signal = AbortSignal.timeout(PATIENCE);
  const answer = await fetch("/live/", { method: "HEAD", cache: "no-store", signal }).catch(() => null);
  return answer?.status === 401;
}

/** @type {((event: LiveEvent) => void)[]} */
const listeners = [];
let ready = false;
/** @type {Stream | null} */
let stream = null;

/** @returns {boolean} whether this tab is the one that has the stream */
export function hasStream() {
  return stream !== null;
}

/** @param {LiveEvent} event */
function tell(event) {
  if (event.type === "ready" || event.type === "lost") ready = event.type === "ready";
  for (const listener of listeners) listener(event);
}

/**
 * Calls back with every live event, for as long as the page lives. It starts with a `ready`.
 * @param {(event: LiveEvent) => void} listener
 */
export function listen(listener) {
  listeners.push(listener);
  if (listeners.length === 1) start();
  else if (ready) listener({ type: "ready" });
}

/** Says `ended`, if the session is over: something else than the stream has been told so. */
export async function lookWhetherEnded() {
  if (await hasEnded()) tell({ type: "ended" });
}

/**
 * Does what only somebody signed in may, and looks whether the session is over if it is refused for that: then the page is left for the sign-in.
 * @template T
 * @param {() => Promise<T>} work
 * @param {() => Promise<void>} [look]
 * @returns {Promise<T>} rejected as `work` is
 */
export async function inSession(work, look = lookWhetherEnded) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HttpError && error.code === "signed_out") void look();
    throw error;
  }
}

function start() {
  const channel = new BroadcastChannel(NAME);
  const tab = crypto.randomUUID();
  channel.addEventListener("message", ({ data }) => {
    if (data.type === "hello" && stream?.ready) channel.postMessage({ type: "welcome", to: data.tab });
    else if (data.type === "welcome" && data.to === tab) tell({ type: "ready" });
    else if (data.type !== "hello" && data.type !== "welcome") tell(data);
  });
  channel.postMessage({ type: "hello", tab });
  void navigator.locks.request(NAME, () => {
    stream = new Stream((event) => {
      tell(event);
      channel.postMessage(event);
    });
    return new Promise(() => undefined);
  });
  onWaking();
}

function onWaking() {
  window.addEventListener("online", () => tell({ type: "awake" }));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && tell({ type: "awake" }));
  // A page that was put aside has heard nothing meanwhile.
  window.addEventListener("pageshow", ({ persisted }) => persisted && tell({ type: "ready" }));
}
