//# allFunctionsCalledOnLoad
import { NONCE_BYTES, open, seal, TAG_BYTES } from "./aead.js";
import { concat, label, Reader, Writer } from "./bytes.js";
import { checkForm, KIND, readObject, SUITE, writeObject } from "./objects.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

/**
 * What a person has seen of another's identity.
 * @typedef {object} Seen
 * @property {number} version of the bundle, from 1
 * @property {Bytes} hash of the bundle, 32 bytes
 * @property {Bytes} fingerprint of its keys, 32 bytes
 * @property {State} state whether the two have compared safety numbers
 * @property {number} time when the state was last set, in milliseconds since 1970; 0 for a first sight, which sets none
 */

/** @typedef {0 | 1 | 2} State */

/**
 * `changed`: the keys changed after they had been verified, and the new ones have not been.
 * @type {Readonly<{unverified: 0, verified: 1, changed: 2}>}
 */
export const STATE = Object.freeze({ unverified: 0, verified: 1, changed: 2 });

const SEEN_BYTES = 77;

/**
 * @param {object} pin
 * @param {CryptoKey} pin.accountKey the owner's
 * @param {Bytes} pin.owner user id, 16 bytes
 * @param {Bytes} pin.contact user id, 16 bytes
 * @param {Seen} pin.seen
 * @returns {Promise<Bytes>} the pin, 107 bytes
 */
export async function sealPin({ accountKey, owner, contact, seen }) {
  checkForm(seen.version >= 1, "Versions count from 1.");
  const plaintext = new Writer()
    .u32(seen.version)
    .fixed(seen.hash, 32)
    .fixed(seen.fingerprint, 32)
    .u8(checkedState(seen.state))
    .u64(seen.time)
    .finish();
  const { nonce, ciphertext } = await seal(accountKey, plaintext, associated(owner, contact));
  return writeObject(KIND.pin).fixed(nonce, NONCE_BYTES).fixed(ciphertext, SEEN_BYTES + TAG_BYTES).finish();
}

/**
 * @param {object} sealed
 * @param {CryptoKey} sealed.accountKey the owner's
 * @param {Bytes} sealed.owner user id, 16 bytes
 * @param {Bytes} sealed.contact user id, 16 bytes
 * @param {Uint8Array} sealed.pin
 * @returns {Promise<Seen>}
 * @throws {ProtocolError} `form`, `suite`, `kind`, `opening`
 */
export async function openPin({ accountKey, owner, contact, pin }) {
  const reader = readObject(pin, KIND.pin);
  const box = { nonce: reader.fixed(NONCE_BYTES), ciphertext: reader.fixed(SEEN_BYTES + TAG_BYTES) };
  reader.end();
  return readSeen(new Reader(await open(accountKey, box, associated(owner, contact))));
}

/**
 * @param {Reader} reader
 * @returns {Seen}
 */
function readSeen(reader) {
  const version = reader.u32();
  const hash = reader.fixed(32);
  const fingerprint = reader.fixed(32);
  const state = checkedState(reader.u8());
  const time = reader.u64();
  reader.end();
  checkForm(version >= 1, "Versions count from 1.");
  return { version, hash, fingerprint, state, time };
}

/**
 * @param {number} state
 * @returns {State}
 */
function checkedState(state) {
  checkForm(state === STATE.unverified || state === STATE.verified || state === STATE.changed, "The state of verification is not 0, 1 or 2.");
  return /** @type {State} */ (state);
}

/**
 * @param {Bytes} owner
 * @param {Bytes} contact
 * @returns {Bytes}
 */
function associated(owner, contact) {
  return concat(label("sotto/1 pin"), new Writer().u8(SUITE).u8(KIND.pin).fixed(owner, 16).fixed(contact, 16).finish());
}
