//# allFunctionsCalledOnLoad
/** Turns a text into nodes in which its web addresses can be clicked; nothing is fetched. What is nothing but a few emoji is shown large. */

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
 * Puts a text into an element, in place of what it has.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function showText(element, text) {
  element.classList.toggle("emoji-only", isEmojiOnly(text));
  element.replaceChildren(...splitAddresses(text).map((piece) => (piece.address ? link(piece.text) : piece.text)));
}

/** @param {string} address */
function link(address) {
  const anchor = document.createElement("a");
  anchor.href = completed(address);
  anchor.rel = "noopener noreferrer";
  anchor.target = "_blank";
  anchor.textContent = address;
  return anchor;
}
