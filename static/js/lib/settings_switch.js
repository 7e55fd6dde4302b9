/** A switch of the settings page: saved as soon as it is turned, and turned back if that fails. */

import { FormError, input } from "./form.js";
import { HttpError } from "./http.js";
import { showError } from "./page.js";

/**
 * @param {object} setting
 * @param {HTMLFormElement} setting.form with a [role=alert]
 * @param {string} setting.id of the switch
 * @param {HTMLElement} setting.state says that it is saved
 * @param {(on: boolean) => Promise<unknown>} setting.save throws an HttpError or a FormError in the person's words
 */
export function watchSwitch({ form, id, state, save }) {
  const alert = /** @type {HTMLElement} */ (form.querySelector('[role="alert"]'));
  const element = input(form, id);
  element.addEventListener("change", async () => {
    const wanted = element.checked;
    element.disabled = true;
    state.textContent = "";
    showError(alert, "");
    try {
      await save(wanted);
      state.textContent = "Saved.";
    } catch (error) {
      element.checked = !wanted;
      showError(alert, error instanceof HttpError || error instanceof FormError ? error.message : "This could not be saved. Reload the page and try again.");
    }
    element.disabled = false;
    element.focus();
  });
  element.disabled = false;
}
