//# allFunctionsCalledOnLoad
import { NONCE_BYTES, open, seal, TAG_BYTES } from "./aead.js";
import { concat, equal, isZero, label, toBase64url, Writer } from "./bytes.js";
import { MAX_LIFETIME } from "./content.js";
import { deriveAesKey, deriveBytes, sha256 } from "./derive.js";
import { ProtocolError } from "./errors.js";
import { checkForm, KIND, readObject, writeObject } from "./objects.js";
import { BUCKETS, pad, unpad } from "./padding.js";

/** The last moment that a Date can name, in milliseconds (ECMA-262, Time Values and Time Range). */
const MAX_TIME = 8.64e15;

const HASH_BYTES = 32;
const PROOF_BYTES = 32;

/** @typedef {import("./bytes.js").Bytes} Bytes */

/**
 * What everybody on the way may read of a message, and nobody may change.
 * @typedef {object} Header
 * @property {Bytes} keyId 16 bytes
 * @property {number} epoch from 1
 * @property {Bytes} sender user id, 16 bytes
 * @property {Bytes} receiver user id, 16 bytes
 * @property {Bytes} messageId 16 bytes, the sender's own; a retry keeps it
 * @property {number} counter the sender's own in this conversation, from 1
 * @property {Bytes} previous hash of the sender's envelope before, 32 bytes; zeros for counter 1
 * @property {number} seenCounter of the receiver's highest envelope that the sender has opened, 0 if none
 * @property {Bytes} seen its hash, 32 bytes; zeros if none
 * @property {number} time milliseconds since 1970 by the sender's clock
 * @property {number} lifetime seconds after which it disappears, 0 for never
 */

/**
 * A message envelope, read; nothing but its form is checked.
 * @typedef {Header & {bytes: Bytes, header: Bytes, nonce: Bytes, ciphertext: Bytes, proof: Bytes}} Envelope the whole object; its first 162
 *   bytes; 12 bytes; a bucket's size + 16; 32 bytes
 */

/**
 * What is left of an envelope whose message has gone, read; nothing but its form is checked.
 * @typedef {Header & {bytes: Bytes, header: Bytes, bodyHash: Bytes, proof: Bytes}} Tombstone the whole object; the envelope's first 162 bytes;
 *   32 bytes; 32 bytes
 */

/** @typedef {Envelope | Tombstone} Message */

/**
 * @param {Uint8Array} bytes
 * @returns {Envelope}
 * @throws {ProtocolError} `form`, `suite`, `kind`
 */
export function parseEnvelope(bytes) {
  const reader = readObject(bytes, KIND.envelope);
  const fields = readHeader(reader);
  const header = reader.consumed();
  const rest = { nonce: reader.fixed(NONCE_BYTES), ciphertext: reader.var32(), proof: reader.fixed(PROOF_BYTES) };
  reader.end();
  checkHeader(fields);
  checkForm(BUCKETS.includes(rest.ciphertext.length - TAG_BYTES), "The padded message has no permitted size.");
  return { bytes: new Uint8Array(bytes), header, ...fields, ...rest };
}

/**
 * @param {Uint8Array} bytes
 * @returns {Tombstone}
 * @throws {ProtocolError} `form`, `suite`, `kind`
 */
export function parseTombstone(bytes) {
  const reader = readObject(bytes, KIND.tombstone);
  const fields = readHeader(reader);
  const header = concat(writeObject(KIND.envelope).finish(), reader.consumed().subarray(2));
  const rest = { bodyHash: reader.fixed(HASH_BYTES), proof: reader.fixed(PROOF_BYTES) };
  reader.end();
  checkHeader(fields);
  return { bytes: new Uint8Array(bytes), header, ...fields, ...rest };
}

/**
 * @param {Uint8Array} bytes an envelope, or the tombstone of one
 * @returns {Message}
 * @throws {ProtocolError} `form`, `suite`, `kind`
 */
export function parseMessage(bytes) {
  return bytes[1] === KIND.tombstone ? parseTombstone(bytes) : parseEnvelope(bytes);
}

/**
 * @param {Message} message
 * @returns {message is Tombstone}
 */
export const isTombstone = (message) => "bodyHash" in message;

/**
 * @param {import("./bytes.js").Reader} reader after suite and kind
 * @returns {Header}
 */
function readHeader(reader) {
  return {
    keyId: reader.fixed(16),
    epoch: reader.u32(),
    sender: reader.fixed(16),
    receiver: reader.fixed(16),
    messageId: reader.fixed(16),
    counter: reader.u64(),
    previous: reader.fixed(32),
    seenCounter: reader.u64(),
    seen: reader.fixed(32),
    time: reader.u64(),
    lifetime: reader.u32(),
  };
}

/**
 * @param {Uint8Array} bytes a whole envelope, or its tombstone, which has the same
 * @returns {Promise<Bytes>} the hash that the next envelope names, 32 bytes
 * @throws {ProtocolError} `form`, `suite`, `kind`
 */
export async function envelopeHash(bytes) {
  const message = parseMessage(bytes);
  return sha256(label("sotto/1 message hash"), message.header, await bodyHashOf(message), message.proof);
}

/**
 * @param {Header & {epochKey: CryptoKey, content: Uint8Array}} message the content as `content.js` encodes it, up to 65,532 bytes
 * @returns {Promise<Bytes>} the envelope
 * @throws {ProtocolError} `form` for what no reader would take
 */
export async function sealMessage({ epochKey, content, ...fields }) {
  checkHeader(fields);
  const header = writeHeader(fields);
  const { nonce, ciphertext } = await seal(await messageKey(epochKey, fields), pad(content), associated(header));
  const body = bodyOf({ nonce, ciphertext });
  return concat(header, body, await makeProof(epochKey, header, await hashBody(body)));
}

/**
 * @param {object} message
 * @param {CryptoKey} message.epochKey of the key that the envelope names
 * @param {Envelope} message.envelope
 * @returns {Promise<Bytes>} the content
 * @throws {ProtocolError} `opening`, or `form` for wrong padding
 */
export async function openMessage({ epochKey, envelope }) {
  const key = await messageKey(epochKey, envelope);
  const padded = await open(key, envelope, associated(envelope.header));
  await checkProof(epochKey, envelope);
  return unpad(padded);
}

/**
 * @param {object} message
 * @param {CryptoKey} message.epochKey of the key that the tombstone names
 * @param {Tombstone} message.tombstone
 * @throws {ProtocolError} `opening` unless it is left of a message under this key
 */
export async function checkTombstone({ epochKey, tombstone }) {
  await checkProof(epochKey, tombstone);
}

/** @param {import("./aead.js").Box} box */
const bodyOf = ({ nonce, ciphertext }) => concat(nonce, new Writer().var32(ciphertext).finish());

/** @param {Bytes} body what a tombstone leaves out */
const hashBody = (body) => sha256(label("sotto/1 message body"), body);

/** @param {Message} message */
const bodyHashOf = async (message) => (isTombstone(message) ? message.bodyHash : hashBody(bodyOf(message)));

/**
 * That the sender, or else the receiver, has made this header for this body.
 * @param {CryptoKey} epochKey
 * @param {Bytes} header
 * @param {Bytes} bodyHash
 */
const makeProof = (epochKey, header, bodyHash) => deriveBytes(epochKey, concat(label("sotto/1 message proof"), header, bodyHash));

/**
 * @param {CryptoKey} epochKey
 * @param {Message} message
 */
async function checkProof(epochKey, message) {
  const proof = await makeProof(epochKey, message.header, await bodyHashOf(message));
  if (!equal(proof, message.proof)) throw new ProtocolError("opening", "The proof is not that of header and body.");
}

/** @param {Header} header */
function checkHeader(header) {
  checkForm(header.epoch >= 1, "Epochs count from 1.");
  checkForm(!equal(header.sender, header.receiver), "Nobody writes to themselves.");
  checkForm(header.counter >= 1, "Messages count from 1.");
  checkForm((header.counter === 1) === isZero(header.previous), "Only the first message has none before it.");
  checkForm((header.seenCounter === 0) === isZero(header.seen), "What was seen has a counter and a hash, or neither.");
  checkForm(header.time <= MAX_TIME, "No calendar reaches this time.");
  checkForm(header.lifetime <= MAX_LIFETIME, "A message disappears after 4 weeks at the latest.");
}

/**
 * @param {Header} header
 * @returns {Bytes} 162 bytes
 */
function writeHeader(header) {
  return writeObject(KIND.envelope)
    .fixed(header.keyId, 16)
    .u32(header.epoch)
    .fixed(header.sender, 16)
    .fixed(header.receiver, 16)
    .fixed(header.messageId, 16)
    .u64(header.counter)
    .fixed(header.previous, 32)
    .u64(header.seenCounter)
    .fixed(header.seen, 32)
    .u64(header.time)
    .u32(header.lifetime)
    .finish();
}

/** Each is derived once. @type {WeakMap<CryptoKey, Map<string, Promise<CryptoKey>>>} by epoch key, then by direction */
const messageKeys = new WeakMap();

/**
 * The key of one direction, so that the two people never share a (key, nonce) space.
 * @param {CryptoKey} epochKey
 * @param {Header} header
 */
function messageKey(epochKey, { keyId, sender, receiver }) {
  const info = concat(label("sotto/1 message key"), keyId, sender, receiver);
  const known = messageKeys.get(epochKey) ?? new Map();
  messageKeys.set(epochKey, known);
  const name = toBase64url(info);
  if (!known.has(name)) known.set(name, deriveAesKey(epochKey, info));
  return /** @type {Promise<CryptoKey>} */ (known.get(name));
}

/** @param {Bytes} header */
const associated = (header) => concat(label("sotto/1 message"), header);
