/**
 * Settings, *Download my data* (templates/accounts/_settings_export.html): everything that the server holds of the person, as a file; or their
 * messages alone, opened here.
 */

import { ProtocolError } from "../crypto/errors.js";
import { archiveText } from "./archive.js";
import { FormError, input, onSubmit, requireSecureContext } from "./form.js";
import { postForFile } from "./http.js";
import * as keystore from "./keystore.js";
import { byId } from "./page.js";
import { atPassword, unlock } from "./unlocking.js";

const FIELD = "export-password";
const GARBLED = "What the server sent is not what Sotto exports, so nothing was made of it. Please tell whoever runs this Sotto.";
const KEYS_GONE = "This browser no longer holds your keys. Sign in again.";

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

/**
 * The messages in what was exported, opened here.
 * @param {Blob} exported
 * @param {number} asked
 */
async function readable(exported, asked) {
  const account = await keystore.load();
  if (account === null) throw new FormError(KEYS_GONE);
  try {
    const text = await archiveText({ account, store: keystore, exported: JSON.parse(await exported.text()), asked });
    return new Blob([text], { type: "text/plain" });
  } catch (error) {
    throw error instanceof ProtocolError || error instanceof SyntaxError ? new FormError(GARBLED) : error;
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
    const asked = Date.now();
    const exported = await fetchExport(secret);
    if (input(form, "export-readable").checked) {
      await say("Opening your messages…");
      save(await readable(exported, asked), `sotto-${person.username}.txt`);
    } else save(exported, `sotto-${person.username}.json`);
    form.reset();
  });
}
