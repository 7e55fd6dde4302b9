//# allFunctionsCalledOnLoad
/**
 * Opens the envelopes of one conversation, and says what is wrong with those that cannot be opened.
 *
 * - `missing`: the key it was sealed under is not here
 * - `untrusted`: the key it was sealed under fails a check, or does not follow those of the other messages
 * - `altered`: it is not what its sender made
 * - `elsewhere`: it is not between the two people of this conversation
 * - `broken`: something failed in this browser
 *
 * What has outlived its lifetime is opened, to take its place in the chain, and not handed out: it has `disappeared`, or is `spent` if it only
 * said something about a message that disappears no later. A tombstone takes that
 * place too; of a message whose time was not over, it says that the server has `removed` it.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {"missing" | "untrusted" | "altered" | "elsewhere" | "broken"} Failure
 * @typedef {import("../crypto/envelope.js").Message} Message
 * @typedef {import("../crypto/content.js").Content | import("../crypto/content.js").Unknown | {kind: "disappeared" | "removed" | "spent"}} Content
 *
 * @typedef {object} Opened
 * @property {boolean} mine whether it says that this account sent it
 * @property {Message | null} envelope or its tombstone; null when it is malformed
 * @property {Bytes | null} hash the envelope hash, 32 bytes
 * @property {Content | null} content null exactly when there is a failure
 * @property {Failure | null} failure
 * @property {import("./epochs.js").Parties | null} parties the identities that its key was made for, where that is certain
 */

import { equal, fromBase64url, uuidOf } from "../crypto/bytes.js";
import { decodeContent } from "../crypto/content.js";
import { checkTombstone, envelopeHash, isTombstone, openMessage, parseMessage } from "../crypto/envelope.js";
import { ProtocolError } from "../crypto/errors.js";
import { isCarrier } from "./amendments.js";
import { DELETED_EARLY } from "./clocks.js";
import { Refusal } from "./refusal.js";

/** What is said in place of a message. */
export const FAILURE_WORDS = {
  missing: "could not be opened: its key is missing",
  untrusted: "could not be opened: its key could not be trusted",
  altered: "could not be opened: it was altered on the way",
  elsewhere: "could not be opened: it does not belong to this conversation",
  broken: "could not be shown",
};

/**
 * @param {unknown} error
 * @returns {Failure}
 */
function failureOf(error) {
  if (error instanceof ProtocolError) return "altered";
  if (error instanceof Refusal) return error.code === "key_missing" ? "missing" : "untrusted";
  console.error(error);
  return "broken";
}

/**
 * @param {string} text base64url
 * @returns {Message | null} the envelope, or its tombstone; null when it is malformed
 */
export function readEnvelope(text) {
  try {
    return parseMessage(fromBase64url(text));
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/**
 * The other one of an envelope's two people.
 * @param {Message} envelope
 * @param {Bytes} me 16 bytes
 * @returns {Bytes | null} 16 bytes; null when it is not between `me` and somebody else
 */
export function peerOf(envelope, me) {
  const sent = equal(envelope.sender, me);
  if (sent === equal(envelope.receiver, me)) return null;
  return sent ? envelope.receiver : envelope.sender;
}

/** @type {Content} */
const DISAPPEARED = { kind: "disappeared" };
/** @type {Content} */
const REMOVED = { kind: "removed" };
/** @type {Content} */
const SPENT = { kind: "spent" };

/**
 * @param {import("../crypto/envelope.js").Header} header
 * @param {number} at milliseconds since 1970
 */
const isOver = ({ time, lifetime }, at) => lifetime > 0 && time + lifetime * 1000 <= at;

/**
 * What is handed out of a message instead of what it says, once its time is over.
 * @param {Content | null} content
 * @returns {Content}
 */
export const outlived = (content) => (isCarrier(content) ? SPENT : DISAPPEARED);

/**
 * What is to be shown of a message.
 * @param {CryptoKey} epochKey
 * @param {Message} message
 * @returns {Promise<Content>}
 */
async function contentOf(epochKey, message) {
  if (isTombstone(message)) {
    await checkTombstone({ epochKey, tombstone: message });
    return isOver(message, Date.now() + DELETED_EARLY) ? DISAPPEARED : REMOVED;
  }
  const content = decodeContent(await openMessage({ epochKey, envelope: message }));
  return isOver(message, Date.now()) ? outlived(content) : content;
}

export class Opener {
  #me;
  #peer;
  #epochs;

  /**
   * @param {object} setting
   * @param {Bytes} setting.me 16 bytes
   * @param {Bytes} setting.peer 16 bytes
   * @param {import("./epochs.js").Epochs} setting.epochs
   */
  constructor({ me, peer, epochs }) {
    this.#me = me;
    this.#peer = peer;
    this.#epochs = epochs;
  }

  /**
   * @param {string} text the envelope, base64url
   * @returns {Promise<Opened>} never rejected: one message that fails must not take others along
   */
  async open(text) {
    const envelope = readEnvelope(text);
    if (envelope === null) return { mine: false, envelope, hash: null, content: null, failure: "altered", parties: null };
    const about = { mine: equal(envelope.sender, this.#me), envelope, hash: await envelopeHash(envelope.bytes) };
    const other = peerOf(envelope, this.#me);
    if (other === null || !equal(other, this.#peer)) return { ...about, content: null, failure: "elsewhere", parties: null };
    try {
      return { ...about, ...(await this.#content(envelope)), failure: null };
    } catch (error) {
      const failure = failureOf(error);
      return { ...about, content: null, failure, parties: failure === "missing" ? await this.#partiesOfLost(envelope) : null };
    }
  }

  /** @param {Message} envelope */
  async #partiesOfLost({ keyId }) {
    return this.#epochs.partiesOfLost(uuidOf(keyId)).catch(() => null);
  }

  /** @param {Message} message */
  async #content(message) {
    const key = await this.#epochs.open(uuidOf(message.keyId));
    if (key.epoch !== message.epoch) throw new ProtocolError("binding", "The epoch is not its key's.");
    const content = await contentOf(key.epochKey, message);
    this.#epochs.noteMessage(key);
    return { content, parties: this.#epochs.partiesOf(key) };
  }
}
