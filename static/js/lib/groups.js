/**
 * Which messages stand together: those that one person has written within a few minutes, with nothing between them. Of a group the last one
 * shows when it was written (conversation.css); for screen readers each goes on saying its author and its time.
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
 * @param {Place | undefined} before
 * @param {Place | undefined} after
 */
function belong(before, after) {
  if (before === undefined || after === undefined || before.apart || after.apart) return false;
  return after.follows && before.mine === after.mine && Math.abs(after.time - before.time) <= MOMENT;
}

/**
 * @param {Place[]} places in the order in which they stand
 * @returns {Part[]} the part that each has in its group
 */
export function partsOf(places) {
  return places.map((place, index) => {
    const joins = belong(places[index - 1], place);
    const leads = belong(place, places[index + 1]);
    if (joins) return leads ? "middle" : "last";
    return leads ? "first" : "alone";
  });
}

/**
 * Whether there is nothing of an element to be seen.
 * @param {Element} element
 */
const isNothing = (element) => (element instanceof HTMLElement && element.hidden) || (element.matches(".history-notes") && element.childElementCount === 0);

/** @param {Element} element */
function beforeOf(element) {
  let before = element.previousElementSibling;
  while (before !== null && isNothing(before)) before = before.previousElementSibling;
  return before;
}

/**
 * @param {HTMLElement} message
 * @returns {Place}
 */
function placeOf(message) {
  const classes = message.querySelector("article")?.classList;
  return {
    mine: classes?.contains("mine") ?? false,
    time: Number(message.dataset.time ?? NaN),
    follows: beforeOf(message)?.matches("sotto-message") ?? false,
    apart: classes?.contains("trouble") ?? true,
  };
}

/**
 * Puts the messages of a history into groups, as they stand now.
 * @param {HTMLElement} log
 */
export function group(log) {
  const messages = /** @type {HTMLElement[]} */ ([...log.querySelectorAll("sotto-message:not([hidden])")]);
  const parts = partsOf(messages.map(placeOf));
  messages.forEach((message, index) => {
    if (message.dataset.part !== parts[index]) message.dataset.part = parts[index];
  });
}
