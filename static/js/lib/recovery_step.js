/** The step after new keys were made (templates/accounts/_recovery_key.html): the recovery key, shown once. */

import { byId, sameOrigin } from "./page.js";

/** @param {BeforeUnloadEvent} event */
const askBeforeLeaving = (event) => event.preventDefault();

/**
 * Shows the recovery key in place of the step before. "I have saved it" leads on.
 * @param {object} step
 * @param {string} step.recoveryKey 14 groups joined by hyphens
 * @param {string} step.username
 * @param {string} step.next where to go then
 * @param {HTMLElement} step.instead what is hidden
 */
export function showRecoveryStep({ recoveryKey, username, next, instead }) {
  byId("recovery-key").replaceChildren(...recoveryKey.split("-").map(groupItem));
  const owner = `Recovery key of ${username} at ${location.host}`;
  byId("recovery-owner").textContent = owner;
  byId("recovery-copy").addEventListener("click", () => copy(recoveryKey));
  byId("recovery-download").addEventListener("click", () => download(recoveryKey, owner));
  byId("recovery-print").addEventListener("click", () => print());
  byId("recovery-saved").addEventListener("click", () => {
    removeEventListener("beforeunload", askBeforeLeaving);
    location.assign(sameOrigin(next));
  });
  addEventListener("beforeunload", askBeforeLeaving);
  instead.hidden = true;
  byId("recovery-step").hidden = false;
  byId("recovery-heading").focus();
  document.title = "Your recovery key · Sotto";
}

/** @param {string} group */
function groupItem(group) {
  const item = document.createElement("li");
  item.textContent = group;
  return item;
}

/** @param {string} recoveryKey */
async function copy(recoveryKey) {
  const status = byId("recovery-status");
  try {
    await navigator.clipboard.writeText(recoveryKey);
    status.textContent = "Copied.";
  } catch {
    status.textContent = "Your browser did not let Sotto copy it. Select the groups and copy them yourself.";
  }
}

/**
 * @param {string} recoveryKey
 * @param {string} owner whose it is, and where
 */
function download(recoveryKey, owner) {
  const text = `${owner}\n\n${recoveryKey}\n\nWhoever has this can read your messages. Keep it safe.\n`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = "sotto-recovery-key.txt";
  link.click();
  URL.revokeObjectURL(link.href);
  byId("recovery-status").textContent = "Downloaded as sotto-recovery-key.txt.";
}
