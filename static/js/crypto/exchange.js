import { concat, equal, isZero, label, randomBytes, Writer } from "./bytes.js";
import { deriveBytes, importSecret, sha256 } from "./derive.js";
import { ProtocolError } from "./errors.js";
import { ENCAPSULATION_BYTES, openWith, sealTo } from "./hpke.js";
import { checkBinding, checkForm, KIND, readObject, SUITE, writeObject } from "./objects.js";
import { sign, SIGNATURE_BYTES, verifySignature } from "./signing.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./identity.js").Bundle} Bundle */

/**
 * What both sealed copies and the commitment are bound to.
 * @typedef {object} Context
 * @property {Bytes} keyId 16 bytes
 * @property {number} epoch from 1
 * @property {Bytes} initiator user id, 16 bytes
 * @property {Bytes} recipient user id, 16 bytes
 * @property {Bytes} initiatorBundleHash 32 bytes
 * @property {Bytes} recipientBundleHash 32 bytes
 */

/**
 * An exchanged key, read; nothing but its form is checked.
 * @typedef {Context & {bytes: Bytes, previous: Bytes, commitment: Bytes, sealedToInitiator: Bytes, sealedToRecipient: Bytes,
 *   signature: Bytes, hash: Bytes}} Exchange the whole object; 32, 32, 1,168, 1,168, 64, 32 bytes
 */

const AES_KEY_BYTES = 32;
const SEALED_BYTES = ENCAPSULATION_BYTES + AES_KEY_BYTES + 16;
const ROLE = Object.freeze({ initiator: 1, recipient: 2 });

/**
 * Makes the AES key of an epoch and seals it to both people.
 * @param {object} exchange
 * @param {Bundle} exchange.initiator one's own
 * @param {Bundle} exchange.recipient
 * @param {number} exchange.epoch from 1
 * @param {Bytes} exchange.previous the exchange hash of the epoch before, 32 bytes; zeros for epoch 1
 * @param {CryptoKey} exchange.signingKey the initiator's
 * @returns {Promise<{bytes: Bytes, keyId: Bytes, epoch: number, epochKey: CryptoKey, hash: Bytes}>} the object (2,582 bytes), and the key
 *   as `openExchange` gives it
 * @throws {ProtocolError} `form` for what no reader would take
 */
export async function makeExchange({ initiator, recipient, epoch, previous, signingKey }) {
  const context = {
    keyId: randomBytes(16),
    epoch,
    initiator: initiator.userId,
    recipient: recipient.userId,
    initiatorBundleHash: initiator.hash,
    recipientBundleHash: recipient.hash,
  };
  checkContext(context, previous);
  const aesKey = randomBytes(AES_KEY_BYTES);
  const epochKey = await importSecret(aesKey);
  const unsigned = concat(
    writeObject(KIND.exchange).finish(),
    writeContext(context),
    new Writer().fixed(previous, 32).finish(),
    await commitmentTo(epochKey, context),
    await sealTo(initiator.sealing, sealingInfo(context, ROLE.initiator), aesKey),
    await sealTo(recipient.sealing, sealingInfo(context, ROLE.recipient), aesKey),
  );
  aesKey.fill(0);
  const bytes = concat(unsigned, await sign(signingKey, signedPart(unsigned)));
  return { bytes, keyId: context.keyId, epoch, epochKey, hash: await exchangeHash(bytes) };
}

/**
 * @param {Uint8Array} bytes
 * @returns {Promise<Exchange>}
 * @throws {ProtocolError} `form`, `suite`, `kind`
 */
export async function parseExchange(bytes) {
  const reader = readObject(bytes, KIND.exchange);
  const fields = {
    keyId: reader.fixed(16),
    epoch: reader.u32(),
    initiator: reader.fixed(16),
    recipient: reader.fixed(16),
    initiatorBundleHash: reader.fixed(32),
    recipientBundleHash: reader.fixed(32),
    previous: reader.fixed(32),
    commitment: reader.fixed(32),
    sealedToInitiator: reader.fixed(SEALED_BYTES),
    sealedToRecipient: reader.fixed(SEALED_BYTES),
    signature: reader.fixed(SIGNATURE_BYTES),
  };
  reader.end();
  checkContext(fields, fields.previous);
  const copy = new Uint8Array(bytes);
  return { bytes: copy, ...fields, hash: await exchangeHash(copy) };
}

/**
 * Checks what can be checked of an exchange without opening it.
 * @param {object} check
 * @param {Exchange} check.exchange
 * @param {Bundle} check.initiator a bundle that one trusts
 * @param {Bundle} check.recipient a bundle that one trusts
 * @throws {ProtocolError} `binding`, `signature`
 */
export async function checkExchange({ exchange, initiator, recipient }) {
  checkPeople(exchange, initiator, recipient);
  const unsigned = exchange.bytes.slice(0, -SIGNATURE_BYTES);
  await verifySignature(initiator.signing, signedPart(unsigned), exchange.signature);
}

/**
 * Checks everything about an exchange, in the order of the specification, and opens one's own copy.
 * @param {object} opening
 * @param {Exchange} opening.exchange
 * @param {Bundle} opening.initiator a bundle that one trusts
 * @param {Bundle} opening.recipient a bundle that one trusts
 * @param {Bytes} opening.me one's user id, 16 bytes
 * @param {Bytes} opening.sealingSeed one's own, 32 bytes
 * @returns {Promise<{epochKey: CryptoKey, hash: Bytes}>} the key as a non-extractable HKDF secret, and the exchange hash
 * @throws {ProtocolError} `binding`, `signature`, `opening`, `commitment`
 */
export async function openExchange({ exchange, initiator, recipient, me, sealingSeed }) {
  await checkExchange({ exchange, initiator, recipient });
  const { role, sealed } = ownCopy(exchange, me);
  const aesKey = await openWith(sealingSeed, sealingInfo(exchange, role), sealed);
  const epochKey = await importSecret(aesKey);
  aesKey.fill(0);
  if (!equal(await commitmentTo(epochKey, exchange), exchange.commitment)) {
    throw new ProtocolError("commitment", "The exchanged key is not the one committed to.");
  }
  return { epochKey, hash: exchange.hash };
}

/**
 * @param {Context} context
 * @param {Bytes} previous
 */
function checkContext(context, previous) {
  checkForm(context.epoch >= 1, "Epochs count from 1.");
  checkForm((context.epoch === 1) === isZero(previous), "Only the first epoch has no exchange before it.");
  checkForm(!equal(context.initiator, context.recipient), "Nobody exchanges a key with themselves.");
}

/**
 * @param {Exchange} exchange
 * @param {Bundle} initiator
 * @param {Bundle} recipient
 */
function checkPeople(exchange, initiator, recipient) {
  const people = equal(exchange.initiator, initiator.userId) && equal(exchange.recipient, recipient.userId);
  checkBinding(people, "The key was exchanged between other people.");
  const hashes = equal(exchange.initiatorBundleHash, initiator.hash) && equal(exchange.recipientBundleHash, recipient.hash);
  checkBinding(hashes, "The key was exchanged for another identity.");
}

/**
 * @param {Exchange} exchange
 * @param {Bytes} me
 * @returns {{role: number, sealed: Bytes}}
 */
function ownCopy(exchange, me) {
  if (equal(me, exchange.initiator)) return { role: ROLE.initiator, sealed: exchange.sealedToInitiator };
  checkBinding(equal(me, exchange.recipient), "The key was not sealed to you.");
  return { role: ROLE.recipient, sealed: exchange.sealedToRecipient };
}

/**
 * @param {Context} context
 * @returns {Bytes} 116 bytes
 */
function writeContext(context) {
  return new Writer()
    .fixed(context.keyId, 16)
    .u32(context.epoch)
    .fixed(context.initiator, 16)
    .fixed(context.recipient, 16)
    .fixed(context.initiatorBundleHash, 32)
    .fixed(context.recipientBundleHash, 32)
    .finish();
}

/**
 * @param {Context} context
 * @param {number} role
 */
const sealingInfo = (context, role) =>
  concat(label("sotto/1 sealed key"), Uint8Array.of(SUITE), writeContext(context), Uint8Array.of(role));

/**
 * @param {CryptoKey} epochKey
 * @param {Context} context
 */
const commitmentTo = (epochKey, context) => deriveBytes(epochKey, concat(label("sotto/1 key commitment"), writeContext(context)));

/** @param {Bytes} unsigned everything before the signature */
const signedPart = (unsigned) => concat(label("sotto/1 exchange"), unsigned);

/** @param {Bytes} bytes the whole exchange */
const exchangeHash = (bytes) => sha256(label("sotto/1 exchange hash"), bytes);
