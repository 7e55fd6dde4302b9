/** Settings, *Delete account* (templates/accounts/_settings_deletion.html): asks for the password, and then once more, before it is sent. */

import { FormError, input, onSubmit, requireSecureContext } from "./form.js";
import { HttpError, postJson } from "./http.js";
import { wipe } from "./keystore.js";
import { beginLeaving, leaveFor, onceSent, onLeaving } from "./leaving.js";
import { byId } from "./page.js";
import { forgetTab } from "./tabs.js";
import { atPassword, unlock } from "./unlocking.js";

const FIELD = "deletion-password";
const DONE = "/accounts/deleted/";
const UNANSWERED = new Set(["offline", "unavailable"]);
const UNCERTAIN =
  "Sotto did not answer, so it is not certain whether your account was deleted. Reload the page: if you are asked to sign in and cannot, it was.";

/**
 * What is on its way. The session ends before the answer is here, and the page, which is left then, waits for it.
 * @type {Promise<void> | null}
 */
let sending = null;

/** @returns {Promise<boolean>} whether the person means it */
function confirmed() {
  const dialog = byId("account-deletion", HTMLDialogElement);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "delete"), { once: true }));
}

/** @param {string} secret */
async function send(secret) {
  try {
    await postJson("/accounts/delete/", { secret });
    leaveFor(DONE);
    // Here, since whatever else has the page left waits for this, and would keep what is not sent yet.
    forgetTab();
    await onceSent(wipe).catch(console.error);
  } catch (error) {
    if (error instanceof HttpError && UNANSWERED.has(error.code)) throw new FormError(UNCERTAIN);
    throw atPassword(error, FIELD);
  }
}

/** Goes to the page that says that it is done. */
async function leave() {
  // Else the page is being left already, since its session is over.
  if (!(await beginLeaving("signed_out"))) return;
  location.replace(DONE);
}

/** Lets the section do its work. */
export function watchDeletion() {
  const form = byId("deletion-form", HTMLFormElement);
  onLeaving(async () => sending?.catch(() => undefined));
  onSubmit(form, async (say) => {
    requireSecureContext();
    await say("Checking your password…");
    const { secret } = await unlock(form, FIELD);
    if (!(await confirmed())) return input(form, FIELD).focus();
    await say("Deleting your account…");
    sending = send(secret);
    await sending;
    await leave();
    return true;
  });
}
