/** *Block*, which is asked once more, and *Unblock* (templates/contacts/_blocking.html and _blocked.html). */

import { HttpError } from "./http.js";
import { byId, showError } from "./page.js";

/** @param {(blocked: boolean) => Promise<void>} block blocks the person, or lets them through again; throws HttpError when that fails */
export function startBlocking(block) {
  const dialog = byId("blocking", HTMLDialogElement);
  for (const button of document.querySelectorAll(".block-person")) button.addEventListener("click", () => dialog.showModal());
  onPress(byId("confirm-blocking", HTMLButtonElement), byId("blocking-problem"), async () => {
    await block(true);
    dialog.close();
    byId("unblock").focus();
  });
  onPress(byId("unblock", HTMLButtonElement), byId("unblock-problem"), () => block(false));
}

/**
 * Does what a button is for, once at a time, and says why it failed.
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} problem with role="alert"
 * @param {() => Promise<void>} work
 */
export function onPress(button, problem, work) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    showError(problem, "");
    try {
      await work();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      showError(problem, error.message);
    } finally {
      button.disabled = false;
    }
  });
  // Before that a press would be lost.
  button.disabled = false;
}
