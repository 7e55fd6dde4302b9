/** What a QR code says about the keys of two people, once it was read from the other one's screen. */

import { ProtocolError } from "../crypto/errors.js";
import { readSafetyCode } from "../crypto/safety.js";

/** @typedef {"same" | "other" | "foreign"} Comparison `foreign`: it is no safety number at all */

/**
 * @param {string} text what the code holds
 * @param {string} number the 60 digits that this browser has computed
 * @returns {Comparison}
 */
export function compareCode(text, number) {
  try {
    return readSafetyCode(text) === number ? "same" : "other";
  } catch (error) {
    if (error instanceof ProtocolError) return "foreign";
    throw error;
  }
}

/**
 * @param {Comparison} comparison
 * @param {string} name the other person's
 * @returns {string} what to say, and what to do
 */
export function comparisonWords(comparison, name) {
  if (comparison === "same") return `The codes are the same: nobody is between you and ${name}.`;
  if (comparison === "foreign") return `This is a QR code, but not that of a safety number. Scan the one that ${name}'s page about you shows.`;
  return (
    `This code is another one. If ${name}'s page about you shows it, somebody may be between you, and may read what you two write. ` +
    `Send nothing that others must not read, talk to ${name} in another way, and tell whoever runs this Sotto.`
  );
}
