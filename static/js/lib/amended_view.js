//# allFunctionsCalledOnLoad
/**
 * Shows on a message what others say about it (amendments.js): its text now, its quote, its marks and the reactions under it.
 *
 * @typedef {import("./amendments.js").Amended} Amended
 *
 * @typedef {object} Quoted
 * @property {boolean} mine whether this account wrote it
 * @property {string | null} text null when it is not on the page
 */

import { showText } from "./links.js";

export const DELETED = "This message was deleted.";
/** What a quote says of a message that is not on the page. */
export const EARLIER = "An earlier message";

/**
 * @param {HTMLElement} message
 * @param {string} selector
 * @returns {HTMLElement}
 */
function partOf(message, selector) {
  const part = message.querySelector(selector);
  if (!(part instanceof HTMLElement)) throw new TypeError(`a message has no ${selector}`);
  return part;
}

/**
 * @param {Element} element
 * @param {string} text nothing is touched that says so already: it would be read out again
 */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {Amended["reactions"]} reactions
 * @returns {Map<string, boolean[]>} by emoji, whether each who reacted so is oneself
 */
function byEmoji(reactions) {
  const found = new Map();
  for (const { emoji, mine } of reactions) found.set(emoji, [...(found.get(emoji) ?? []), mine]);
  return found;
}

/**
 * @param {boolean[]} people whether each is oneself
 * @param {string} peer the other person's name
 */
const namesOf = (people, peer) => [...people].sort().reverse().map((mine) => (mine ? "you" : peer)).join(" and ");

/**
 * @param {string} emoji
 * @param {boolean[]} people
 * @param {string} peer
 */
function makeReaction(emoji, people, peer) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "bubble-reaction";
  button.dataset.emoji = emoji;
  button.ariaPressed = String(people.includes(true));
  button.ariaLabel = `${emoji}: ${namesOf(people, peer)}`;
  button.title = namesOf(people, peer);
  const face = document.createElement("bdi");
  face.textContent = emoji;
  button.append(face, people.length > 1 ? ` ${people.length}` : "");
  const item = document.createElement("li");
  item.append(button);
  return item;
}

/**
 * @param {HTMLElement} message
 * @param {Amended["reactions"]} reactions
 */
function showReactions(message, reactions) {
  const place = partOf(message, ".bubble-reactions");
  const wanted = [...byEmoji(reactions)].map(([emoji, people]) => makeReaction(emoji, people, message.dataset.peer ?? ""));
  const same = place.children.length === wanted.length && wanted.every((item, index) => item.isEqualNode(place.children[index] ?? null));
  const focused = place.contains(document.activeElement);
  if (!same) place.replaceChildren(...wanted);
  place.hidden = wanted.length === 0;
  if (focused && !same) (place.querySelector("button") ?? partOf(message, ".bubble-actions")).focus();
}

/**
 * @param {HTMLElement} message
 * @param {Quoted | null} quoted
 */
export function showQuote(message, quoted) {
  const quote = partOf(message, ".bubble-quote");
  quote.hidden = quoted === null;
  if (quoted === null) return;
  say(partOf(quote, ".bubble-quote-author"), quoted.mine ? "You" : (message.dataset.peer ?? ""));
  say(partOf(quote, ".bubble-quote-text"), quoted.text ?? EARLIER);
  quote.toggleAttribute("disabled", quoted.text === null);
}

/**
 * @param {HTMLElement} message
 * @param {Amended} amended
 * @param {Quoted | null} quoted the message that it quotes
 */
export function showAmended(message, amended, quoted) {
  const { open, text, edited, deleted, reactions } = amended;
  const bubble = partOf(message, ".bubble-text");
  const words = deleted ? DELETED : text;
  if (words !== null && bubble.textContent !== words) showText(bubble, words);
  partOf(message, "article").classList.toggle("deleted", deleted);
  say(partOf(message, ".bubble-edited"), edited ? "edited" : "");
  partOf(message, ".bubble-edited").hidden = !edited;
  partOf(message, ".bubble-actions").hidden = !open;
  showQuote(message, quoted);
  showReactions(message, reactions);
}

/**
 * What a message says, in one line for a quote.
 * @param {Amended} amended
 */
export const lineOf = ({ text, deleted, open }) => (deleted ? DELETED : (text ?? (open ? "A message without text" : "A message that is gone")));
