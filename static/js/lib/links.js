//# allFunctionsCalledOnLoad
/**
 * Turns a text into nodes in which its web addresses can be clicked; nothing is fetched. What is nothing but a few emoji is shown large, and of what
 * is very long the beginning, until its reader wants the rest.
 */

/**
 * With its scheme, or with the name that web servers have. It ends where writing is told to run the other way: it would be shown as another one
 * than it leads to.
 */
const ADDRESS = /(?:https?:\/\/|(?<![\p{L}\p{N}@:/._-])www\.(?=[\p{L}\p{N}-]+\.\p{L}))[^\s<>"“”«»\u{200e}\u{200f}\u{061c}\u{202a}-\u{202e}\u{2066}-\u{2069}]+/giu;
const CLOSING = new Map([
  [")", "("],
  ["]", "["],
  ["}", "{"],
]);
const PUNCTUATION = ".,;:!?'’…*_~";

const EMOJI = /^(?:\p{Emoji_Presentation}|\p{Emoji}\uFE0F|\p{Regional_Indicator}{2})/u;

/** @type {Intl.Segmenter | null} made when a text begins like that: it is slow to make */
let segmenter = null;

/** So much of a text is shown at once, in UTF-16 code units; what is left is more than a little. */
const SHOWN = 1000;
const LITTLE = 400;
/** The room that the end of a line takes, in the same. */
const LINE = 40;

const MOST_EMOJI = 3;
/** A family with skin tones has 41 code units: a text that is longer than a few of these need not be looked at. */
const LONGEST_EMOJI = 150;

/**
 * An address without the punctuation of the sentence around it: `.` and the like, and a closing bracket that it does not open.
 * @param {string} address
 * @returns {string}
 */
export function trimAddress(address) {
  const spare = new Map([...CLOSING].map(([closing, opening]) => [closing, count(address, closing) - count(address, opening)]));
  let end = address.length;
  for (; end > 0; end--) {
    const last = address.charAt(end - 1);
    const left = spare.get(last);
    if (left === undefined ? !PUNCTUATION.includes(last) : left <= 0) break;
    if (left !== undefined) spare.set(last, left - 1);
  }
  return address.slice(0, end);
}

/**
 * @param {string} address as it was written
 * @returns {string} with its scheme
 */
const completed = (address) => (/^www\./iu.test(address) ? `https://${address}` : address);

/**
 * @param {string} text
 * @param {string} character
 */
const count = (text, character) => text.split(character).length - 1;

/**
 * @param {string} text
 * @returns {{text: string, address: boolean}[]} the text in pieces, none of them empty
 */
export function splitAddresses(text) {
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimAddress(match[0]);
    if (!URL.canParse(completed(address))) continue;
    pieces.push({ text: text.slice(end, match.index), address: false }, { text: address, address: true });
    end = match.index + address.length;
  }
  pieces.push({ text: text.slice(end), address: false });
  return pieces.filter((piece) => piece.text !== "");
}

/**
 * @param {string} text
 * @returns {boolean} whether it is one emoji to three, and nothing else but spaces
 */
export function isEmojiOnly(text) {
  const dense = text.length > LONGEST_EMOJI ? "" : text.replace(/\s/gu, "");
  if (!EMOJI.test(dense)) return false;
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  const parts = [...segmenter.segment(dense)];
  return parts.length <= MOST_EMOJI && parts.every(({ segment }) => EMOJI.test(segment));
}

/**
 * Looks for a space, so that no address is cut, and once through the text, whatever it is made of.
 * @param {string} text
 * @returns {number} how much of it is shown at once
 */
export function foldAt(text) {
  if (text.length + LINE * count(text, "\n") <= SHOWN + LITTLE) return text.length;
  let [end, lines] = [text.length, 0];
  for (const { 0: space, index } of text.matchAll(/\s/gu)) {
    if (index + LINE * lines > SHOWN) break;
    end = index;
    if (space === "\n") lines++;
  }
  return end;
}

/**
 * Puts a text into an element, in place of what it has.
 * @param {HTMLElement} element before the button that shows the rest
 * @param {string} text
 */
export function showText(element, text) {
  const end = foldAt(text);
  element.classList.toggle("emoji-only", isEmojiOnly(text));
  element.replaceChildren(...nodesOf(text.slice(0, end)));
  if (end < text.length) element.append(makeRest(text.slice(end)));
  showFolded(element, end < text.length);
}

/**
 * Shows the rest of a text.
 * @param {HTMLElement} element
 */
export function unfold(element) {
  element.querySelector(".bubble-rest")?.removeAttribute("hidden");
  showFolded(element, false);
}

/**
 * @param {HTMLElement} element
 * @param {boolean} folded
 */
function showFolded(element, folded) {
  element.classList.toggle("folded", folded);
  element.nextElementSibling?.toggleAttribute("hidden", !folded);
}

/** @param {string} text */
function makeRest(text) {
  const rest = document.createElement("span");
  rest.className = "bubble-rest";
  rest.hidden = true;
  rest.append(...nodesOf(text));
  return rest;
}

/** @param {string} text */
const nodesOf = (text) => splitAddresses(text).map((piece) => (piece.address ? link(piece.text) : piece.text));

/** @param {string} address */
function link(address) {
  const anchor = document.createElement("a");
  anchor.href = completed(address);
  anchor.rel = "noopener noreferrer";
  anchor.target = "_blank";
  anchor.textContent = address;
  return anchor;
}
