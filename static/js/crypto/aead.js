//# allFunctionsCalledOnLoad
import { randomBytes } from "./bytes.js";
import { ProtocolError } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {{nonce: Bytes, ciphertext: Bytes}} Box 12 bytes, and the plaintext's length + 16 */

export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/**
 * @param {Bytes} nonce
 * @param {Bytes} associated
 */
const parameters = (nonce, associated) => ({ name: "AES-GCM", iv: nonce, additionalData: associated, tagLength: 8 * TAG_BYTES });

/**
 * AES-256-GCM under a random nonce that no caller chooses.
 * @param {CryptoKey} key
 * @param {Bytes} plaintext
 * @param {Bytes} associated beginning with a label
 * @returns {Promise<Box>}
 */
export async function seal(key, plaintext, associated) {
  const nonce = randomBytes(NONCE_BYTES);
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt(parameters(nonce, associated), key, plaintext));
  return { nonce, ciphertext };
}

/**
 * @param {CryptoKey} key
 * @param {Box} box
 * @param {Bytes} associated
 * @returns {Promise<Bytes>} the plaintext
 * @throws {ProtocolError} `opening` when the key, the box or the associated data are not those of the sealing
 */
export async function open(key, { nonce, ciphertext }, associated) {
  try {
    return new Uint8Array(await crypto.subtle.decrypt(parameters(nonce, associated), key, ciphertext));
  } catch (error) {
    if (error instanceof DOMException && error.name === "OperationError") {
      throw new ProtocolError("opening", "This cannot be opened: another key, or altered.");
    }
    throw error;
  }
}
