/** The contacts page: accepts people who have written for the first time, and shows since when others are contacts, and who is verified. */

import { idOf } from "../crypto/bytes.js";
import { newestOf, readBundles } from "../lib/bundles.js";
import { showTime } from "../lib/dates.js";
import { glance } from "../lib/glance.js";
import { HttpError, postJson } from "../lib/http.js";
import * as keystore from "../lib/keystore.js";
import { showMark } from "../lib/marks.js";
import { byId, pageData, showError } from "../lib/page.js";

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

/** @param {keystore.Account} account */
async function showMarks(account) {
  const { pins: sealed, bundles } = pageData();
  const identities = await readBundles(bundles);
  for (const item of document.querySelectorAll("li.person")) {
    const { peer: id = "", erased } = /** @type {HTMLElement} */ (item).dataset;
    if (erased !== undefined) continue;
    const person = { id, name: item.querySelector(".person-name")?.textContent ?? "", erased: false };
    const shown = newestOf(identities, idOf(id));
    const pins = await glance({ account, store: keystore, person, pin: sealed[id] ?? null, bundles: {}, shown });
    showMark(item.querySelector(".mark"), pins.state);
  }
}

for (const time of document.querySelectorAll("time")) showTime(time, Date.parse(time.dateTime), { short: true });
for (const button of document.querySelectorAll("button.accept")) {
  if (button instanceof HTMLButtonElement) button.addEventListener("click", () => accept(button));
}

const account = await keystore.load();
// Without keys the page is left: see signed_in.js.
if (account !== null) await showMarks(account);
