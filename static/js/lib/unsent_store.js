/**
 * Where what is not sent yet lies in this browser, sealed: messages by their ids, drafts by the tab that they were typed in. It outlives a lock
 * and the browser itself. Nothing is written for anybody but the account signed in.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {"outbox" | "drafts"} Shelf
 *
 * @typedef {object} Kept
 * @property {string} peer the other person's id, as a UUID
 * @property {string} id the message's, or the tab's, as a UUID
 * @property {Bytes} sealed
 *
 * @typedef {object} Change
 * @property {Shelf} shelf
 * @property {string} peer UUID
 * @property {string} id UUID
 * @property {Bytes | null} sealed null takes it away
 *
 * @typedef {object} UnsentStore
 * @property {(shelf: Shelf, owner: Bytes, peer?: string) => Promise<Kept[]>} list all of an owner's, or those to one person; rejected with
 *   `AccountGone` when `owner` is not signed in
 * @property {(owner: Bytes, changes: Change[]) => Promise<void>} write all of it or nothing; rejected when `owner` is not signed in
 */

import { uuidOf } from "../crypto/bytes.js";
import { ACCOUNT, isOf, transact } from "./database.js";

/** Comes after every string among IndexedDB's keys. */
const LAST = /** @type {never[]} */ ([]);

/** Nothing lies here for whom it is asked for, not because it was taken: they have signed out, or the browser has dropped its database. */
export class AccountGone extends Error {}

/** @type {UnsentStore} */
export const unsentStore = {
  async list(shelf, owner, peer) {
    const prefix = peer === undefined ? [uuidOf(owner)] : [uuidOf(owner), peer];
    const range = IDBKeyRange.bound(prefix, [...prefix, LAST]);
    let there = false;
    const kept = await transact("readonly", (transaction) => {
      const found = transaction.objectStore(ACCOUNT).get(ACCOUNT);
      found.onsuccess = () => void (there = isOf(found.result, owner));
      return transaction.objectStore(shelf).getAll(range);
    });
    if (!there) throw new AccountGone("This account is not signed in in this browser.");
    return kept;
  },

  async write(owner, changes) {
    await transact("readwrite", (transaction) => {
      const found = transaction.objectStore(ACCOUNT).get(ACCOUNT);
      found.onsuccess = () => {
        if (!isOf(found.result, owner)) return transaction.abort();
        for (const { shelf, peer, id, sealed } of changes) {
          const key = [uuidOf(owner), peer, id];
          if (sealed === null) transaction.objectStore(shelf).delete(key);
          else transaction.objectStore(shelf).put({ peer, id, sealed }, key);
        }
      };
      return found;
    });
  },
};
