/** What a browser keeps, sealed under the account key, of what is not sent yet (docs/protocol.md, section 8): messages, and drafts. */

import { NONCE_BYTES, open, seal } from "./aead.js";
import { concat, fromUtf8, label, Reader, utf8, Writer } from "./bytes.js";
import { SUITE } from "./objects.js";

/**
 * @typedef {import("./bytes.js").Bytes} Bytes
 *
 * @typedef {object} Entry a message in the outbox
 * @property {number} place entries of a conversation go out in this order
 * @property {number} time milliseconds since 1970, when it was typed
 * @property {number} lifetime seconds after which it disappears, 0 for never
 * @property {string} name the other person's username then
 * @property {Bytes} content as `content.js` encodes it
 * @property {Bytes | null} sealed the envelope that was or will be posted
 *
 * @typedef {object} Draft
 * @property {number} time milliseconds since 1970, when it was kept
 * @property {string} text
 *
 * @typedef {object} Pair
 * @property {CryptoKey} accountKey the writer's
 * @property {Bytes} owner the writer's id, 16 bytes
 * @property {Bytes} peer the other person's id, 16 bytes
 */

/**
 * @param {Pair} pair
 * @param {Bytes} messageId 16 bytes
 */
const entryBinding = ({ owner, peer }, messageId) => concat(label("sotto/1 outbox"), Uint8Array.of(SUITE), owner, peer, messageId);

/** @param {Pair} pair */
const draftBinding = ({ owner, peer }) => concat(label("sotto/1 draft"), Uint8Array.of(SUITE), owner, peer);

/**
 * @param {CryptoKey} key
 * @param {Bytes} plaintext
 * @param {Bytes} associated
 */
async function sealUp(key, plaintext, associated) {
  const { nonce, ciphertext } = await seal(key, plaintext, associated);
  return concat(nonce, ciphertext);
}

/**
 * @param {CryptoKey} key
 * @param {Bytes} bytes
 * @param {Bytes} associated
 */
const openUp = (key, bytes, associated) =>
  open(key, { nonce: bytes.slice(0, NONCE_BYTES), ciphertext: bytes.slice(NONCE_BYTES) }, associated);

/**
 * @param {Pair} pair
 * @param {Bytes} messageId 16 bytes
 * @param {Entry} entry
 * @returns {Promise<Bytes>}
 */
export function sealEntry(pair, messageId, { place, time, lifetime, name, content, sealed }) {
  const plaintext = new Writer()
    .u64(place)
    .u64(time)
    .u32(lifetime)
    .var32(utf8(name))
    .var32(content)
    .var32(sealed ?? new Uint8Array())
    .finish();
  return sealUp(pair.accountKey, plaintext, entryBinding(pair, messageId));
}

/**
 * @param {Pair} pair
 * @param {Bytes} messageId 16 bytes
 * @param {Bytes} bytes
 * @returns {Promise<Entry>}
 * @throws {ProtocolError} `opening` for another owner's, to another person, or of another message; `form`
 */
export async function openEntry(pair, messageId, bytes) {
  const reader = new Reader(await openUp(pair.accountKey, bytes, entryBinding(pair, messageId)));
  const order = { place: reader.u64(), time: reader.u64(), lifetime: reader.u32() };
  const entry = { ...order, name: fromUtf8(reader.var32()), content: reader.var32() };
  const sealed = reader.var32();
  reader.end();
  return { ...entry, sealed: sealed.length === 0 ? null : sealed };
}

/**
 * @param {Pair} pair
 * @param {Draft} draft
 * @returns {Promise<Bytes>}
 */
export function sealDraft(pair, { time, text }) {
  return sealUp(pair.accountKey, new Writer().u64(time).var32(utf8(text)).finish(), draftBinding(pair));
}

/**
 * @param {Pair} pair
 * @param {Bytes} bytes
 * @returns {Promise<Draft>}
 * @throws {ProtocolError} `opening` for another owner's, or to another person; `form`
 */
export async function openDraft(pair, bytes) {
  const reader = new Reader(await openUp(pair.accountKey, bytes, draftBinding(pair)));
  const draft = { time: reader.u64(), text: fromUtf8(reader.var32()) };
  reader.end();
  return draft;
}
