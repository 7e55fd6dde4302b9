//# allFunctionsCalledOnLoad
/**
 * Leaving a page because nobody is to go on in it: at once there is nothing left to read, and nothing that was typed is lost.
 *
 * @typedef {"locked" | "signed_out" | "session" | "keys" | "other" | "renewed"} Why `session`: it has ended elsewhere; `keys`: this
 *   browser has none; `other`: somebody else has signed in; `renewed`: the same person has
 */

/** Held, shared, while a message is on its way: its keys must not go before it does. */
const SENDING = "sotto-sending";

/** @type {((why: Why) => Promise<void>)[]} */
const works = [];
let leaving = false;
/** @type {string | null} */
let goal = null;

/**
 * @param {(why: Why) => Promise<void>} work what must still be done before the page goes
 */
export function onLeaving(work) {
  works.push(work);
}

/**
 * Has the page, whyever it is left from now on, go to this address.
 * @param {string} address
 */
export function leaveFor(address) {
  goal = address;
}

/**
 * @param {string} otherwise
 * @returns {string} where the page goes that is left
 */
export const goalOr = (otherwise) => goal ?? otherwise;

/**
 * Takes everything from the screen, and waits until the page has done what it must.
 * @param {Why} why
 * @returns {Promise<boolean>} false when the page is being left already
 */
export async function beginLeaving(why) {
  if (leaving) return false;
  leaving = true;
  cover(why);
  // What else is on the page may ask whether to stay; this is not the time.
  window.addEventListener("beforeunload", (event) => event.stopImmediatePropagation(), { capture: true });
  await Promise.allSettled(works.map((work) => work(why)));
  return true;
}

/** @param {Why} why */
function cover(why) {
  for (const element of document.body.children) if (element instanceof HTMLElement) element.hidden = true;
  // A conversation's names the other person.
  document.title = "Sotto";
  const line = document.createElement("p");
  line.className = "page";
  line.setAttribute("role", "status");
  document.body.append(line);
  line.textContent = { locked: "Locking…", renewed: "Loading…" }[String(why)] ?? "Signing out…";
}

/**
 * Runs while no tab forgets this browser's keys.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export function whileKeysStay(work) {
  return navigator.locks.request(SENDING, { mode: "shared" }, work);
}

/**
 * Runs once no tab has anything on its way.
 * @param {() => Promise<void>} work
 * @returns {Promise<void>}
 */
export async function onceSent(work) {
  await navigator.locks.request(SENDING, work);
}
