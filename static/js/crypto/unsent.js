/** What a browser keeps, sealed under the account key, of what is not sent yet (docs/protocol.md, section 8): messages, and drafts. */

import { NONCE_BYTES, open, seal } from "./aead.js";
import { concat, fromUtf8, label, Reader, utf8, Writer } from "./bytes.js";
import { readTarget, writeTarget } from "./content.js";
import { checkForm, SUITE } from "./objects.js";

const ID_BYTES = 16;

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
 * @typedef {object} Composed what stands in the composer
 * @property {string} text what was typed to be sent as a message
 * @property {{target: Bytes, author: import("./content.js").Author} | null} reply the message that it answers
 * @property {{target: Bytes, lifetime: number, text: string} | null} edit another text for a message of one's own, which has this lifetime in
 *   seconds; empty as long as it is the message's
 *
 * @typedef {Composed & {time: number}} Draft `time`: milliseconds since 1970, when it was kept
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
export function sealDraft(pair, { time, text, reply, edit }) {
  const writer = new Writer().u64(time).var32(utf8(text)).u8(Number(reply !== null));
  if (reply !== null) writeTarget(writer, reply);
  writer.u8(Number(edit !== null));
  if (edit !== null) writer.fixed(edit.target, ID_BYTES).u32(edit.lifetime).var32(utf8(edit.text));
  return sealUp(pair.accountKey, writer.finish(), draftBinding(pair));
}

/**
 * @template T
 * @param {Reader} reader
 * @param {(reader: Reader) => T} read
 * @returns {T | null} what follows, if it is said that something does
 * @throws {ProtocolError} `form`
 */
function optional(reader, read) {
  const said = reader.u8();
  checkForm(said <= 1, "Something is there or is not.");
  return said === 1 ? read(reader) : null;
}

/** @param {Reader} reader */
const readEdit = (reader) => ({ target: reader.fixed(ID_BYTES), lifetime: reader.u32(), text: fromUtf8(reader.var32()) });

/**
 * @param {Pair} pair
 * @param {Bytes} bytes
 * @returns {Promise<Draft>}
 * @throws {ProtocolError} `opening` for another owner's, or to another person; `form`
 */
export async function openDraft(pair, bytes) {
  const reader = new Reader(await openUp(pair.accountKey, bytes, draftBinding(pair)));
  const typed = { time: reader.u64(), text: fromUtf8(reader.var32()) };
  const draft = { ...typed, reply: optional(reader, readTarget), edit: optional(reader, readEdit) };
  reader.end();
  return draft;
}
