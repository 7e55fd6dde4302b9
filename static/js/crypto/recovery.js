import { concat, equal, label, randomBytes, toBase64url, Writer } from "./bytes.js";
import { deriveAesKey, deriveBytes, importSecret, sha256 } from "./derive.js";
import { ProtocolError } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const KEY_BYTES = 32;
const CHECKSUM_BYTES = 3;

/** @returns {Bytes} 32 bytes */
export function newRecoveryKey() {
  return randomBytes(KEY_BYTES);
}

/**
 * @param {Bytes} key 32 bytes
 * @returns {Promise<string>} 14 groups of 4 characters joined by hyphens, the checksum in the last
 */
export async function formatRecoveryKey(key) {
  const bytes = new Writer().fixed(key, KEY_BYTES).fixed(await checksum(key), CHECKSUM_BYTES).finish();
  return (toBase32(bytes).match(/.{4}/g) ?? []).join("-");
}

/**
 * @param {string} text as a person types it: case, spaces and hyphens do not matter, O is 0, I and L are 1
 * @returns {Promise<Bytes>} the key, 32 bytes
 * @throws {ProtocolError} `form` for another length or character, `checksum` for a typing error
 */
export async function parseRecoveryKey(text) {
  const bytes = fromBase32(text.replaceAll(/[ -]/g, ""));
  const key = bytes.slice(0, KEY_BYTES);
  if (!equal(bytes.subarray(KEY_BYTES), await checksum(key))) {
    throw new ProtocolError("checksum", "This recovery key has a typing error.");
  }
  return key;
}

/**
 * @param {Bytes} key 32 bytes
 * @param {Bytes} userId 16 bytes
 * @returns {Promise<CryptoKey>} AES-256-GCM, non-extractable, for the seeds alone
 */
export async function recoveryWrappingKey(key, userId) {
  return deriveAesKey(await importSecret(key), concat(label("sotto/1 recovery wrapping key"), userId));
}

/**
 * What shows the server that somebody has the recovery key, and opens nothing.
 * @param {Bytes} key 32 bytes
 * @returns {Promise<string>} 32 bytes, base64url
 */
export async function recoverySignInSecret(key) {
  return toBase64url(await deriveBytes(await importSecret(key), label("sotto/1 recovery sign-in secret")));
}

/** @param {Bytes} key */
async function checksum(key) {
  return (await sha256(label("sotto/1 recovery checksum"), key)).slice(0, CHECKSUM_BYTES);
}

/**
 * @param {Bytes} bytes a multiple of 5, so that nothing is spare
 * @returns {string} Crockford's base32
 */
function toBase32(bytes) {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.replaceAll(/.{5}/g, (group) => ALPHABET.charAt(parseInt(group, 2)));
}

/**
 * @param {string} text without spaces and hyphens
 * @returns {Bytes} 35 bytes
 */
function fromBase32(text) {
  // Only ASCII is put into upper case: some other letters (ı, ſ) would turn into ASCII ones.
  if (!/^[0-9A-TV-Z]{56}$/i.test(text)) {
    throw new ProtocolError("form", "A recovery key has 56 letters and digits, without U.");
  }
  const canonical = text.toUpperCase().replaceAll("O", "0").replaceAll(/[IL]/g, "1");
  const bits = Array.from(canonical, (character) => ALPHABET.indexOf(character).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
}
