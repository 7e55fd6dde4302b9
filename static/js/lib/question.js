/**
 * What the person is asked before anything is sent: a sentence and *Continue*, which is pressed on purpose or not at all. Of somebody who had
 * been verified it asks once more (templates/contacts/_continuing.html), and leads to comparing first.
 *
 * @typedef {import("./refusal.js").Refusal} Refusal
 */

import { byId, showError } from "./page.js";

/**
 * Asks in an element with role="alert".
 * @param {HTMLElement} element
 * @param {Refusal} question
 * @param {() => Promise<void>} proceed what *Continue* does; when it fails, it can be pressed again
 */
export function ask(element, question, proceed) {
  const { compareAt } = question;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Continue";
  button.addEventListener("click", () => (compareAt === null ? carryOut(button, proceed) : askAgain(() => carryOut(button, proceed))));
  showError(element, question.message);
  if (compareAt === null) return element.append(button);
  const row = document.createElement("div");
  row.className = "actions";
  row.append(comparing(compareAt), button);
  button.className = "secondary";
  element.append(row);
}

/**
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} proceed
 */
async function carryOut(button, proceed) {
  button.disabled = true;
  try {
    await proceed();
  } finally {
    button.disabled = false;
  }
}

/** @param {string} address */
function comparing(address) {
  const link = document.createElement("a");
  link.setAttribute("role", "button");
  link.href = address;
  link.textContent = "Compare safety numbers";
  return link;
}

/** @param {() => Promise<void>} proceed */
function askAgain(proceed) {
  const dialog = byId("continuing", HTMLDialogElement);
  byId("continue-anyway", HTMLButtonElement).onclick = () => {
    dialog.close();
    void proceed();
  };
  dialog.showModal();
}
