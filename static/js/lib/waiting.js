/** Has what waits in the outbox sent, whatever page is open: one tab sees to it, whenever there is a connection again. */

import { load } from "./keystore.js";
import { HttpError } from "./http.js";
import { peopleWaiting } from "./unsent_people.js";
import { AccountGone } from "./unsent_store.js";

/** The other person's id where a conversation is open: its page sends by itself. */
function openHere() {
  const data = document.getElementById("page-data")?.textContent ?? "{}";
  return JSON.parse(data).peer?.user_id;
}

let trying = false;
let again = false;

/**
 * Asked for again while it is tried, it is tried once more: what is on its way may have been lost before there was a connection again.
 * @returns {Promise<void>} when it has been tried
 */
export async function sendWaiting() {
  again = true;
  if (trying) return;
  trying = true;
  try {
    while (again) await sendOnce();
  } finally {
    trying = false;
  }
}

async function sendOnce() {
  again = false;
  await navigator.locks.request("sotto-drain", { ifAvailable: true }, async (lock) => {
    const account = lock === null ? null : await load();
    if (account === null) return;
    const people = await peopleWaiting(account).catch(unlessGone);
    people.delete(openHere());
    for (const [peer, { name }] of people) await drainFor(account, peer, name);
  });
}

/**
 * Nothing waits for somebody who has signed out meanwhile.
 * @param {unknown} error
 * @returns {Map<string, import("./unsent_people.js").Waiting>}
 */
function unlessGone(error) {
  if (error instanceof AccountGone) return new Map();
  throw error;
}

/**
 * @param {import("./keystore.js").Account} account
 * @param {string} peer UUID
 * @param {string} name
 */
async function drainFor(account, peer, name) {
  // Most pages never need it.
  const { drain } = await import("./drain.js");
  try {
    await drain(account, peer, name);
  } catch (error) {
    // It waits for the next time.
    if (!(error instanceof HttpError)) throw error;
  }
}
