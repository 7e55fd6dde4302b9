/** Forms that are sent by fetch: once at a time, saying what happens, each error where it belongs, and what was typed kept. */

import { HttpError } from "./http.js";
import { showError } from "./page.js";

/** Something that the person can put right, or must know, in a plain sentence. */
export class FormError extends Error {
  /**
   * @param {string} message
   * @param {string | null} [field] the id of the input that it is about
   */
  constructor(message, field = null) {
    super(message);
    this.name = "FormError";
    this.field = field;
  }
}

/** In milliseconds: two frames, so that a new text is on the screen before the derivation holds the page up. */
const TIME_TO_PAINT = 40;

const UNEXPECTED = "Something went wrong in this page. Reload it and try again.";

/**
 * The form's input with this id.
 * @param {HTMLFormElement} form
 * @param {string} id
 * @returns {HTMLInputElement}
 */
export function input(form, id) {
  const element = form.elements.namedItem(id);
  if (!(element instanceof HTMLInputElement)) throw new TypeError(`the form has no input #${id}`);
  return element;
}

/**
 * @param {HTMLFormElement} form
 * @param {string} selector
 * @returns {HTMLElement}
 */
function part(form, selector) {
  const element = form.querySelector(selector);
  if (!(element instanceof HTMLElement)) throw new TypeError(`the form has no ${selector}`);
  return element;
}

/** @param {HTMLFormElement} form */
function clearErrors(form) {
  showError(part(form, '[role="alert"]'), "");
  for (const error of form.querySelectorAll(".field-error")) showError(/** @type {HTMLElement} */ (error), "");
  for (const invalid of form.querySelectorAll("[aria-invalid]")) invalid.removeAttribute("aria-invalid");
}

/**
 * What was said of a field is of what stood in it.
 * @param {Event} event an input
 */
function clearErrorOf({ target }) {
  if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)) return;
  const error = target.form?.querySelector(`#${CSS.escape(`${target.id}-error`)}`);
  if (!(error instanceof HTMLElement)) return;
  showError(error, "");
  target.removeAttribute("aria-invalid");
}

/**
 * Shows an error at its field, or above the form when it has none here.
 * @param {HTMLFormElement} form
 * @param {unknown} error a FormError or HttpError; anything else is a fault of ours, and goes to the console too
 */
function showFormError(form, error) {
  const known = error instanceof FormError || error instanceof HttpError;
  if (!known) console.error(error);
  const field = known && error.field ? form.elements.namedItem(error.field) : null;
  const typed = field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement;
  const slot = typed ? form.querySelector(`#${field.id}-error`) : null;
  if (typed && slot instanceof HTMLElement) {
    field.setAttribute("aria-invalid", "true");
    showError(slot, known ? error.message : UNEXPECTED);
    field.focus();
  } else {
    showError(part(form, '[role="alert"]'), known ? error.message : UNEXPECTED);
  }
}

/**
 * @param {HTMLElement} button
 * @param {string} text
 * @returns {Promise<void>}
 */
function show(button, text) {
  button.textContent = text;
  return new Promise((resolve) => setTimeout(resolve, TIME_TO_PAINT));
}

/**
 * Hands every submission to `handle`, one at a time. The button, disabled until now, works from here on.
 * @param {HTMLFormElement} form with one [type=submit], one [role=alert] and a .field-error for each input
 * @param {(say: (text: string) => Promise<void>) => Promise<boolean | void>} handle `say` puts a text on the button; the answer true
 *   means that the page is about to be left, and keeps the button as it is
 */
export function onSubmit(form, handle) {
  const button = /** @type {HTMLButtonElement} */ (part(form, '[type="submit"]'));
  const label = button.textContent;
  form.addEventListener("input", clearErrorOf);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    const pressed = document.activeElement === button;
    button.disabled = true;
    clearErrors(form);
    try {
      if (await handle((text) => show(button, text))) return;
    } catch (error) {
      showFormError(form, error);
    }
    button.textContent = label;
    button.disabled = false;
    // While it was disabled the keyboard was nowhere. Whoever is somewhere by now stays there.
    if (pressed && document.activeElement === document.body) button.focus({ preventScroll: true });
  });
  button.disabled = false;
}

/**
 * @param {HTMLInputElement} field
 * @param {string} message said at the field when it is empty
 * @returns {string} the text, trimmed, in Unicode NFKC
 * @throws {FormError}
 */
export function requiredText(field, message) {
  const text = field.value.trim().normalize("NFKC");
  if (text === "") throw new FormError(message, field.id);
  return text;
}

/**
 * Browsers have WebCrypto on https: and on this very computer only.
 * @throws {FormError}
 */
export function requireSecureContext() {
  if (isSecureContext) return;
  throw new FormError("This page came over a connection that others can read or change, so your browser cannot lock messages. Open Sotto by an address that begins with https://.");
}
