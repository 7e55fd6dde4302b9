/** What the person is asked before anything is sent: a sentence and *Continue*, which is pressed on purpose or not at all. */

import { showError } from "./page.js";

/**
 * Asks in an element with role="alert".
 * @param {HTMLElement} element
 * @param {string} question
 * @param {() => Promise<void>} proceed what *Continue* does; when it fails, it can be pressed again
 */
export function ask(element, question, proceed) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Continue";
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await proceed();
    } finally {
      button.disabled = false;
    }
  });
  showError(element, question);
  element.append(button);
}
