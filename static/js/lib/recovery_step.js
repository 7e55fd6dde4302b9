/** The step in which somebody sees a new recovery key (templates/accounts/_recovery_key.html): once, and never again. */

import { byId, sameOrigin, showError } from "./page.js";

/** @param {BeforeUnloadEvent} event */
const askBeforeLeaving = (event) => event.preventDefault();

/**
 * Shows the recovery key in place of the step before, until the person has saved it.
 * @param {object} step
 * @param {string} step.recoveryKey 14 groups joined by hyphens
 * @param {string} step.username
 * @param {HTMLElement[]} step.instead what is hidden
 * @param {() => Promise<void>} step.saved what *I have saved it* does; when it fails, the message is shown and it can be pressed again
 * @param {(() => void) | null} [step.cancelled] what *Keep the old one* does, where there is an old one
 * @returns {() => void} takes the step away again, and shows what was hidden
 */
export function showRecoveryStep({ recoveryKey, username, instead, saved, cancelled = null }) {
  const hidden = instead.filter((element) => !element.hidden);
  const shown = new AbortController();
  const title = document.title;
  fill(recoveryKey, username, shown.signal);
  onClick("recovery-saved", () => confirm(saved), shown.signal);
  byId("recovery-replaces").hidden = byId("recovery-cancel").hidden = cancelled === null;
  if (cancelled !== null) onClick("recovery-cancel", cancelled, shown.signal);
  addEventListener("beforeunload", askBeforeLeaving, { signal: shown.signal });
  for (const element of hidden) element.hidden = true;
  byId("recovery-step").hidden = false;
  byId("recovery-heading").focus();
  document.title = "Your recovery key · Sotto";
  return () => {
    shown.abort();
    forget();
    for (const element of hidden) element.hidden = false;
    document.title = title;
  };
}

/**
 * Leaves the page for good, without a question: the recovery key is saved.
 * @param {string} next where to go, as the server names it
 */
export function goOn(next) {
  removeEventListener("beforeunload", askBeforeLeaving);
  location.assign(sameOrigin(next));
}

/**
 * @param {string} id
 * @param {() => void} act
 * @param {AbortSignal} signal
 */
function onClick(id, act, signal) {
  byId(id).addEventListener("click", act, { signal });
}

/**
 * @param {string} recoveryKey
 * @param {string} username
 * @param {AbortSignal} signal
 */
function fill(recoveryKey, username, signal) {
  const owner = `Recovery key of ${username} at ${location.host}`;
  byId("recovery-key").replaceChildren(...recoveryKey.split("-").map(groupItem));
  byId("recovery-owner").textContent = owner;
  byId("recovery-status").textContent = "";
  showError(byId("recovery-alert"), "");
  onClick("recovery-copy", () => copy(recoveryKey), signal);
  onClick("recovery-download", () => download(recoveryKey, owner), signal);
  onClick("recovery-print", () => print(), signal);
}

/** Nothing of the key is left in the page. */
function forget() {
  byId("recovery-step").hidden = true;
  byId("recovery-key").replaceChildren();
}

/** @param {() => Promise<void>} saved */
async function confirm(saved) {
  const button = byId("recovery-saved", HTMLButtonElement);
  const alert = byId("recovery-alert");
  if (button.disabled) return;
  button.disabled = true;
  // An answer may be lost: from here on nobody can be promised the old one.
  byId("recovery-cancel").hidden = true;
  showError(alert, "");
  try {
    await saved();
  } catch (error) {
    showError(alert, error instanceof Error ? error.message : String(error));
  }
  button.disabled = false;
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
