/** A conversation as it is told to Alice's browser, without any cryptography: what matters here is what stands in the headers. */

import { randomBytes } from "../../../static/js/crypto/bytes.js";

/**
 * @typedef {import("../../../static/js/crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../../../static/js/crypto/envelope.js").Envelope} Envelope
 * @typedef {import("../../../static/js/lib/epochs.js").Parties} Parties
 * @typedef {import("../../../static/js/lib/opener.js").Opened} Opened
 * @typedef {Opened & {envelope: Envelope, hash: Bytes}} Told
 * @typedef {{seq: number, at: number, opened: Told}} ToldEntry
 */

export const ZEROS = new Uint8Array(32);

/**
 * An opened message.
 * @param {boolean} mine
 * @param {Partial<Envelope> & {parties?: Parties | null}} [fields]
 * @returns {Told}
 */
export function told(mine, { parties = null, ...fields } = {}) {
  const counter = fields.counter ?? 1;
  const envelope = {
    keyId: ZEROS.slice(0, 16),
    epoch: 1,
    sender: randomBytes(16),
    receiver: randomBytes(16),
    messageId: randomBytes(16),
    counter,
    previous: counter === 1 ? ZEROS : randomBytes(32),
    seenCounter: 0,
    seen: ZEROS,
    time: 1_700_000_000_000,
    lifetime: 0,
    bytes: ZEROS,
    header: ZEROS,
    nonce: ZEROS.slice(0, 12),
    ciphertext: ZEROS,
    proof: ZEROS,
    ...fields,
  };
  return { mine, envelope, hash: randomBytes(32), content: { kind: "text", text: "hello" }, failure: null, parties };
}

/**
 * The next message after those of the same sender.
 * @param {Told[]} before all messages so far
 * @param {boolean} mine
 * @param {Partial<Envelope> & {parties?: Parties | null}} [fields]
 */
export function next(before, mine, fields = {}) {
  const own = before.filter((message) => message.mine === mine);
  return told(mine, { counter: own.length + 1, previous: own.at(-1)?.hash ?? ZEROS, ...fields });
}

/**
 * What a message names when its sender has seen another one.
 * @param {Told} message
 */
export function having({ envelope, hash }) {
  return { seenCounter: envelope.counter, seen: hash };
}

/**
 * The same message, which no longer opens.
 * @param {Told} message
 * @param {import("../../../static/js/lib/opener.js").Failure} [failure]
 * @returns {Told}
 */
export const unopened = (message, failure = "missing") => ({ ...message, content: null, failure, parties: null });

/**
 * As a server stores them: each a minute after the one before.
 * @param {Told[]} messages
 * @returns {ToldEntry[]}
 */
export const stored = (messages) => messages.map((opened, index) => ({ seq: index + 1, at: opened.envelope.time + 100, opened }));
