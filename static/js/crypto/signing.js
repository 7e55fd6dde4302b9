//# allFunctionsCalledOnLoad
import { concat, fromBase64url } from "./bytes.js";
import { ProtocolError } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

export const SIGNING_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** What PKCS #8 puts before an Ed25519 seed (RFC 8410 section 7), the one form of it that WebCrypto takes. */
const PKCS8_HEADER = Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]);

/**
 * @param {Uint8Array} seed 32 bytes
 * @returns {Promise<CryptoKey>} Ed25519, non-extractable
 */
export function importSigningKey(seed) {
  return importSeed(seed, false);
}

/**
 * @param {Uint8Array} seed 32 bytes
 * @returns {Promise<Bytes>} the public key, 32 bytes
 */
export async function signingPublicKey(seed) {
  const { x } = await crypto.subtle.exportKey("jwk", await importSeed(seed, true));
  return fromBase64url(x);
}

/**
 * @param {CryptoKey} signingKey
 * @param {Bytes} message beginning with a label
 * @returns {Promise<Bytes>} 64 bytes (RFC 8032)
 */
export async function sign(signingKey, message) {
  return new Uint8Array(await crypto.subtle.sign("Ed25519", signingKey, message));
}

/**
 * @param {Bytes} publicKey 32 bytes that `checkSigningKey` has passed
 * @param {Bytes} message beginning with a label
 * @param {Bytes} signature 64 bytes
 * @throws {ProtocolError} `signature`
 */
export async function verifySignature(publicKey, message, signature) {
  const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  if (!(await crypto.subtle.verify("Ed25519", key, signature, message))) {
    throw new ProtocolError("signature", "The signature does not verify.");
  }
}

/**
 * @param {Uint8Array} seed
 * @param {boolean} extractable
 */
function importSeed(seed, extractable) {
  return crypto.subtle.importKey("pkcs8", concat(PKCS8_HEADER, seed), "Ed25519", extractable, ["sign"]);
}
