/** Settings, *Download my data* (templates/accounts/_settings_export.html): everything that the server holds of the person, as a file. */

import { onSubmit, requireSecureContext } from "./form.js";
import { postForFile } from "./http.js";
import { byId } from "./page.js";
import { atPassword, unlock } from "./unlocking.js";

const FIELD = "export-password";

/**
 * Has the browser save a file.
 * @param {Blob} file
 * @param {string} name
 */
function save(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
  byId("export-state").textContent = `Downloaded as ${name}.`;
}

/** @param {string} secret */
async function fetchExport(secret) {
  try {
    return await postForFile("/accounts/export/", { secret });
  } catch (error) {
    throw atPassword(error, FIELD);
  }
}

/** Lets the section do its work. */
export function watchExport() {
  const form = byId("export-form", HTMLFormElement);
  onSubmit(form, async (say) => {
    byId("export-state").textContent = "";
    requireSecureContext();
    await say("Checking your password…");
    const { person, secret } = await unlock(form, FIELD);
    await say("Collecting your data…");
    save(await fetchExport(secret), `sotto-${person.username}.json`);
    form.reset();
  });
}
