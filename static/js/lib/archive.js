/**
 * All of a person's conversations as one readable text, opened in this browser out of what the server has exported.
 *
 * @typedef {import("./keystore.js").Account} Account
 * @typedef {import("./keystore.js").Store} Store
 * @typedef {import("./answers.js").ExportedConversation} ExportedConversation
 */

import { readExport } from "./answers.js";
import { conversationText, momentText } from "./archive_text.js";
import { Previews } from "./previews.js";

/**
 * @param {object} setting
 * @param {Account} setting.account
 * @param {Store} setting.store nothing is written to it
 * @param {unknown} setting.exported the JSON of `/accounts/export/`
 * @param {number} setting.asked when the server was asked for it, in milliseconds since 1970
 * @returns {Promise<string>}
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export async function archiveText({ account, store, exported, asked }) {
  const { conversations, pins } = readExport(exported);
  const parts = [`Messages of ${account.username} in Sotto, ${momentText(asked)}. Whoever has this file can read them.\n`];
  for (const conversation of conversations) parts.push(await openedText(account, store, conversation, { pins, asked }));
  return parts.join("\n");
}

/**
 * @param {Account} account
 * @param {Store} store
 * @param {ExportedConversation} conversation
 * @param {{pins: Record<string, string>, asked: number}} known
 */
async function openedText(account, store, { peer, messages, keys, bundles }, { pins, asked }) {
  const previews = new Previews({ account, store, data: { keys, bundles, pins }, asked });
  const opened = [];
  for (const { envelope } of messages) opened.push(await previews.open(peer, envelope));
  const times = opened.map(({ failure, envelope }, place) => (failure === null && envelope !== null ? envelope.time : (messages[place]?.at ?? 0)));
  const heading = `With ${peer.name} (${peer.id})`;
  return `${heading}\n${"-".repeat(heading.length)}\n${conversationText(opened, times, { mine: account.username, theirs: peer.name })}`;
}
