/**
 * *Not sent yet*: at the conversations in a list in which messages wait in this browser; and, where there is a place for it, to whom else.
 * *Draft*: at those, other than the open one, in whose field something was left.
 *
 * @typedef {import("./unsent_people.js").Waiting} Waiting
 */

import { CHANNEL, draftsOf, peopleWaiting } from "./unsent_people.js";

/**
 * @param {Element} row
 * @param {string} name of the mark's class
 * @param {string} words empty for none
 */
function markRow(row, name, words) {
  const shown = row.querySelector(`.${name}`);
  if (words === "") shown?.remove();
  if (words === "" || shown !== null) return;
  const mark = document.createElement("span");
  mark.className = name;
  mark.textContent = words;
  row.querySelector(".row-title")?.append(mark);
}

/**
 * @param {HTMLElement} list
 * @param {Map<string, Waiting>} people
 * @param {Set<string>} drafts
 * @returns {Set<string>} who is in the list, by id
 */
function markRows(list, people, drafts) {
  const listed = new Set();
  for (const row of list.querySelectorAll(".row")) {
    const peer = row.getAttribute("data-peer") ?? "";
    const waiting = people.has(peer);
    markRow(row, "row-unsent", waiting ? "Not sent yet" : "");
    markRow(row, "row-draft", !waiting && drafts.has(peer) && row.ariaCurrent === null ? "Draft" : "");
    listed.add(peer);
  }
  return listed;
}

/**
 * @param {HTMLElement} notice
 * @param {Waiting[]} people
 */
function nameOthers(notice, people) {
  const links = people.map(({ name }) => {
    const link = document.createElement("a");
    link.href = `/messages/${encodeURIComponent(name)}/`;
    link.textContent = name;
    return link;
  });
  const words = links.flatMap((link, index) => [index === 0 ? "Not sent yet: " : ", ", link]);
  notice.replaceChildren(...words);
  notice.hidden = people.length === 0;
}

/**
 * @param {import("./keystore.js").Account} account
 * @param {HTMLElement} list of conversations; whenever it is filled anew, it is marked anew
 * @param {HTMLElement | null} notice where those stand that are not in the list
 */
export function startUnsentMarks(account, list, notice = null) {
  const mark = async () => {
    const people = await peopleWaiting(account).catch(() => new Map());
    const drafts = new Set(await draftsOf(account).catch(() => []));
    const listed = markRows(list, people, drafts);
    if (notice !== null) nameOthers(notice, [...people].filter(([peer]) => !listed.has(peer)).map(([, waiting]) => waiting));
  };
  new MutationObserver(() => void mark()).observe(list, { childList: true });
  new BroadcastChannel(CHANNEL).addEventListener("message", () => void mark());
  void mark();
}
