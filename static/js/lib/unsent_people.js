/**
 * To whom something is not sent yet in this browser: what signing out would lose, and what the list of conversations says.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {Pick<import("./keystore.js").Account, "userId" | "accountKey">} Account
 * @typedef {import("./unsent_store.js").UnsentStore} UnsentStore
 *
 * @typedef {object} Waiting
 * @property {string} name the other person's username, when the first of the messages was written
 * @property {number} count of messages
 *
 * @typedef {object} Loss what signing out would lose
 * @property {number} messages
 * @property {string[]} drafts to whom each is; empty where that is not known
 */

import { idOf } from "../crypto/bytes.js";
import { ProtocolError } from "../crypto/errors.js";
import { openDraft, openEntry } from "../crypto/unsent.js";
import { unsentStore } from "./unsent_store.js";

/** The tabs tell each other here what they keep and forget. */
export const CHANNEL = "sotto-outbox";

/** @type {Loss} */
export const NOTHING = { messages: 0, drafts: [] };

/** @type {(() => Promise<Loss>)[]} */
const looks = [];

/**
 * Has counted too what this page could not have kept in the browser.
 * @param {() => Promise<Loss>} look
 */
export function countToo(look) {
  looks.push(look);
}

/**
 * @template T
 * @param {Promise<T>} opening
 * @returns {Promise<T | null>} null for what was sealed under keys that are gone
 */
const ifOpen = (opening) =>
  opening.catch((error) => {
    if (!(error instanceof ProtocolError)) throw error;
    return null;
  });

/**
 * @param {Account} account
 * @param {UnsentStore} [store]
 * @returns {Promise<Map<string, Waiting>>} by the other person's id, a UUID
 */
export async function peopleWaiting({ userId, accountKey }, store = unsentStore) {
  /** @type {Map<string, Waiting>} */
  const people = new Map();
  for (const { peer, id, sealed } of await store.list("outbox", userId)) {
    const entry = await ifOpen(openEntry({ accountKey, owner: userId, peer: idOf(peer) }, idOf(id), sealed));
    if (entry !== null) people.set(peer, { name: entry.name, count: (people.get(peer)?.count ?? 0) + 1 });
  }
  return people;
}

/**
 * @param {Account} account
 * @param {UnsentStore} [store]
 * @returns {Promise<string[]>} to whom there are drafts in which something was typed: the id, a UUID, for each
 */
export async function draftsOf({ userId, accountKey }, store = unsentStore) {
  const peers = [];
  for (const { peer, sealed } of await store.list("drafts", userId)) {
    const draft = await ifOpen(openDraft({ accountKey, owner: userId, peer: idOf(peer) }, sealed));
    if (draft !== null && (draft.text + (draft.edit?.text ?? "")).trim() !== "") peers.push(peer);
  }
  return peers;
}

/**
 * @param {Account | null} account
 * @param {(peer: string) => Promise<string>} nameOf the name that goes with an id; empty where it is not known
 * @returns {Promise<Loss>} what would be lost now by signing out
 */
export async function unsentOf(account, nameOf) {
  const unkept = await Promise.all(looks.map((look) => look()));
  const people = account === null ? [] : [...(await peopleWaiting(account)).values()];
  const drafts = account === null ? [] : await Promise.all((await draftsOf(account)).map(nameOf));
  return {
    messages: [...people.map(({ count }) => count), ...unkept.map(({ messages }) => messages)].reduce((sum, count) => sum + count, 0),
    drafts: [...drafts, ...unkept.flatMap((loss) => loss.drafts)],
  };
}

/** Above so many, people are counted and not named. */
const NAMED = 3;

/** @param {string[]} names */
const listed = (names) => (names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);

/** @param {string[]} drafts as in `Loss` */
function draftWords(drafts) {
  const what = drafts.length === 1 ? "an unfinished draft" : "unfinished drafts";
  const names = [...new Set(drafts)];
  if (names.includes("")) return what;
  return `${what} to ${names.length > NAMED ? `${names.length} people` : listed(names)}`;
}

/**
 * @param {Loss} loss
 * @returns {string} what is asked before it; empty where there is nothing to be asked
 */
export function lossOf({ messages, drafts }) {
  if (messages === 0 && drafts.length === 0) return "";
  const question = `Sign out and lose ${messages + drafts.length === 1 ? "it" : "them"}?`;
  const unsent = messages === 1 ? "1 message is not sent yet" : `${messages} messages are not sent yet`;
  if (drafts.length === 0) return `${unsent}. ${question}`;
  const unfinished = `${draftWords(drafts)}. ${question}`;
  return messages === 0 ? `You have ${unfinished}` : `${unsent}, and you have ${unfinished}`;
}
