//# allFunctionsCalledOnLoad
/**
 * Which messages stand together: those that one person has written within a few minutes, with nothing between them. Of a group the last one
 * shows when it was written (history.css); for screen readers each goes on saying its author and its time.
 *
 * @typedef {object} Place a message, as it stands in the history
 * @property {boolean} mine
 * @property {number} time milliseconds since 1970
 * @property {boolean} follows whether it stands right after the message before, with no line between them
 * @property {boolean} apart whether it stands by itself: because something is said about it, or because it shows no time, which is the last one's to show
 *
 * @typedef {"alone" | "first" | "middle" | "last"} Part
 */

import { isCarrier } from "./amendments.js";

/** How long, in milliseconds, after a message the next one still belongs to it. */
const MOMENT = 5 * 60_000;

/**
 * @param {Place | null} before
 * @param {Place | null} after
 */
function belong(before, after) {
  if (before === null || after === null || before.apart || after.apart) return false;
  return after.follows && before.mine === after.mine && Math.abs(after.time - before.time) <= MOMENT;
}

/**
 * @param {Place | null} before the message before it
 * @param {Place} place
 * @param {Place | null} after the message after it
 * @returns {Part} the part that a message has in its group
 */
export function partOf(before, place, after) {
  const joins = belong(before, place);
  const leads = belong(place, after);
  if (joins) return leads ? "middle" : "last";
  return leads ? "first" : "alone";
}

/**
 * What is left of messages that have disappeared is one line for several in a row: of each alone it can't be told whether it was a message to be
 * read, or a reaction to one, and their number is nobody's concern.
 * @param {{content: import("./opener.js").Opened["content"], noted: boolean}[]} history in the order in which it is shown; `noted`: whether
 *   something is said before it
 * @returns {boolean[]} whether each is not shown, because one before it says the same
 */
export function foldedIn(history) {
  let said = false;
  return history.map(({ content, noted }) => {
    if (noted) said = false;
    if (isCarrier(content)) return false;
    const folded = said && content?.kind === "disappeared";
    said = content?.kind === "disappeared";
    return folded;
  });
}
