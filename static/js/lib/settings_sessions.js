/** The settings' list of browsers that one is signed in in, and signing them out (templates/accounts/_settings_sessions.html). */

import { showTime } from "./dates.js";
import { HttpError, postJson } from "./http.js";
import { byId, showError } from "./page.js";

/**
 * Shows the times, and has the buttons work.
 * @param {HTMLElement} section
 */
export function startSessions(section) {
  for (const time of section.querySelectorAll("time")) showTime(time, Date.parse(time.dateTime), { short: true });
  for (const row of rows(section)) buttonOf(row).addEventListener("click", () => endOne(section, row));
  byId("end-others").addEventListener("click", () => endOthers(section));
  enable(section, true);
}

/**
 * The other browsers' rows.
 * @param {HTMLElement} section
 */
const rows = (section) => /** @type {HTMLElement[]} */ ([...section.querySelectorAll(".session[data-session]")]);

/** @param {HTMLElement} row */
const buttonOf = (row) => /** @type {HTMLButtonElement} */ (row.querySelector("button"));

/**
 * @param {HTMLElement} section
 * @param {boolean} enabled
 */
function enable(section, enabled) {
  for (const button of [...rows(section).map(buttonOf), byId("end-others", HTMLButtonElement)]) button.disabled = !enabled;
}

/**
 * @param {HTMLElement} section
 * @param {HTMLElement} row
 */
async function endOne(section, row) {
  const name = row.querySelector(".person-name")?.textContent?.trim() ?? "";
  await attempt(section, async () => {
    try {
      await postJson("/accounts/sessions/end/", { session: row.dataset.session });
    } catch (error) {
      // Signed out by itself, or from elsewhere, meanwhile.
      if (!(error instanceof HttpError) || error.code !== "not_found") throw error;
    }
    row.remove();
    return `${name} is signed out.`;
  });
}

/** @param {HTMLElement} section */
async function endOthers(section) {
  await attempt(section, async () => {
    await postJson("/accounts/sessions/end-others/", {});
    for (const row of rows(section)) row.remove();
    return "All other browsers are signed out.";
  });
}

/**
 * Does something to the list, one thing at a time, and says what came of it.
 * @param {HTMLElement} section
 * @param {() => Promise<string>} work gives what is said
 */
async function attempt(section, work) {
  const alert = /** @type {HTMLElement} */ (section.querySelector('[role="alert"]'));
  const before = document.activeElement;
  showError(alert, "");
  enable(section, false);
  try {
    byId("sessions-state").textContent = await work();
  } catch (error) {
    showError(alert, error instanceof HttpError ? error.message : "Something went wrong in this page. Reload it and try again.");
  }
  enable(section, true);
  const alone = rows(section).length === 0;
  byId("no-other-sessions").hidden = !alone;
  byId("end-others").hidden = alone;
  const gone = !(before instanceof HTMLElement) || !before.isConnected || before.hidden;
  (gone ? byId("sessions-heading") : before).focus();
}
