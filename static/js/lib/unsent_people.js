/**
 * To whom something is not sent yet in this browser: what signing out would lose, and what the list of conversations says.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("./keystore.js").Account} Account
 *
 * @typedef {object} Waiting
 * @property {string} name the other person's username, when the first of the messages was written
 * @property {number} count of messages
 */

import { idOf } from "../crypto/bytes.js";
import { ProtocolError } from "../crypto/errors.js";
import { openEntry } from "../crypto/unsent.js";
import { unsentStore } from "./unsent_store.js";

/** The tabs tell each other here what they keep and forget. */
export const CHANNEL = "sotto-outbox";

/** @type {(() => number)[]} */
const counts = [];

/**
 * Has messages counted that this page could not have kept in the browser.
 * @param {() => number} count
 */
export function countToo(count) {
  counts.push(count);
}

/**
 * @param {Pick<Account, "userId" | "accountKey">} account
 * @param {import("./unsent_store.js").UnsentStore} [store]
 * @returns {Promise<Map<string, Waiting>>} by the other person's id, a UUID
 */
export async function peopleWaiting({ userId, accountKey }, store = unsentStore) {
  /** @type {Map<string, Waiting>} */
  const people = new Map();
  for (const { peer, id, sealed } of await store.list("outbox", userId)) {
    const entry = await openEntry({ accountKey, owner: userId, peer: idOf(peer) }, idOf(id), sealed).catch((error) => {
      if (!(error instanceof ProtocolError)) throw error;
    });
    if (entry !== undefined) people.set(peer, { name: entry.name, count: (people.get(peer)?.count ?? 0) + 1 });
  }
  return people;
}

/**
 * @param {Account | null} account
 * @returns {Promise<number>} how many messages would be lost now by signing out
 */
export async function countUnsent(account) {
  const people = account === null ? [] : [...(await peopleWaiting(account)).values()];
  return [...people.map(({ count }) => count), ...counts.map((count) => count())].reduce((sum, count) => sum + count, 0);
}
