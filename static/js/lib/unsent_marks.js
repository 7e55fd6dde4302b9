/**
 * *Not sent yet*: at the conversations in a list in which messages wait in this browser; and, where there is a place for it, to whom else.
 *
 * @typedef {import("./unsent_people.js").Waiting} Waiting
 */

import { CHANNEL, peopleWaiting } from "./unsent_people.js";

/**
 * @param {Element} row
 * @param {boolean} waiting
 */
function markRow(row, waiting) {
  const shown = row.querySelector(".row-unsent");
  if (!waiting) shown?.remove();
  if (!waiting || shown !== null) return;
  const mark = document.createElement("span");
  mark.className = "row-unsent";
  mark.textContent = "Not sent yet";
  row.querySelector(".row-title")?.append(mark);
}

/**
 * @param {HTMLElement} list
 * @param {Map<string, Waiting>} people
 * @returns {Set<string>} who is in the list, by id
 */
function markRows(list, people) {
  const listed = new Set();
  for (const row of list.querySelectorAll(".row")) {
    const peer = row.getAttribute("data-peer") ?? "";
    markRow(row, people.has(peer));
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
    const listed = markRows(list, people);
    if (notice !== null) nameOthers(notice, [...people].filter(([peer]) => !listed.has(peer)).map(([, waiting]) => waiting));
  };
  new MutationObserver(() => void mark()).observe(list, { childList: true });
  new BroadcastChannel(CHANNEL).addEventListener("message", () => void mark());
  void mark();
}
