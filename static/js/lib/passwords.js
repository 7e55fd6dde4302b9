/** Password fields (templates/accounts/_password_field.html): a new one is typed once, and can be looked at. */

import { FormError, input } from "./form.js";
import { byId } from "./page.js";
import { isTooWeak, showStrength } from "./strength.js";

const LEAST_CHARACTERS = 10;
const TOO_WEAK = "Choose a password that is harder to guess: a few words, say, that nobody would put together.";

/** Lets the buttons of all password fields show what was typed, and hide it again; and says of each how good it is. */
export function watchPasswords() {
  for (const button of document.querySelectorAll("button[data-shows]")) {
    if (!(button instanceof HTMLButtonElement)) continue;
    const field = byId(button.dataset.shows ?? "", HTMLInputElement);
    button.addEventListener("click", () => toggle(button, field));
    showStrength(field, byId(`${field.id}-strength`));
    // What was typed goes into no list of things typed before.
    field.form?.addEventListener("submit", () => show(button, field, false), { capture: true });
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {string} id of its field
 * @returns {Promise<string>} a password that is good enough for a new one
 * @throws {FormError}
 */
export async function newPassword(form, id) {
  const password = input(form, id).value;
  if ([...password.normalize("NFKC")].length < LEAST_CHARACTERS) {
    throw new FormError(`A password needs at least ${LEAST_CHARACTERS} characters.`, id);
  }
  if (await isTooWeak(password, form)) throw new FormError(TOO_WEAK, id);
  return password;
}

/**
 * @param {HTMLButtonElement} button
 * @param {HTMLInputElement} field
 */
function toggle(button, field) {
  show(button, field, field.type === "password");
  field.focus();
}

/**
 * @param {HTMLButtonElement} button
 * @param {HTMLInputElement} field
 * @param {boolean} shown
 */
function show(button, field, shown) {
  field.type = shown ? "text" : "password";
  button.textContent = shown ? "Hide password" : "Show password";
}
