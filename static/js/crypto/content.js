//# allFunctionsCalledOnLoad
/**
 * What a message says. Edits, deletions, reactions and replies are about another message, the *target*: named by its message id, which is its
 * author's own, and by which of the envelope's two people that is.
 *
 * @typedef {import("./bytes.js").Bytes} Bytes
 * @typedef {"sender" | "receiver"} Author of a target: the sender or the receiver of the envelope that names it
 *
 * @typedef {{kind: "text", text: string}} Text
 * @typedef {{kind: "edit", target: Bytes, text: string}} Edit of a message of the sender's
 * @typedef {{kind: "deletion", target: Bytes}} Deletion of a message of the sender's
 * @typedef {{kind: "reaction", target: Bytes, author: Author, emoji: string}} Reaction the empty text takes an earlier one back
 * @typedef {{kind: "reply", target: Bytes, author: Author, text: string}} Reply
 * @typedef {{kind: "timer", seconds: number}} Timer what both write from now on disappears after so many seconds; 0 for never
 * @typedef {Text | Edit | Deletion | Reaction | Reply | Timer} Content what this version writes and reads
 * @typedef {{kind: "unknown", number: number}} Unknown a kind that only a newer version knows
 */

import { fromUtf8, Reader, utf8, Writer } from "./bytes.js";
import { ProtocolError } from "./errors.js";
import { checkForm } from "./objects.js";
import { MAX_CONTENT_BYTES } from "./padding.js";

const VERSION = 1;
const ID_BYTES = 16;

/** The longest text in bytes of UTF-8: the longest content without kind, version and length. */
export const MAX_TEXT_BYTES = MAX_CONTENT_BYTES - 6;

/** The longest text that every kind has room for: a reply's, which names its target and the author of that. */
export const MAX_REPLY_BYTES = MAX_TEXT_BYTES - ID_BYTES - 1;

/** The longest reaction in bytes of UTF-8. */
export const MAX_EMOJI_BYTES = 64;

/** The longest time, in seconds, after which a message disappears: 4 weeks. */
export const MAX_LIFETIME = 28 * 24 * 60 * 60;

/** @type {readonly Author[]} the first is written as 1 */
const AUTHORS = ["sender", "receiver"];

/**
 * @param {Writer} writer
 * @param {string} text at least one byte of UTF-8
 */
function writeText(writer, text) {
  const bytes = utf8(text);
  checkForm(bytes.length >= 1, "The message is empty.");
  return writer.var32(bytes);
}

/** @param {Reader} reader */
function readText(reader) {
  const text = fromUtf8(reader.var32());
  checkForm(text !== "", "The message is empty.");
  return text;
}

/**
 * @param {Writer} writer
 * @param {{target: Bytes, author: Author}} content
 */
export const writeTarget = (writer, { target, author }) => writer.fixed(target, ID_BYTES).u8(1 + AUTHORS.indexOf(author));

/**
 * @param {Reader} reader
 * @returns {{target: Bytes, author: Author}}
 * @throws {ProtocolError} `form`
 */
export function readTarget(reader) {
  const target = reader.fixed(ID_BYTES);
  const author = AUTHORS[reader.u8() - 1];
  if (author === undefined) throw new ProtocolError("form", "A message is its sender's or its receiver's.");
  return { target, author };
}

/** @param {string} emoji */
function emojiBytes(emoji) {
  const bytes = utf8(emoji);
  checkForm(bytes.length <= MAX_EMOJI_BYTES, "The reaction is too long.");
  return bytes;
}

/** @param {Reader} reader */
function readEmoji(reader) {
  const emoji = fromUtf8(reader.var16());
  emojiBytes(emoji);
  return emoji;
}

/** @param {number} seconds */
function checked(seconds) {
  checkForm(seconds <= MAX_LIFETIME, "A message disappears after 4 weeks at the latest.");
  return seconds;
}

/**
 * The body of each kind: how it is written, and how it is read.
 * @type {{[K in Content["kind"]]: {number: number, write: (writer: Writer, content: Extract<Content, {kind: K}>) => Writer, read: (reader: Reader) => Extract<Content, {kind: K}>}}}
 */
const KINDS = {
  text: {
    number: 1,
    write: (writer, { text }) => writeText(writer, text),
    read: (reader) => ({ kind: "text", text: readText(reader) }),
  },
  edit: {
    number: 3,
    write: (writer, { target, text }) => writeText(writer.fixed(target, ID_BYTES), text),
    read: (reader) => ({ kind: "edit", target: reader.fixed(ID_BYTES), text: readText(reader) }),
  },
  deletion: {
    number: 4,
    write: (writer, { target }) => writer.fixed(target, ID_BYTES),
    read: (reader) => ({ kind: "deletion", target: reader.fixed(ID_BYTES) }),
  },
  reaction: {
    number: 5,
    write: (writer, content) => writeTarget(writer, content).var16(emojiBytes(content.emoji)),
    read: (reader) => ({ kind: "reaction", ...readTarget(reader), emoji: readEmoji(reader) }),
  },
  reply: {
    number: 7,
    write: (writer, content) => writeText(writeTarget(writer, content), content.text),
    read: (reader) => ({ kind: "reply", ...readTarget(reader), text: readText(reader) }),
  },
  timer: {
    number: 8,
    write: (writer, { seconds }) => writer.u32(checked(seconds)),
    read: (reader) => ({ kind: "timer", seconds: checked(reader.u32()) }),
  },
};

/**
 * @param {Content} content
 * @returns {Bytes}
 * @throws {ProtocolError} `form` for a text that is empty or too long
 */
export function encodeContent(content) {
  const { number, write } = KINDS[content.kind];
  const bytes = write(new Writer().u8(number).u8(VERSION), /** @type {never} */ (content)).finish();
  checkForm(bytes.length <= MAX_CONTENT_BYTES, "The message is too long.");
  return bytes;
}

/**
 * @param {Uint8Array} bytes
 * @returns {Content | Unknown}
 * @throws {ProtocolError} `form`
 */
export function decodeContent(bytes) {
  const reader = new Reader(bytes);
  const [number, version] = [reader.u8(), reader.u8()];
  const kind = Object.values(KINDS).find((one) => one.number === number);
  if (kind === undefined) return { kind: "unknown", number };
  checkForm(version === VERSION, "The content has another version.");
  const content = kind.read(reader);
  reader.end();
  return content;
}
