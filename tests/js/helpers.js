import assert from "node:assert/strict";

import fc from "fast-check";

import { concat, label, randomBytes } from "../../static/js/crypto/bytes.js";
import { encodeContent } from "../../static/js/crypto/content.js";
import { deriveBytes, sha256 } from "../../static/js/crypto/derive.js";
import { ProtocolError } from "../../static/js/crypto/errors.js";
import { makeExchange, openExchange, parseExchange } from "../../static/js/crypto/exchange.js";
import { importSigningKey, makeBundle, newSeeds, parseBundle } from "../../static/js/crypto/identity.js";

/** @typedef {import("../../static/js/crypto/bytes.js").Bytes} Bytes */
/** @typedef {import("../../static/js/crypto/errors.js").ErrorCode} ErrorCode */
/** @typedef {import("../../static/js/crypto/identity.js").Bundle} Bundle */
/** @typedef {Awaited<ReturnType<typeof makePerson>>} Person */

export const ZEROS = new Uint8Array(32);

/** Any Unicode character; fast-check's own units take a second to build. */
const anyCharacter = fc.nat(0x10ffff - 0x800).map((index) => String.fromCodePoint(index < 0xd800 ? index : index + 0x800));

/** @param {fc.StringConstraints} [constraints] */
export const anyText = (constraints = {}) => fc.string({ ...constraints, unit: anyCharacter });

/** @param {number} length in bytes */
export const bytesOf = (length) => anyBytes({ minLength: length, maxLength: length });

/** @param {fc.IntArrayConstraints} constraints */
export const anyBytes = (constraints) => fc.uint8Array({ size: "max", ...constraints }).map((bytes) => new Uint8Array(bytes));

/**
 * @param {number[]} head
 * @param {fc.Arbitrary<Uint8Array>} rest
 */
export const begunWith = (head, rest) => rest.map((bytes) => Uint8Array.of(...head, ...bytes));

/**
 * @param {string} username
 * @param {Bytes} [userId]
 */
export async function makePerson(username, userId = randomBytes(16)) {
  const seeds = newSeeds();
  const bundle = await parseBundle(await makeBundle({ userId, username, version: 1, generation: 1, previous: ZEROS, seeds }));
  return { userId, seeds, bundle, signingKey: await importSigningKey(seeds.signing) };
}

/**
 * @param {Person} initiator
 * @param {Person} recipient
 */
export async function exchangeBetween(initiator, recipient) {
  const made = await makeExchange({
    initiator: initiator.bundle,
    recipient: recipient.bundle,
    epoch: 1,
    previous: ZEROS,
    signingKey: initiator.signingKey,
  });
  return { made, exchange: await parseExchange(made.bytes) };
}

/**
 * @param {import("../../static/js/crypto/exchange.js").Exchange} exchange
 * @param {{bundle: Bundle}} initiator
 * @param {{bundle: Bundle}} recipient
 * @param {Person} me
 */
export function openAs(exchange, initiator, recipient, me) {
  return openExchange({
    exchange,
    initiator: initiator.bundle,
    recipient: recipient.bundle,
    me: me.userId,
    sealingSeed: me.seeds.sealing,
  });
}

/**
 * @param {Bytes} keyId
 * @param {Bytes} sender
 * @param {Bytes} receiver
 */
export function firstMessage(keyId, sender, receiver) {
  return {
    keyId,
    epoch: 1,
    sender,
    receiver,
    messageId: randomBytes(16),
    counter: 1,
    previous: ZEROS,
    seenCounter: 0,
    seen: ZEROS,
    time: 1_700_000_000_000,
    lifetime: 0,
    content: encodeContent({ kind: "text", text: "Meet me at the pier." }),
  };
}

/**
 * An envelope of a header and a body that need not belong together, with the proof that they do.
 * @param {CryptoKey} epochKey
 * @param {Bytes} header 162 bytes
 * @param {Bytes} body nonce, length and ciphertext
 */
export async function proven(epochKey, header, body) {
  const bodyHash = await sha256(label("sotto/1 message body"), body);
  return concat(header, body, await deriveBytes(epochKey, concat(label("sotto/1 message proof"), header, bodyHash)));
}

/**
 * The tombstone of an envelope, as a server makes it.
 * @param {Bytes} envelope
 */
export async function buried(envelope) {
  const bodyHash = await sha256(label("sotto/1 message body"), envelope.slice(162, -32));
  return concat(Uint8Array.of(1, 6), envelope.slice(2, 162), bodyHash, envelope.slice(-32));
}

/**
 * @param {() => unknown} work may throw, or reject
 * @param {ErrorCode | ErrorCode[]} [codes] any if left out
 */
export async function assertRefused(work, codes) {
  try {
    await work();
  } catch (error) {
    assert.ok(error instanceof ProtocolError, `another exception: ${error}`);
    if (codes) assert.ok([codes].flat().includes(error.code), `"${error.code}" instead of "${codes}": ${error.message}`);
    return;
  }
  assert.fail("This was taken.");
}

/**
 * @param {() => unknown} work gives a value, or is refused
 */
export async function assertTotal(work) {
  try {
    await work();
  } catch (error) {
    assert.ok(error instanceof ProtocolError, `another exception: ${error}`);
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {number} index
 * @param {number} [difference]
 * @returns {Bytes} a copy with one byte altered
 */
export function altered(bytes, index, difference = 1 << (index % 8)) {
  const copy = new Uint8Array(bytes);
  copy[index] = Number(copy[index]) ^ difference;
  return copy;
}

/**
 * Alters every byte in turn, and the length.
 * @param {Uint8Array} bytes
 * @param {(bytes: Bytes) => unknown} read
 */
export async function assertEveryByteCounts(bytes, read) {
  await read(new Uint8Array(bytes));
  for (const index of bytes.keys()) await assertRefused(() => read(altered(bytes, index)));
  await assertRefused(() => read(bytes.slice(0, -1)));
  await assertRefused(() => read(Uint8Array.of(...bytes, 0)), "form");
  await assertRefused(() => read(new Uint8Array(0)), "form");
}

/**
 * Lets the next random bytes be these; whoever asks for others, or more, fails.
 * @param {import("node:test").TestContext} test
 * @param {...Uint8Array} queue
 */
export function fixRandom(test, ...queue) {
  test.mock.method(crypto, "getRandomValues", (/** @type {Uint8Array} */ target) => {
    const next = queue.shift();
    assert.equal(next?.length, target.length, "other random bytes were expected");
    target.set(/** @type {Uint8Array} */ (next));
    return target;
  });
}
