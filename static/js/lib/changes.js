//# allFunctionsCalledOnLoad
/**
 * Where somebody's keys, or name, changed in the course of a conversation. It is told from the exchanged keys alone, each of which was made for
 * certain identities of the two people: so every browser says the same.
 *
 * @typedef {import("./epochs.js").Parties} Parties
 * @typedef {import("./notes.js").Note} Note
 * @typedef {import("./opener.js").Opened} Opened
 */

import { remark } from "./notes.js";

/**
 * @param {Parties | null} before
 * @param {Omit<Parties, "epoch">} after
 * @param {string} name the other person's
 * @param {string} said what is said of somebody's keys
 * @returns {Note[]}
 */
function changesBetween(before, after, name, said) {
  if (before === null) return [];
  const notes = [];
  if (before.name !== after.name) notes.push(remark(`${before.name} is called ${after.name} from here on.`));
  if (before.peer !== after.peer) notes.push(remark(`${name}'s keys ${said}`));
  if (before.own !== after.own) notes.push(remark(`Your keys ${said}`));
  return notes;
}

/**
 * @param {Opened[]} history in the order in which it was written
 * @param {object} setting
 * @param {string} setting.name the other person's
 * @param {Parties | null} setting.before those of the newest message before the page
 * @param {boolean} setting.reached whether nothing between that one and the page is to be loaded
 * @param {Omit<Parties, "epoch"> | null} setting.now the identities that the next message is for; null when nothing can be sent
 * @returns {{notes: Note[][], end: Note[]}} what is to be said before each, and at the end
 */
export function changesIn(history, { name, before, reached, now }) {
  let newest = reached ? before : null;
  const notes = history.map(({ parties }) => {
    // A message under an earlier key may be late, and changes nothing.
    if (parties === null || (newest !== null && parties.epoch <= newest.epoch)) return [];
    const changes = changesBetween(newest, parties, name, "changed here.");
    newest = parties;
    return changes;
  });
  const said = "have changed. What you write from here on is locked with the new ones.";
  return { notes, end: now === null ? [] : changesBetween(newest ?? before, now, name, said) };
}
