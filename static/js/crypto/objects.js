//# allFunctionsCalledOnLoad
import { Reader, Writer } from "./bytes.js";
import { ProtocolError } from "./errors.js";

/** The one suite: X-Wing, HKDF-SHA256, AES-256-GCM, Ed25519, Argon2id, SHA-256. */
export const SUITE = 1;

/** The second byte of every object. */
export const KIND = Object.freeze({ bundle: 1, wrapped: 2, exchange: 3, envelope: 4, pin: 5, tombstone: 6 });

/**
 * @param {number} kind one of `KIND`
 * @returns {Writer} with the two bytes that begin an object of this kind
 */
export function writeObject(kind) {
  return new Writer().u8(SUITE).u8(kind);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} kind the one of `KIND` that is expected
 * @returns {Reader} after the object's first two bytes
 * @throws {ProtocolError} `form`, `suite`, `kind`
 */
export function readObject(bytes, kind) {
  const reader = new Reader(bytes);
  const [suite, found] = [reader.u8(), reader.u8()];
  if (suite !== SUITE) throw new ProtocolError("suite", "This was made for another suite.");
  if (found !== kind) throw new ProtocolError("kind", "This is another kind of object.");
  return reader;
}

/**
 * @param {boolean} condition that a well-formed object meets
 * @param {string} message what is wrong otherwise
 * @throws {ProtocolError} `form`
 */
export function checkForm(condition, message) {
  if (!condition) throw new ProtocolError("form", message);
}

/**
 * @param {boolean} condition that an object in its own place meets
 * @param {string} message what is wrong otherwise
 * @throws {ProtocolError} `binding`
 */
export function checkBinding(condition, message) {
  if (!condition) throw new ProtocolError("binding", message);
}
