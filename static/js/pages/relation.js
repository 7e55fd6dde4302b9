/** On a person's page: *Block* and *Unblock*, and of a contact *Remove contact*; and what the page shows changes when that does. */

import { fromBase64url, uuidOf } from "../crypto/bytes.js";
import { parseEnvelope } from "../crypto/envelope.js";
import { ProtocolError } from "../crypto/errors.js";
import { onPress, startBlocking } from "../lib/blocking.js";
import { startCatchingUp } from "../lib/catching_up.js";
import { postJson } from "../lib/http.js";
import { inSession, listen } from "../lib/live.js";
import { byId, pageData } from "../lib/page.js";

/** @type {string} the other person's id, as a UUID */
const peer = pageData().peer.user_id;
/** How the page says that they stand in the contacts. @type {{known: boolean, pending: boolean}} */
const shown = pageData().standing;

/** How often the page was told, or has itself done, what changes it. */
let changes = 0;

/** @param {boolean | null} blocked null of somebody who is gone */
function show(blocked) {
  changes += 1;
  byId("blocked").hidden = blocked !== true;
  byId("block").hidden = blocked !== false;
}

function startRemoval() {
  const removal = document.getElementById("removal");
  if (!(removal instanceof HTMLDialogElement)) return;
  const remove = byId("remove", HTMLButtonElement);
  remove.addEventListener("click", () => removal.showModal());
  // Before that a press would be lost.
  remove.disabled = false;
  onPress(byId("confirm-removal", HTMLButtonElement), byId("removal-problem"), async () => {
    await inSession(() => postJson(`/contacts/${peer}/remove/`, {}));
    location.assign("/contacts/");
  });
}

startRemoval();
startBlocking(async (blocked) => {
  await inSession(() => postJson(`/contacts/${peer}/${blocked ? "block" : "unblock"}/`, {}));
  show(blocked);
});
show(pageData().blocked);

/** Loads the page anew, once nothing is being asked on it. */
function renew() {
  const asking = document.querySelector("dialog[open]");
  if (asking === null) location.reload();
  else asking.addEventListener("close", () => location.reload(), { once: true });
}

/** @param {Document} page this one, as it is by now */
function take(page) {
  const data = JSON.parse(page.getElementById("page-data")?.textContent ?? "null");
  if (data?.peer?.user_id !== peer) return;
  show(data.blocked);
  if (data.standing.known !== shown.known || data.standing.pending !== shown.pending) renew();
}

/** @param {string} envelope base64url, of a message of this account's */
function concerns(envelope) {
  try {
    const { sender, receiver } = parseEnvelope(fromBase64url(envelope));
    return [sender, receiver].some((id) => uuidOf(id) === peer);
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

listen((event) => {
  // A message makes two people contacts, or makes them so again.
  if (event.type === "message" && !shown.known && concerns(event.data.envelope)) renew();
  if (event.type !== "contact" || event.data.peer !== peer) return;
  show(event.data.blocked);
  if (shown.known === event.data.removed || (shown.known && shown.pending !== event.data.pending)) renew();
});
startCatchingUp(() => {
  const before = changes;
  // What has happened meanwhile may be later than the answer.
  return (page) => void (changes === before && take(page));
});
