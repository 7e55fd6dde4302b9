/**
 * A conversation as plain text, for somebody who keeps it outside Sotto: a line a message, each as it stands now.
 *
 * @typedef {import("./amendments.js").Amended} Amended
 * @typedef {import("./opener.js").Opened} Opened
 */

import { amend } from "./amendments.js";
import { FAILURE_WORDS } from "./opener.js";

/** @type {Record<string, string>} what stands in the place of what has no text */
const WITHOUT_TEXT = { disappeared: "[has disappeared]", removed: "[removed by the server]" };

/**
 * @param {Opened[]} opened in the order of the conversation
 * @param {number[]} times milliseconds since 1970, one for each
 * @param {{mine: string, theirs: string}} names
 * @returns {string} a line for each message that says something by itself
 */
export function conversationText(opened, times, names) {
  const amended = amend(opened, names.theirs);
  const lines = opened.map((message, place) => {
    const now = /** @type {Amended} */ (amended[place]);
    if (now.carrier) return "";
    const author = message.mine ? names.mine : names.theirs;
    return `${momentText(times[place] ?? 0)}  ${author}: ${indented(wordsOf(message, now))}${reactionsText(now, names)}\n`;
  });
  return lines.join("");
}

/**
 * @param {Opened} message
 * @param {Amended} now
 */
function wordsOf({ content, failure }, { text, edited, deleted }) {
  if (failure !== null) return `[${FAILURE_WORDS[failure]}]`;
  if (deleted) return "[deleted]";
  if (text === null) return WITHOUT_TEXT[content?.kind ?? ""] ?? "[of a kind that this version of Sotto does not know]";
  return edited ? `${text} [edited]` : text;
}

/**
 * @param {Amended} now
 * @param {{mine: string, theirs: string}} names
 */
function reactionsText({ reactions }, names) {
  const words = reactions.map(({ emoji, mine }) => `${mine ? names.mine : names.theirs} ${emoji}`);
  return words.length === 0 ? "" : ` [${words.join(", ")}]`;
}

/** What follows a line break stands apart from the beginnings of lines, so that no text passes for another message. @param {string} text */
const indented = (text) => text.replace(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/gu, "\n    ");

/**
 * @param {number} at milliseconds since 1970
 * @returns {string} in Greenwich's time
 */
export const momentText = (at) => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
