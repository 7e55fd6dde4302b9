//# allFunctionsCalledOnLoad
/**
 * Which messages stand together: those that one person has written within a few minutes, with nothing between them. Of a group the last one
 * shows when it was written (history.css); for screen readers each goes on saying its author and its time.
 *
 * @typedef {object} Place a message, as it stands in the history
 * @property {boolean} mine
 * @property {number} time milliseconds since 1970
 * @property {boolean} follows whether it stands right after the message before, with no line between them
 * @property {boolean} apart whether it stands by itself, because something is said about it
 *
 * @typedef {"alone" | "first" | "middle" | "last"} Part
 */

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
