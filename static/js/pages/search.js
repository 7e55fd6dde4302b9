/** The search page: *Send message* exchanges a key with the person found, and goes on to the conversation. */

import { idOf } from "../crypto/bytes.js";
import { readOwnBundle } from "../lib/bundles.js";
import { HttpError } from "../lib/http.js";
import { exchangeKey } from "../lib/intent.js";
import * as keystore from "../lib/keystore.js";
import { byId, pageData, showError } from "../lib/page.js";
import { Pins } from "../lib/pins.js";
import { Refusal } from "../lib/refusal.js";

/** @typedef {{user_id: string, username: string, bundle: string, pin: string | null}} Peer `pin`: what was kept of a contact's identity */

/**
 * @param {Peer} peer
 * @param {string} name as the page shows it
 * @param {string | null} shown the account's own bundle, as the server shows it
 */
async function begin(peer, name, shown) {
  const account = await keystore.load();
  if (account === null) throw new Refusal("own_identity", "This browser no longer has your keys. Sign in again.");
  const pins = new Pins({ account, store: keystore, peer: idOf(peer.user_id), name });
  await pins.open(peer.pin);
  const own = await readOwnBundle(account, shown);
  await exchangeKey({ account, own, peer: await pins.meetShown(peer.bundle), pins, after: null });
}

/**
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} work
 */
async function busyWhile(button, work) {
  button.disabled = true;
  button.ariaBusy = "true";
  showError(byId("trouble"), "");
  try {
    await work();
  } catch (error) {
    const expected = error instanceof HttpError || error instanceof Refusal;
    showError(byId("trouble"), expected ? error.message : "The key that the server shows for this person is not right. Nothing was sent.");
    if (!expected) console.error(error);
  } finally {
    button.disabled = false;
    button.ariaBusy = null;
  }
}

function main() {
  const { peer, my_bundle: shown } = pageData();
  if (!peer?.bundle) return;
  const name = byId("person-name").textContent ?? "";
  const button = byId("send-message", HTMLButtonElement);
  button.addEventListener("click", () =>
    busyWhile(button, async () => {
      await begin(peer, name, shown);
      location.assign(`/messages/${encodeURIComponent(name)}/`);
    }),
  );
}

main();
