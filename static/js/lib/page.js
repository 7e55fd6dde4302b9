//# allFunctionsCalledOnLoad
/** What every page's entry module needs of its document. */

/**
 * The element with this id.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} [type] the class it must have, e.g. HTMLFormElement
 * @returns {T}
 * @throws {TypeError} when the page has no such element, or one of another class: template and module do not fit
 */
export function byId(id, type = /** @type {new () => T} */ (/** @type {unknown} */ (HTMLElement))) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new TypeError(`the page has no ${type.name} #${id}`);
  return element;
}

/**
 * What the server printed into the page with `json_script:"page-data"`.
 * @returns {any} the parsed JSON
 */
export function pageData() {
  return JSON.parse(byId("page-data").textContent ?? "");
}

/**
 * Shows a sentence in an element with role="alert", or hides the element when the text is empty.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function showError(element, text) {
  element.textContent = text;
  element.hidden = text === "";
}

/**
 * An address of this site that the page may go on to; anything else becomes the conversations.
 * @param {unknown} address as the server or the query string names it
 * @returns {string} path, query and fragment
 */
export function sameOrigin(address) {
  const url = new URL(typeof address === "string" ? address : "", document.baseURI);
  const ours = typeof address === "string" && address.startsWith("/") && url.origin === location.origin;
  return ours ? url.pathname + url.search + url.hash : "/messages/";
}

/** How long, in milliseconds, a page waits to be drawn. Nothing is drawn of one that nobody looks at. */
const UNDRAWN = 100;

/** @returns {Promise<void>} once the page has been drawn as it is now, or is not going to be */
export const drawn = () =>
  new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, UNDRAWN);
  });

const SHOWN = "sotto-shown";

/** How long, in milliseconds, what comes after waits for it at most. */
const LONGEST = 5000;

/** Says that what the page was opened for is shown. */
export const sayShown = () => void dispatchEvent(new Event(SHOWN));

/**
 * @returns {Promise<void>} once what the page was opened for is shown, where that has to be opened first: whatever else is loaded before
 *   would delay it
 */
export const shown = () =>
  new Promise((resolve) => {
    if (document.querySelector("[data-opening]") === null) return resolve();
    addEventListener(SHOWN, () => resolve(), { once: true });
    setTimeout(resolve, LONGEST);
  });

/**
 * Holds what is pressed before the page can answer, and presses it again once it can: nothing that a person does meanwhile is lost.
 * @param {HTMLElement} root where
 * @returns {() => void} lets it through, and all that comes
 */
export function holdPresses(root) {
  /** @type {HTMLElement[]} */
  const held = [];
  const hold = (/** @type {Event} */ event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button === null) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    held.push(button);
  };
  root.addEventListener("click", hold, { capture: true });
  return () => {
    root.removeEventListener("click", hold, { capture: true });
    for (const button of held.splice(0)) button.click();
  };
}
