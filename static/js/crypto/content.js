import { fromUtf8, Reader, utf8, Writer } from "./bytes.js";
import { checkForm } from "./objects.js";
import { MAX_CONTENT_BYTES } from "./padding.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {{kind: "text", text: string}} Content what this version writes and reads */
/** @typedef {{kind: "unknown", number: number}} Unknown a kind that only a newer version knows */

const TEXT = 1;
const VERSION = 1;

/** The longest text in bytes of UTF-8: the longest content without kind, version and length. */
export const MAX_TEXT_BYTES = MAX_CONTENT_BYTES - 6;

/**
 * @param {Content} content a text of 1 to `MAX_TEXT_BYTES` bytes of UTF-8
 * @returns {Bytes}
 * @throws {ProtocolError} `form` for another length
 */
export function encodeContent({ text }) {
  const bytes = utf8(text);
  checkForm(bytes.length >= 1, "The message is empty.");
  checkForm(bytes.length <= MAX_TEXT_BYTES, "The message is too long.");
  return new Writer().u8(TEXT).u8(VERSION).var32(bytes).finish();
}

/**
 * @param {Uint8Array} bytes
 * @returns {Content | Unknown}
 * @throws {ProtocolError} `form`
 */
export function decodeContent(bytes) {
  const reader = new Reader(bytes);
  const kind = reader.u8();
  const version = reader.u8();
  if (kind !== TEXT) return { kind: "unknown", number: kind };
  checkForm(version === VERSION, "The text has another version.");
  const text = fromUtf8(reader.var32());
  reader.end();
  checkForm(text !== "", "The message is empty.");
  return { kind: "text", text };
}
