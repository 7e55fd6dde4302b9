/**
 * Sends what waits in the outbox from whatever page is open: each conversation is fetched as its own page would be, checked as there, and shown
 * nowhere. Whatever a person would have to be asked about waits until they open it.
 *
 * @typedef {import("./keystore.js").Account} Account
 * @typedef {import("./reading.js").ConversationData} ConversationData
 */

import { idOf } from "../crypto/bytes.js";
import { Conversation } from "./conversation.js";
import { fetchPage } from "./fragment.js";
import * as keystore from "./keystore.js";
import { onLeaving } from "./leaving.js";
import { Outbox } from "./outbox.js";
import { Reading } from "./reading.js";
import { Turns } from "./turns.js";
import { CHANNEL } from "./unsent_people.js";
import { unsentStore } from "./unsent_store.js";

/** @type {Map<string, Conversation>} those that this page has begun, by the other person's id */
const begun = new Map();

/**
 * @param {Account} account
 * @param {ConversationData} data
 * @param {HTMLElement[]} messages of the page
 * @returns {Promise<Conversation>}
 */
async function makeConversation(account, data, messages) {
  const name = data.peer.username;
  const envelopes = messages.map(({ dataset }) => dataset.envelope ?? "");
  const nothing = () => undefined;
  const reading = new Reading({ account, store: keystore, data, name, envelopes, refuse: nothing, timerChanged: nothing });
  await reading.meet();
  const pair = { accountKey: account.accountKey, owner: account.userId, peer: idOf(data.peer.user_id) };
  const outbox = new Outbox({ pair, name, store: unsentStore, turns: new Turns(), draft: null, channel: new BroadcastChannel(CHANNEL) });
  const open = (/** @type {string[]} */ all) => Promise.all(all.map((envelope) => reading.open(envelope)));
  const append = (/** @type {import("./sender.js").Stored[]} */ stored) => open(stored.map(({ envelope }) => envelope));
  const last = Math.max(0, ...messages.map(({ dataset }) => Number(dataset.seq)));
  const view = { append, showItem: nothing, showMarks: nothing, contactChanged: nothing, deleted: nothing };
  const conversation = new Conversation({ reading, outbox, last, view });
  await conversation.begin(await open(envelopes));
  return conversation;
}

/**
 * @param {Account} account
 * @param {string} peer
 * @param {string} name
 * @returns {Promise<Conversation | null>} null when the name means somebody else by now
 */
async function begin(account, peer, name) {
  const page = await fetchPage(`/messages/${encodeURIComponent(name)}/`);
  /** @type {ConversationData | null} */
  const data = JSON.parse(page.getElementById("page-data")?.textContent ?? "null");
  if (data?.peer?.user_id !== peer) return null;
  const messages = [...page.querySelectorAll("#history sotto-message")].filter((message) => message instanceof HTMLElement);
  const conversation = await makeConversation(account, data, messages);
  onLeaving(() => conversation.sender.drained);
  begun.set(peer, conversation);
  return conversation;
}

/**
 * Sends what waits for one person.
 * @param {Account} account
 * @param {string} peer the other person's id, a UUID
 * @param {string} name their username, as it was known when the messages were written
 * @throws {import("./http.js").HttpError}
 */
export async function drain(account, peer, name) {
  const conversation = begun.get(peer) ?? (await begin(account, peer, name));
  if (conversation === null) return;
  await conversation.sender.resume();
  await conversation.sender.drained;
}
