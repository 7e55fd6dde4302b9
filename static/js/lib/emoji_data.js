/**
 * The emoji that there are, and how they are found by name.
 *
 * @typedef {object} Emoji
 * @property {string} emoji
 * @property {string} name e.g. `grinning face`
 * @property {number} group 0 smileys, 1 people, 3 animals, 4 food, 5 places, 6 activities, 7 objects, 8 symbols, 9 flags
 * @property {string[]} words that it is found by, as they are compared
 */

import { fold } from "./matching.js";

/** The categories that are shown, in this order, and the emoji that stands for each. */
export const GROUPS = /** @type {const} */ ([
  { group: 0, name: "Smileys", emoji: "😀" },
  { group: 1, name: "People", emoji: "👋" },
  { group: 3, name: "Animals and nature", emoji: "🐻" },
  { group: 4, name: "Food and drink", emoji: "🍔" },
  { group: 5, name: "Travel and places", emoji: "🚗" },
  { group: 6, name: "Activities", emoji: "⚽" },
  { group: 7, name: "Objects", emoji: "💡" },
  { group: 8, name: "Symbols", emoji: "❤️" },
  { group: 9, name: "Flags", emoji: "🏁" },
]);

/** What is newer has no picture yet on many devices. */
const VERSION = 15;

/** How many are found at most: more than anybody looks through. */
const MOST = 120;

/** @param {string} text */
const wordsOf = (text) => fold(text).text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");

/**
 * @param {unknown} data as the package emoji-picker-element-data has it
 * @returns {Emoji[]} in the package's order; what is not as expected is left out
 */
export function readEmoji(data) {
  if (!Array.isArray(data)) return [];
  return data.flatMap(({ emoji, annotation: name, tags, group, version }) => {
    const isWhole = typeof emoji === "string" && typeof name === "string" && Array.isArray(tags) && GROUPS.some((one) => one.group === group);
    return isWhole && version <= VERSION ? [{ emoji, name, group, words: wordsOf([name, ...tags].join(" ")) }] : [];
  });
}

/**
 * @param {Emoji[]} all
 * @param {string} query
 * @returns {Emoji[]} those of whose words each word of the query begins one
 */
export function searchEmoji(all, query) {
  const wanted = wordsOf(query);
  if (wanted.length === 0) return [];
  return all.filter(({ words }) => wanted.every((one) => words.some((word) => word.startsWith(one)))).slice(0, MOST);
}

/**
 * @param {string} key that was pressed in the grid
 * @param {{at: number, count: number, columns: number}} grid
 * @returns {number | null} where it leads; null when it leads nowhere
 */
export function stepInGrid(key, { at, count, columns }) {
  const steps = new Map([
    ["ArrowLeft", at - 1],
    ["ArrowRight", at + 1],
    ["ArrowUp", at - columns],
    ["ArrowDown", at + columns],
    ["Home", at - (at % columns)],
    ["End", Math.min(at - (at % columns) + columns, count) - 1],
  ]);
  const to = steps.get(key);
  return to === undefined || to < 0 || to >= count ? null : to;
}
