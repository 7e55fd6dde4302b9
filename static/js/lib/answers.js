/**
 * What the server answers, read before any of it counts: an answer is what docs/http.md says, or it is refused whole. Whether what is in it
 * can be opened, and trusted, is asked later.
 *
 * @typedef {import("./feed.js").HistoryPage} HistoryPage
 * @typedef {import("./intent.js").ExchangedKey} ExchangedKey
 * @typedef {import("./sender.js").Stored} Stored
 * @typedef {{peer: {id: string, name: string, erased: boolean}, messages: Stored[], keys: Record<string, string>, bundles: Record<string, string>}} ExportedConversation
 */

import { checkForm } from "../crypto/objects.js";

/** The last moment that a Date can name, in milliseconds (ECMA-262, Time Values and Time Range). */
const MAX_TIME = 8.64e15;

/**
 * @param {unknown} json an answer of `…/history/`
 * @returns {HistoryPage}
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export function readHistory(json) {
  const { messages, keys, bundles, more, begins, current_key, withheld, marks, contact } = fieldsOf(json);
  checkForm(Array.isArray(messages), "The messages are no list.");
  checkForm(typeof more === "boolean", "It is not said whether there is more.");
  checkForm(current_key === null || typeof current_key === "string", "The current key is no text.");
  return {
    messages: /** @type {unknown[]} */ (messages).map(readStored),
    keys: readTexts(keys),
    bundles: readTexts(bundles),
    withheld: readRuns(withheld),
    more: /** @type {boolean} */ (more),
    begins: readCount(begins, 1, Number.MAX_SAFE_INTEGER),
    current_key: /** @type {string | null} */ (current_key),
    marks: marks === null ? null : readMarks(marks),
    contact: contact === null ? null : readStanding(contact),
  };
}

/**
 * @param {unknown} json a message as the server stores it
 * @returns {Stored}
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export function readStored(json) {
  const { envelope } = fieldsOf(json);
  checkForm(typeof envelope === "string", "The envelope is no text.");
  return { ...readReceipt(json), envelope: /** @type {string} */ (envelope) };
}

/**
 * @param {unknown} json what is answered to a message
 * @returns {{seq: number, at: number}}
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export function readReceipt(json) {
  const { seq, at } = fieldsOf(json);
  return { seq: readCount(seq, 1, Number.MAX_SAFE_INTEGER), at: readCount(at, 0, MAX_TIME) };
}

/**
 * @param {unknown} json an answer of `/keys/exchange/`
 * @returns {ExchangedKey}
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export function readKey(json) {
  const { exchange, bundles, used } = fieldsOf(fieldsOf(json).key);
  checkForm(typeof exchange === "string", "The exchange is no text.");
  checkForm(typeof used === "boolean", "It is not said whether the key is in use.");
  return { exchange: /** @type {string} */ (exchange), bundles: readTexts(bundles), used: /** @type {boolean} */ (used) };
}

/**
 * @param {unknown} json an answer of `/accounts/export/`
 * @returns {{conversations: ExportedConversation[], pins: Record<string, string>}} what is needed to read one's messages; `pins` by person
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export function readExport(json) {
  const { conversations, contacts } = fieldsOf(json);
  checkForm(Array.isArray(conversations) && Array.isArray(contacts), "The conversations, or the contacts, are no list.");
  const kept = /** @type {unknown[]} */ (contacts).map(fieldsOf).filter(({ pinned_identity: pin }) => pin !== null);
  return {
    conversations: /** @type {unknown[]} */ (conversations).filter((one) => one !== null).map(readExported),
    pins: readTexts(Object.fromEntries(kept.map(({ person, pinned_identity }) => [readPerson(person).id, pinned_identity]))),
  };
}

/**
 * @param {unknown} json
 * @returns {ExportedConversation}
 */
function readExported(json) {
  const { with: person, messages, keys, bundles } = fieldsOf(json);
  checkForm(Array.isArray(messages), "The messages are no list.");
  return { peer: readPerson(person), messages: /** @type {unknown[]} */ (messages).map(readStored), keys: readTexts(keys), bundles: readTexts(bundles) };
}

/** @param {unknown} json */
function readPerson(json) {
  const { user_id: id, username: name, erased } = fieldsOf(json);
  checkForm(typeof id === "string" && typeof name === "string" && typeof erased === "boolean", "This is no person.");
  return { id: /** @type {string} */ (id), name: /** @type {string} */ (name), erased: /** @type {boolean} */ (erased) };
}

/**
 * @param {unknown} json the data of the live event `read`, or `deleted`
 * @returns {{peer: string, seq: number}}
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export function readRead(json) {
  const { seq } = fieldsOf(json);
  return { peer: readPeer(json), seq: readCount(seq, 0, Number.MAX_SAFE_INTEGER) };
}

/**
 * @param {unknown} json the data of the live event `marks`
 * @returns {import("./live.js").PeerMarks}
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export function readPeerMarks(json) {
  return { peer: readPeer(json), ...readMarks(json) };
}

/**
 * @param {unknown} json the data of the live event `typing`
 * @returns {{peer: string, active: boolean}}
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export function readTyping(json) {
  const { active } = fieldsOf(json);
  checkForm(typeof active === "boolean", "It is not said whether it has begun or ended.");
  return { peer: readPeer(json), active: /** @type {boolean} */ (active) };
}

/**
 * @param {unknown} json how far somebody has received and read
 * @returns {import("./delivery.js").Marks}
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export function readMarks(json) {
  const { delivered, read } = fieldsOf(json);
  return { delivered: readCount(delivered, 0, Number.MAX_SAFE_INTEGER), read: readCount(read, 0, Number.MAX_SAFE_INTEGER) };
}

/**
 * @param {unknown} json
 * @returns {string}
 */
function readPeer(json) {
  const { peer } = fieldsOf(json);
  checkForm(typeof peer === "string", "The person is no text.");
  return /** @type {string} */ (peer);
}

/**
 * @param {unknown} json the data of the live event `contact`
 * @returns {import("./acquaintance.js").Standing & {peer: string}}
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export function readContact(json) {
  const { peer } = fieldsOf(json);
  checkForm(typeof peer === "string", "The person is no text.");
  return { peer: /** @type {string} */ (peer), ...readStanding(json) };
}

/**
 * @param {unknown} json how somebody stands to this account
 * @returns {import("./acquaintance.js").Standing}
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export function readStanding(json) {
  const { pending, removed, blocked } = fieldsOf(json);
  checkForm(
    [pending, removed, blocked].every((flag) => typeof flag === "boolean"),
    "It is not said how this account stands to the person.",
  );
  return /** @type {import("./acquaintance.js").Standing} */ ({ pending, removed, blocked });
}

/**
 * @param {unknown} json
 * @returns {Record<string, unknown>}
 */
function fieldsOf(json) {
  checkForm(typeof json === "object" && json !== null && !Array.isArray(json), "This is no object.");
  return /** @type {Record<string, unknown>} */ (json);
}

/**
 * @param {unknown} json
 * @returns {Record<string, string>}
 */
function readTexts(json) {
  const texts = fieldsOf(json);
  checkForm(
    Object.values(texts).every((text) => typeof text === "string"),
    "Not every entry is a text.",
  );
  return /** @type {Record<string, string>} */ (texts);
}

/**
 * @param {unknown} json
 * @returns {import("./feed.js").Run[]}
 */
function readRuns(json) {
  checkForm(Array.isArray(json), "The runs are no list.");
  return /** @type {unknown[]} */ (json).map((run) => {
    checkForm(Array.isArray(run) && run.length === 2, "A run has no two ends.");
    const [first, last] = /** @type {unknown[]} */ (run);
    const begins = readCount(first, 1, Number.MAX_SAFE_INTEGER);
    return /** @type {[number, number]} */ ([begins, readCount(last, begins, Number.MAX_SAFE_INTEGER)]);
  });
}

/**
 * @param {unknown} json
 * @param {number} least
 * @param {number} most
 * @returns {number}
 */
function readCount(json, least, most) {
  const number = Number.isInteger(json) ? /** @type {number} */ (json) : NaN;
  checkForm(number >= least && number <= most, "This is not a number that can stand here.");
  return number;
}
