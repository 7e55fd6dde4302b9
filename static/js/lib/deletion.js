/** *Delete conversation*: asks, says what it means, and leaves the page when it is done. */

import { HttpError } from "./http.js";
import { byId, showError } from "./page.js";

/** @param {{delete: () => Promise<void>}} conversation */
export function startDeletion(conversation) {
  const dialog = byId("deletion", HTMLDialogElement);
  byId("delete-conversation").addEventListener("click", () => dialog.showModal());
  const confirm = byId("confirm-deletion", HTMLButtonElement);
  confirm.addEventListener("click", () => carryOut(conversation, confirm));
}

/**
 * @param {{delete: () => Promise<void>}} conversation
 * @param {HTMLButtonElement} button
 */
async function carryOut(conversation, button) {
  button.disabled = true;
  try {
    await conversation.delete();
    location.assign("/messages/");
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    showError(byId("deletion-problem"), error.message);
    button.disabled = false;
  }
}
