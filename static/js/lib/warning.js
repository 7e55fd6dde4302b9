/** What whoever runs this Sotto tells the person (templates/accounts/_warning.html): it stands on every page until it is put away. */

import { HttpError, postJson } from "./http.js";
import { byId, showError } from "./page.js";

/** Lets it be put away, if there is one on this page. */
export function startWarning() {
  const warning = document.getElementById("warning");
  if (warning === null) return;
  const button = byId("dismiss-warning", HTMLButtonElement);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await postJson("/accounts/warning/dismiss/", { seen: Number(warning.dataset.seen) });
      leave(warning);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      showError(byId("warning-problem"), error.message);
      button.disabled = false;
    }
  });
}

/**
 * Takes it away; who goes through the page by keyboard goes on at its content.
 * @param {HTMLElement} warning
 */
function leave(warning) {
  warning.remove();
  const content = byId("content");
  content.tabIndex = -1;
  content.focus();
}
