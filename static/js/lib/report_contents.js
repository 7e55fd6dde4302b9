/**
 * What a report holds (docs/http.md, contacts).
 *
 * @typedef {{seq: number, text: string}} Revealed a message that the reporter chose to show: its number, and its text
 */

import { FormError } from "./form.js";

const MOST = 10;
const LONGEST = 4000;
const REASONS = ["spam", "harassment", "illegal", "other"];

/** Shown where a text goes on. */
const CUT = "… (cut)";

/**
 * What is sent of a message, as it is shown before it is ticked.
 * @param {Revealed} message
 * @returns {Revealed} its text cut to what a report takes
 */
export function revealedOf({ seq, text }) {
  if (text.length <= LONGEST) return { seq, text };
  // Not in the middle of a character.
  const kept = text.slice(0, LONGEST - CUT.length).replace(/[\uD800-\uDBFF]$/, "");
  return { seq, text: kept + CUT };
}

/**
 * @param {{reason: string, comment: string, revealed: Revealed[]}} told
 * @returns {{reason: string, comment: string, revealed: Revealed[]}} what is sent
 * @throws {FormError} when there is no reason, or too many messages
 */
export function reportOf({ reason, comment, revealed }) {
  if (!REASONS.includes(reason)) throw new FormError("Choose what it is about.");
  if (revealed.length > MOST) throw new FormError(`You have ticked ${revealed.length} messages. A report takes ${MOST}.`);
  return { reason, comment: comment.trim(), revealed };
}
