//# allFunctionsCalledOnLoad
import { concat } from "./bytes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

/** @param {Bytes} info */
const parameters = (info) => ({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info });

/**
 * @param {Bytes} secret the input keying material
 * @returns {Promise<CryptoKey>} non-extractable, good for `deriveBytes` and `deriveAesKey` alone
 */
export function importSecret(secret) {
  return crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey", "deriveBits"]);
}

/**
 * HKDF-SHA256 with an empty salt (RFC 5869).
 * @param {CryptoKey} secret from `importSecret`
 * @param {Bytes} info beginning with a label
 * @returns {Promise<Bytes>} 32 bytes
 */
export async function deriveBytes(secret, info) {
  return new Uint8Array(await crypto.subtle.deriveBits(parameters(info), secret, 256));
}

/**
 * HKDF-SHA256 with an empty salt (RFC 5869), into a key that never leaves WebCrypto.
 * @param {CryptoKey} secret from `importSecret`
 * @param {Bytes} info beginning with a label
 * @returns {Promise<CryptoKey>} AES-256-GCM, non-extractable
 */
export function deriveAesKey(secret, info) {
  return crypto.subtle.deriveKey(parameters(info), secret, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/**
 * @param {...Uint8Array} parts the first beginning with a label
 * @returns {Promise<Bytes>} the SHA-256 of the parts joined, 32 bytes
 */
export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}
