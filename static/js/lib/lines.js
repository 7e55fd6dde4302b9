//# allFunctionsCalledOnLoad
/**
 * The lines between the messages of a history: one wherever a day begins, and one for each note (notes.js). Those that belong to a message
 * stand right before it.
 *
 * @typedef {import("./notes.js").Note} Note
 */

import { SottoMessage } from "../elements/sotto-message.js";
import { beside, isBlock } from "./blocks.js";
import { dayName, dayOf } from "./dates.js";

const LINES = ".day-line, .event-line, .unread-line";

/** Where it is said what can be done. */
const HELP = "/security/#order";

/**
 * The next message before or after an element that is shown: what only says something about another one is not.
 * @param {Element} element
 * @param {import("./blocks.js").Direction} direction
 * @returns {SottoMessage | null}
 */
export function neighbour(element, direction) {
  let next = beside(element, direction);
  while (next !== null && !(next instanceof SottoMessage && !next.hidden)) next = beside(next, direction);
  return next;
}

/**
 * @param {SottoMessage} message
 * @returns {Element[]} its lines, from the first one on
 */
function linesOf(message) {
  const lines = [];
  for (let line = message.previousElementSibling; line?.matches(LINES); line = line.previousElementSibling) lines.unshift(line);
  return lines;
}

/**
 * The first of a message's lines, or the message.
 * @param {SottoMessage} message
 * @returns {Element}
 */
export function startOf(message) {
  return linesOf(message)[0] ?? message;
}

/** @param {SottoMessage} message one that is not shown has none */
function placeDayLine(message) {
  const before = neighbour(message, "previousElementSibling");
  const same = message.hidden || (before !== null && dayOf(before.time) === dayOf(message.time));
  const day = same ? "" : dayName(message.time);
  const line = linesOf(message).find((one) => one.matches(".day-line"));
  if ((line?.textContent ?? "") === day) return;
  line?.remove();
  if (day === "") return;
  const fresh = document.createElement("p");
  fresh.className = "day-line";
  fresh.textContent = day;
  startOf(message).before(fresh);
}

/**
 * Lays lines between the days around a message that has come, moved or gone.
 * @param {Element} element the message, or what stands where it was
 */
export function placeDayLines(element) {
  if (element instanceof SottoMessage) placeDayLine(element);
  const after = neighbour(element, "nextElementSibling");
  if (after !== null) placeDayLine(after);
}

/**
 * @param {Note} note
 * @returns {HTMLElement}
 */
function makeLine({ words, advice, help }) {
  const line = document.createElement("p");
  line.className = "event-line";
  line.textContent = advice === "" ? words : `${words} ${advice}`;
  if (!help) return line;
  const link = document.createElement("a");
  link.href = HELP;
  link.textContent = "What to do";
  line.append(" ", link);
  return line;
}

/**
 * Whether these lines say what these notes say, so that nothing is read out again that has not changed.
 * @param {Element[]} lines
 * @param {HTMLElement[]} wanted
 */
function areEqual(lines, wanted) {
  return lines.length === wanted.length && lines.every((line, index) => line.textContent === wanted[index]?.textContent);
}

/**
 * @param {SottoMessage} message
 * @param {Note[]} notes
 */
export function placeNotes(message, notes) {
  const lines = linesOf(message).filter((line) => line.matches(".event-line"));
  const wanted = notes.map((note) => makeLine(note));
  if (areEqual(lines, wanted)) return;
  for (const line of lines) line.remove();
  message.before(...wanted);
}

/**
 * Shows the notes that belong to no message, but to one end of the history.
 * @param {HTMLElement} place holds nothing else
 * @param {Note[]} notes
 */
export function fillNotes(place, notes) {
  const wanted = notes.map((note) => makeLine(note));
  if (!areEqual([...place.children], wanted)) place.replaceChildren(...wanted);
}

/**
 * Takes a message and its lines away, and its block when nothing else is in it.
 * @param {SottoMessage} message
 */
export function removeMessage(message) {
  for (const line of linesOf(message)) line.remove();
  const after = neighbour(message, "nextElementSibling");
  const place = message.parentElement;
  message.remove();
  if (isBlock(place) && place.childElementCount === 0) place.remove();
  if (after !== null) placeDayLine(after);
}
