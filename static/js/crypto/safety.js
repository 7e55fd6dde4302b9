/** The safety number of two people (docs/protocol.md, section 7): equal on both sides exactly when each has the other's real keys. */

import { concat, label, Writer } from "./bytes.js";
import { checkForm } from "./objects.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

const FINGERPRINT_BYTES = 32;
const GROUPS = 12;
const GROUP_BYTES = 5;
const GROUP_DIGITS = 5;
const CODE = /^sotto\/1:([0-9]{60})$/;

/**
 * @param {Bytes} one fingerprint of one's own keys, 32 bytes
 * @param {Bytes} other fingerprint of the other person's keys, 32 bytes
 * @returns {Promise<string>} 60 digits, the same for the two in either order
 * @throws {ProtocolError} `form` for other lengths
 */
export async function safetyNumber(one, other) {
  const [lower, higher] = isLower(one, other) ? [one, other] : [other, one];
  const input = new Writer().fixed(lower, FINGERPRINT_BYTES).fixed(higher, FINGERPRINT_BYTES).finish();
  const hash = new DataView(await crypto.subtle.digest("SHA-512", concat(label("sotto/1 safety number"), input)));
  return Array.from({ length: GROUPS }, (_, index) => group(hash, index * GROUP_BYTES)).join("");
}

/**
 * @param {string} number 60 digits
 * @returns {string[]} 12 groups of 5 digits, as people compare them
 */
export function safetyGroups(number) {
  return number.match(/.{5}/g) ?? [];
}

/**
 * @param {string} number 60 digits
 * @returns {string} what the QR code holds
 */
export function safetyCode(number) {
  return `sotto/1:${number}`;
}

/**
 * @param {string} text what a QR code holds
 * @returns {string} 60 digits
 * @throws {ProtocolError} `form` when it is not the code of a safety number
 */
export function readSafetyCode(text) {
  const number = CODE.exec(text)?.[1];
  checkForm(number !== undefined, "This is not the code of a safety number.");
  return String(number);
}

/**
 * @param {DataView} hash
 * @param {number} at where the group's u40 begins
 * @returns {string} 5 digits
 */
function group(hash, at) {
  const value = hash.getUint8(at) * 2 ** 32 + hash.getUint32(at + 1);
  return String(value % 10 ** GROUP_DIGITS).padStart(GROUP_DIGITS, "0");
}

/**
 * @param {Bytes} one
 * @param {Bytes} other of the same length
 */
function isLower(one, other) {
  const index = one.findIndex((byte, at) => byte !== other[at]);
  return index === -1 || Number(one[index]) < Number(other[index]);
}
