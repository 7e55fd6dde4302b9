/** On a person's page: *Block* and *Unblock*, and of a contact *Remove contact*. */

import { onPress, startBlocking } from "../lib/blocking.js";
import { postJson } from "../lib/http.js";
import { listen } from "../lib/live.js";
import { byId, pageData } from "../lib/page.js";

/** @type {string} the other person's id, as a UUID */
const peer = pageData().peer.user_id;

/** @param {boolean | null} blocked null of somebody who is gone */
function show(blocked) {
  byId("blocked").hidden = blocked !== true;
  byId("block").hidden = blocked !== false;
}

function startRemoval() {
  const removal = document.getElementById("removal");
  if (!(removal instanceof HTMLDialogElement)) return;
  byId("remove").addEventListener("click", () => removal.showModal());
  onPress(byId("confirm-removal", HTMLButtonElement), byId("removal-problem"), async () => {
    await postJson(`/contacts/${peer}/remove/`, {});
    location.assign("/contacts/");
  });
}

startRemoval();
startBlocking(async (blocked) => {
  await postJson(`/contacts/${peer}/${blocked ? "block" : "unblock"}/`, {});
  show(blocked);
});
show(pageData().blocked);
listen((event) => {
  if (event.type === "contact" && event.data.peer === peer) show(event.data.blocked);
});
