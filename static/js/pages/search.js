/** The search page: *Send message* exchanges a key with the person found, and goes on to the conversation. */

import { idOf } from "../crypto/bytes.js";
import { readBundle, readOwnBundle } from "../lib/bundles.js";
import { glance } from "../lib/glance.js";
import { HttpError } from "../lib/http.js";
import { exchangeKey } from "../lib/intent.js";
import * as keystore from "../lib/keystore.js";
import { showMark } from "../lib/marks.js";
import { byId, pageData, showError } from "../lib/page.js";
import { Pins } from "../lib/pins.js";
import { ask } from "../lib/question.js";
import { Refusal } from "../lib/refusal.js";

/** @typedef {{user_id: string, username: string, bundle: string, pin: string | null}} Peer `pin`: what was kept of a contact's identity */

/**
 * @param {Peer} peer
 * @param {string} name as the page shows it
 * @param {string | null} shown the account's own bundle, as the server shows it
 */
async function prepare(peer, name, shown) {
  const account = await keystore.load();
  if (account === null) throw new Refusal("own_identity", "This browser no longer has your keys. Sign in again.");
  const pins = new Pins({ account, store: keystore, peer: idOf(peer.user_id), name });
  await pins.open(peer.pin);
  const own = await readOwnBundle(account, shown);
  return { account, own, pins };
}

/** @typedef {Awaited<ReturnType<typeof prepare>>} Prepared */

/**
 * Exchanges a key, and goes on to the conversation.
 * @param {Prepared} prepared
 * @param {Peer} peer
 * @param {string} name
 */
async function begin({ account, own, pins }, peer, name) {
  await exchangeKey({ account, own, peer: await pins.meetShown(peer.bundle), pins, after: null });
  location.assign(`/messages/${encodeURIComponent(name)}/`);
}

/**
 * Asks whether to go on with an identity, and goes on.
 * @param {Refusal} question
 * @param {Prepared} prepared
 * @param {Peer} peer
 * @param {string} name
 */
function askFirst(question, prepared, peer, name) {
  ask(byId("trouble"), question, () =>
    reporting(async () => {
      await prepared.pins.confirm();
      // Where there is no pin, there may be no contact to keep one with yet.
      if (peer.pin !== null) await prepared.pins.keep();
      await begin(prepared, peer, name);
    }),
  );
}

/**
 * Shows why something could not be done.
 * @param {() => Promise<void>} work
 */
async function reporting(work) {
  try {
    await work();
  } catch (error) {
    const expected = error instanceof HttpError || error instanceof Refusal;
    showError(byId("trouble"), expected ? error.message : "The key that the server shows for this person is not right. Nothing was sent.");
    if (!expected) console.error(error);
  }
}

/**
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} work
 */
async function busyWhile(button, work) {
  button.disabled = true;
  button.ariaBusy = "true";
  showError(byId("trouble"), "");
  await reporting(work);
  button.disabled = false;
  button.ariaBusy = null;
}

/**
 * Shows whether the person found is verified.
 * @param {Peer} peer
 * @param {string} name
 */
async function showKnown(peer, name) {
  const account = await keystore.load();
  // Without keys the page is left: see signed_in.js.
  if (account === null) return;
  const shown = await readBundle(peer.bundle).catch(() => null);
  const person = { id: peer.user_id, name, erased: false };
  const pins = await glance({ account, store: keystore, person, pin: peer.pin, bundles: {}, shown });
  showMark(byId("mark"), shown === null ? "unverified" : pins.state);
}

function main() {
  const { peer, my_bundle: shown } = pageData();
  if (!peer?.bundle) return;
  const name = byId("person-name").textContent ?? "";
  void showKnown(peer, name);
  const button = byId("send-message", HTMLButtonElement);
  button.addEventListener("click", () =>
    busyWhile(button, async () => {
      const prepared = await prepare(peer, name, shown);
      try {
        await begin(prepared, peer, name);
      } catch (error) {
        if (!(error instanceof Refusal) || !error.asks) throw error;
        askFirst(error, prepared, peer, name);
      }
    }),
  );
  // Before that a press would be lost.
  button.disabled = false;
}

main();
