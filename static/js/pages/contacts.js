/** The contacts page: accepts people who have written for the first time, unblocks those who are blocked, and shows since when others are contacts, and who is verified. */

import { idOf } from "../crypto/bytes.js";
import { onPress } from "../lib/blocking.js";
import { newestOf, readBundles } from "../lib/bundles.js";
import { startCatchingUp } from "../lib/catching_up.js";
import { showDay } from "../lib/dates.js";
import { glance } from "../lib/glance.js";
import { postJson } from "../lib/http.js";
import * as keystore from "../lib/keystore.js";
import { inSession, listen } from "../lib/live.js";
import { showMark } from "../lib/marks.js";
import { byId, pageData } from "../lib/page.js";

/** @param {keystore.Account} account */
async function showMarks(account) {
  const { pins: sealed, bundles } = pageData();
  const identities = await readBundles(bundles);
  for (const item of document.querySelectorAll("li[data-peer]")) {
    const { peer: id = "", erased } = /** @type {HTMLElement} */ (item).dataset;
    if (erased !== undefined) continue;
    const person = { id, name: item.querySelector(".person-name")?.textContent ?? "", erased: false };
    const shown = newestOf(identities, idOf(id));
    const pins = await glance({ account, store: keystore, person, pin: sealed[id] ?? null, bundles: {}, shown });
    showMark(item.querySelector(".mark"), pins.state);
  }
}

/**
 * Whether somebody stands on the page where they belong.
 * @param {import("../lib/acquaintance.js").Standing & {peer: string}} standing
 */
function isShown({ peer, pending, removed, blocked }) {
  const item = document.querySelector(`li[data-peer="${CSS.escape(peer)}"]`);
  const isBlocked = document.querySelector(`li[data-blocked="${CSS.escape(peer)}"]`) !== null;
  const asks = item !== null && item.querySelector("button.accept") !== null;
  return blocked === isBlocked && (item !== null) === (!removed && !blocked) && asks === (pending && !removed && !blocked);
}

/**
 * Who stands where on a page.
 * @param {Document} page
 */
function placesIn(page) {
  const items = /** @type {HTMLElement[]} */ ([...page.querySelectorAll("li[data-peer], li[data-blocked]")]);
  return items.map((item) => `${item.dataset.peer} ${item.dataset.blocked} ${item.querySelector("button.accept") !== null}`).join();
}

for (const time of document.querySelectorAll("time")) showDay(time, Date.parse(time.dateTime));
for (const verb of ["accept", "unblock"]) {
  for (const button of document.querySelectorAll(`button.${verb}`)) {
    if (!(button instanceof HTMLButtonElement)) continue;
    onPress(button, byId("trouble"), async () => {
      await inSession(() => postJson(`/contacts/${button.value}/${verb}/`, {}));
      location.reload();
    });
  }
}
listen((event) => {
  if (event.type === "contact" && !isShown(event.data)) location.reload();
});
startCatchingUp(() => (page) => void (placesIn(page) !== placesIn(document) && location.reload()));

const account = await keystore.load();
// Without keys the page is left: see signed_in.js.
if (account !== null) await showMarks(account);
