//# allFunctionsCalledOnLoad
/** This browser's IndexedDB (database "sotto"): its stores, and transactions over them. */

import { equal } from "../crypto/bytes.js";

/** @typedef {import("../crypto/bytes.js").Bytes} Bytes */

const DATABASE = "sotto";
const VERSION = 5;

export const ACCOUNT = "account";
export const EPOCH_KEYS = "epoch_keys";
export const PINS = "pins";
export const HEADS = "heads";
export const OUTBOX = "outbox";
export const DRAFTS = "drafts";

const STORES = [ACCOUNT, EPOCH_KEYS, PINS, HEADS, OUTBOX, DRAFTS];

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @type {Promise<IDBDatabase> | null} the page's connection, while it is open */
let connection = null;

/** @type {(() => void)[]} */
const works = [];

/**
 * Calls back when the database has gone under the page: the browser has dropped it, or somebody has deleted it.
 * @param {() => void} work
 */
export function onDropped(work) {
  works.push(work);
}

/**
 * Opens the database once for the page; anew after it was given up: when it broke, or when somebody wants it deleted or of another version.
 * @returns {Promise<IDBDatabase>}
 */
function connected() {
  connection ??= openDatabase();
  const opening = connection;
  const forget = () => void (connection === opening && (connection = null));
  opening.then((database) => {
    database.onclose = () => {
      forget();
      for (const work of works) work();
    };
    database.onversionchange = ({ newVersion }) => {
      forget();
      database.close();
      if (newVersion === null) for (const work of works) work();
    };
  }, forget);
  return opening;
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  const request = indexedDB.open(DATABASE, VERSION);
  request.onupgradeneeded = () => {
    // What an earlier version has kept here is made anew by signing in.
    for (const name of request.result.objectStoreNames) request.result.deleteObjectStore(name);
    for (const name of STORES) request.result.createObjectStore(name);
    const stores = /** @type {IDBTransaction} */ (request.transaction);
    stores.objectStore(EPOCH_KEYS).createIndex("peer", "peer");
    stores.objectStore(PINS).createIndex("nameKey", "nameKey");
  };
  return settled(request);
}

/**
 * Runs one transaction over all stores, and waits until it is on the disk.
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(transaction: IDBTransaction) => IDBRequest<T>} work asks for all it wants at once; the last request's result is the answer
 * @returns {Promise<T>}
 */
export async function transact(mode, work) {
  const database = await connected();
  const transaction = database.transaction(STORES, mode);
  const request = work(transaction);
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error ?? new DOMException("The transaction was given up.", "AbortError"));
  });
}

/**
 * @param {{userId: Bytes} | undefined} account what is kept of an account
 * @param {Bytes} owner 16 bytes
 */
export const isOf = (account, owner) => account !== undefined && equal(account.userId, owner);
