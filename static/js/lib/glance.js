/**
 * What is known of people whose names a page shows, without deciding anything: nothing is written, and nobody is asked. Whether a new
 * identity is to count is decided in the conversation, or on the contact's own page.
 *
 * @typedef {import("../crypto/identity.js").Bundle} Bundle
 *
 * @typedef {object} Glance
 * @property {import("./keystore.js").Account} account
 * @property {import("./keystore.js").Store} store
 * @property {{id: string, name: string, erased: boolean}} person UUID, and the name as the page shows it
 * @property {string | null} pin the server's, base64url
 * @property {Record<string, string>} bundles base64url by bundle hash
 * @property {Bundle | null} shown the newest identity that the server shows for the person
 * @property {number} [asked] when the server was asked for it, in milliseconds since 1970
 */

import { idOf } from "../crypto/bytes.js";
import { Pins } from "./pins.js";
import { Refusal } from "./refusal.js";

/**
 * @param {Glance} glance
 * @returns {Promise<Pins>}
 */
export async function glance({ account, store, person: { id, name, erased }, pin, bundles, shown, asked = performance.timeOrigin }) {
  const pins = new Pins({ account, store: { ...store, putPin: async () => undefined }, peer: idOf(id), name, erased, asked });
  await pins.learn(bundles);
  await pins.open(pin);
  try {
    if (shown !== null && !(erased && pins.named)) await pins.meet(shown);
  } catch (error) {
    // It shows in `state`, and in what does not open.
    if (!(error instanceof Refusal)) throw error;
  }
  return pins;
}
