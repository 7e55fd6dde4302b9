/** The contacts page: accepts people who have written for the first time, and shows since when others are contacts. */

import { showTime } from "../lib/dates.js";
import { HttpError, postJson } from "../lib/http.js";
import { byId, showError } from "../lib/page.js";

/** @param {HTMLButtonElement} button */
async function accept(button) {
  button.disabled = true;
  try {
    await postJson(`/contacts/${button.value}/accept/`, {});
    location.reload();
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    showError(byId("trouble"), error.message);
    button.disabled = false;
  }
}

for (const time of document.querySelectorAll("time")) showTime(time, Date.parse(time.dateTime), { short: true });
for (const button of document.querySelectorAll("button.accept")) {
  if (button instanceof HTMLButtonElement) button.addEventListener("click", () => accept(button));
}
