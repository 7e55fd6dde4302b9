/** What is asked before signing out loses messages or drafts (templates/messaging/_signing_out.html). */

import { getPin, load } from "./keystore.js";
import { onceSent } from "./leaving.js";
import { byId } from "./page.js";
import { lossOf, NOTHING, unsentOf } from "./unsent_people.js";

/** @typedef {import("./unsent_people.js").Loss} Loss */

/** @returns {Promise<boolean>} whether to sign out: nothing would be lost, or the person wants it so */
export async function mayLose() {
  let loss = await look();
  if (loss.messages > 0) {
    // What is just being sent need not be asked about.
    await onceSent(async () => undefined);
    loss = await look();
  }
  const words = lossOf(loss);
  return words === "" || ask(words);
}

/** @returns {Promise<Loss>} nothing where the browser's store is broken: one must still be able to sign out there */
async function look() {
  const nameOf = async (/** @type {string} */ peer) => (await getPin(peer))?.name ?? "";
  return load().then((account) => unsentOf(account, nameOf)).catch(() => NOTHING);
}

/** @param {string} words */
function ask(words) {
  const dialog = byId("signing-out", HTMLDialogElement);
  if (dialog.open) return false;
  byId("signing-out-heading").textContent = words;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "lose"), { once: true }));
}
