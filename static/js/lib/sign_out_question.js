/** What is asked before signing out loses messages (templates/messaging/_signing_out.html). */

import { load } from "./keystore.js";
import { onceSent } from "./leaving.js";
import { byId } from "./page.js";
import { countUnsent } from "./unsent_people.js";

/** @returns {Promise<boolean>} whether to sign out: nothing would be lost, or the person wants it so */
export async function mayLose() {
  // A browser whose store is broken must still be able to sign out.
  const count = () => load().then(countUnsent).catch(() => 0);
  if ((await count()) === 0) return true;
  // What is just being sent need not be asked about.
  await onceSent(async () => undefined);
  const left = await count();
  return left === 0 || ask(left);
}

/** @param {number} count */
function ask(count) {
  const dialog = byId("signing-out", HTMLDialogElement);
  if (dialog.open) return false;
  byId("signing-out-heading").textContent =
    count === 1 ? "1 message is not sent yet. Sign out and lose it?" : `${count} messages are not sent yet. Sign out and lose them?`;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "lose"), { once: true }));
}
