//# allFunctionsCalledOnLoad
/**
 * Keeps the shape of a history as messages come, go and change their places: its groups, and the line before what was unread. What has changed is
 * looked at, and what stands beside it, however long the history is.
 */

import { SottoMessage } from "../elements/sotto-message.js";
import { beside, isBlock, partsOf } from "./blocks.js";
import { partOf } from "./groups.js";
import { neighbour } from "./lines.js";
import { UnreadLine } from "./unread.js";

/** What a message's part in its group depends on, besides its place, and what else is said once for a group. */
const ATTRIBUTES = ["data-time", "data-state", "hidden", "data-mark"];

/**
 * Whether there is nothing of an element to be seen.
 * @param {Element} element
 */
const isNothing = (element) => (element instanceof HTMLElement && element.hidden) || (element.matches(".history-notes") && element.childElementCount === 0);

/** @param {Element} element */
function beforeOf(element) {
  let before = beside(element, "previousElementSibling");
  while (before !== null && isNothing(before)) before = beside(before, "previousElementSibling");
  return before;
}

/**
 * @param {SottoMessage | null} message
 * @returns {import("./groups.js").Place | null}
 */
function placeOf(message) {
  if (message === null) return null;
  const classes = message.querySelector("article")?.classList;
  return {
    mine: classes?.contains("mine") ?? false,
    time: Number(message.dataset.time ?? NaN),
    follows: beforeOf(message)?.matches("sotto-message") ?? false,
    apart: message.matches(".event, .gone") || (classes?.contains("trouble") ?? true),
  };
}

/** @param {SottoMessage | null} message */
const markOf = (message) => message?.querySelector(".bubble-mark")?.getAttribute("data-mark") ?? null;

/**
 * Gives a message its part in its group; and says of it whether the next one of the group shows the same mark.
 * @param {SottoMessage} message
 */
function group(message) {
  const [before, after] = [neighbour(message, "previousElementSibling"), neighbour(message, "nextElementSibling")];
  const part = partOf(placeOf(before), /** @type {import("./groups.js").Place} */ (placeOf(message)), placeOf(after));
  if (message.dataset.part !== part) message.dataset.part = part;
  const leads = part === "first" || part === "middle";
  message.toggleAttribute("data-same-mark", leads && markOf(message) !== null && markOf(message) === markOf(after));
}

/**
 * @param {MutationRecord} change in a history
 * @returns {(Node | null)[]} its children that have come or changed, and those beside what has gone
 */
function touchedBy({ type, target, attributeName, addedNodes, previousSibling, nextSibling }) {
  if (type === "childList") return [previousSibling, ...addedNodes, nextSibling].flatMap((node) => (node === null ? [] : partsOf(node)));
  return [target instanceof Element && attributeName === "data-mark" ? target.closest("sotto-message") : target];
}

/**
 * @param {Element} element
 * @param {HTMLElement} log
 */
const stands = ({ parentElement: place }, log) => place === log || (isBlock(place) && place.parentElement === log);

/**
 * Gives messages their parts, and those that stand beside them.
 * @param {HTMLElement} log
 * @param {Iterable<Node | null>} touched
 */
function groupAround(log, touched) {
  const messages = new Set();
  for (const element of new Set(touched)) {
    if (!(element instanceof Element) || !stands(element, log)) continue;
    if (element instanceof SottoMessage && !element.hidden) messages.add(element);
    messages.add(neighbour(element, "previousElementSibling")).add(neighbour(element, "nextElementSibling"));
  }
  messages.delete(null);
  messages.forEach(group);
}

/**
 * Does it now, and after every change.
 * @param {HTMLElement} log
 * @param {import("./timeline.js").Timeline} timeline
 * @param {{read_seq: number, last_seq: number} | null} conversation how far it was read when it was opened
 * @returns {UnreadLine}
 */
export function startShape(log, timeline, conversation) {
  const { read_seq: read, last_seq: last } = conversation ?? { read_seq: 0, last_seq: 0 };
  const unread = new UnreadLine(log, timeline, read < last ? read : Infinity);
  const shape = (/** @type {Iterable<Node | null>} */ touched) => {
    log.toggleAttribute("data-empty", log.querySelector("sotto-message") === null);
    unread.place();
    groupAround(log, touched);
  };
  const changed = (/** @type {MutationRecord[]} */ changes) => shape(changes.flatMap(touchedBy));
  const places = new MutationObserver((changes) => {
    watch(changes.flatMap(({ addedNodes }) => [...addedNodes]));
    changed(changes);
  });
  const watch = (/** @type {Node[]} */ nodes) => {
    for (const node of nodes) if (node instanceof Element && isBlock(node)) places.observe(node, { childList: true });
  };
  places.observe(log, { childList: true });
  watch([...log.children]);
  new MutationObserver(changed).observe(log, { subtree: true, attributeFilter: ATTRIBUTES });
  shape([...log.children].flatMap(partsOf));
  return unread;
}
