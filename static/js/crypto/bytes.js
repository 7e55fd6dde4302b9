//# allFunctionsCalledOnLoad
import { ProtocolError } from "./errors.js";

/**
 * Bytes that own their buffer's type: what WebCrypto takes and gives.
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const BASE64URL = /^[A-Za-z0-9_-]*$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Puts a byte string together. Every method but `finish` gives the writer back. */
export class Writer {
  /** @type {Uint8Array[]} */
  #parts = [];

  /** @param {number} value 0 to 2^8 − 1 */
  u8(value) {
    return this.#integer(value, 1);
  }

  /** @param {number} value 0 to 2^16 − 1 */
  u16(value) {
    return this.#integer(value, 2);
  }

  /** @param {number} value 0 to 2^32 − 1 */
  u32(value) {
    return this.#integer(value, 4);
  }

  /** @param {number} value 0 to 2^53 − 1, written in 8 bytes */
  u64(value) {
    return this.#integer(value, 8);
  }

  /**
   * Adds bytes of a length that the format fixes.
   * @param {Uint8Array} bytes
   * @param {number} length in bytes
   * @throws {ProtocolError} `form` when `bytes` has another length
   */
  fixed(bytes, length) {
    if (bytes.length !== length) throw new ProtocolError("form", `${length} bytes are expected here, not ${bytes.length}.`);
    this.#parts.push(bytes);
    return this;
  }

  /** @param {Uint8Array} bytes up to 2^16 − 1, written after their length as `u16` */
  var16(bytes) {
    return this.u16(bytes.length).fixed(bytes, bytes.length);
  }

  /** @param {Uint8Array} bytes up to 2^32 − 1, written after their length as `u32` */
  var32(bytes) {
    return this.u32(bytes.length).fixed(bytes, bytes.length);
  }

  /** @returns {Bytes} all that was written */
  finish() {
    return concat(...this.#parts);
  }

  /**
   * @param {number} value
   * @param {number} size in bytes
   */
  #integer(value, size) {
    if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** (8 * size)) {
      throw new ProtocolError("form", `${value} does not fit an integer of ${size} bytes.`);
    }
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
    this.#parts.push(bytes.subarray(8 - size));
    return this;
  }
}

/** Takes a byte string apart, from its beginning. Every method throws `form` when the bytes do not reach. */
export class Reader {
  #bytes;
  #view;
  #offset = 0;

  /** @param {Uint8Array} bytes copied, so that what is read stays as it was */
  constructor(bytes) {
    this.#bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** @returns {number} */
  u8() {
    return this.#view.getUint8(this.#advance(1));
  }

  /** @returns {number} */
  u16() {
    return this.#view.getUint16(this.#advance(2));
  }

  /** @returns {number} */
  u32() {
    return this.#view.getUint32(this.#advance(4));
  }

  /**
   * @returns {number} 0 to 2^53 − 1
   * @throws {ProtocolError} `form` above that, where a number would no longer be exact
   */
  u64() {
    const value = Number(this.#view.getBigUint64(this.#advance(8)));
    if (!Number.isSafeInteger(value)) throw new ProtocolError("form", "An integer is above 2^53 − 1.");
    return value;
  }

  /**
   * @param {number} length in bytes
   * @returns {Bytes} a copy with a buffer of its own
   */
  fixed(length) {
    const start = this.#advance(length);
    return this.#bytes.slice(start, start + length);
  }

  /** @returns {Bytes} as many bytes as the `u16` before them says */
  var16() {
    return this.fixed(this.u16());
  }

  /** @returns {Bytes} as many bytes as the `u32` before them says */
  var32() {
    return this.fixed(this.u32());
  }

  /** @returns {Bytes} a copy of everything read so far */
  consumed() {
    return this.#bytes.slice(0, this.#offset);
  }

  /** @throws {ProtocolError} `form` when bytes are left over */
  end() {
    if (this.#offset !== this.#bytes.length) throw new ProtocolError("form", "Bytes are left over.");
  }

  /**
   * @param {number} length in bytes
   * @returns {number} where they begin
   */
  #advance(length) {
    const start = this.#offset;
    if (length > this.#bytes.length - start) throw new ProtocolError("form", "The bytes end too early.");
    this.#offset += length;
    return start;
  }
}

/**
 * The separator that begins every signed, hashed, derived or associated input.
 * @param {string} text ASCII, up to 255 characters
 * @returns {Bytes} `u8` length, then the text
 */
export function label(text) {
  return new Writer().u8(text.length).fixed(utf8(text), text.length).finish();
}

/**
 * @param {...Uint8Array} parts
 * @returns {Bytes} the parts, one after the other, in a buffer of their own
 */
export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/**
 * Compares without stopping at the first difference.
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 * @returns {boolean}
 */
export function equal(a, b) {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (const [index, byte] of a.entries()) difference |= byte ^ Number(b[index]);
  return difference === 0;
}

/**
 * @param {Uint8Array} bytes
 * @returns {boolean} whether every byte is zero
 */
export function isZero(bytes) {
  return bytes.every((byte) => byte === 0);
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} base64url without padding (RFC 4648 section 5)
 */
export function toBase64url(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * @param {unknown} text base64url without padding (RFC 4648 section 5), as it came out of JSON
 * @returns {Bytes}
 * @throws {ProtocolError} `form` for what is no text, padding, another alphabet, and spare bits that are not zero
 */
export function fromBase64url(text) {
  if (typeof text !== "string" || !BASE64URL.test(text) || text.length % 4 === 1) throw new ProtocolError("form", "This is not base64url.");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  if (toBase64url(bytes) !== text) throw new ProtocolError("form", "The spare bits of this base64url are not zero.");
  return bytes;
}

/**
 * @param {string} text
 * @returns {Bytes}
 */
export function utf8(text) {
  return new Uint8Array(encoder.encode(text));
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} with a byte order mark, if there is one
 * @throws {ProtocolError} `form` when the bytes are not well-formed UTF-8
 */
export function fromUtf8(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ProtocolError("form", "This is not UTF-8.");
  }
}

/**
 * @param {Uint8Array} id 16 bytes
 * @returns {string} the id as a UUID in lower case
 */
export function uuidOf(id) {
  const bytes = new Writer().fixed(id, 16).finish();
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/**
 * @param {unknown} uuid in lower case, as it came out of JSON; version bits are not looked at
 * @returns {Bytes} 16 bytes
 * @throws {ProtocolError} `form` for any other spelling
 */
export function idOf(uuid) {
  if (typeof uuid !== "string" || !UUID.test(uuid)) throw new ProtocolError("form", "This is not an id.");
  const hex = uuid.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, index) => parseInt(hex.slice(2 * index, 2 * index + 2), 16));
}

/**
 * @param {number} length in bytes
 * @returns {Bytes} from the system's random generator
 */
export function randomBytes(length) {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Kept with the bytes themselves: of a long history each is asked for some fifteen times whenever older messages come. */
const NAME = Symbol("name");

/**
 * A text that stands for bytes, as a key of maps: made once for the same bytes, which must not change.
 * @param {Uint8Array & {[NAME]?: string}} bytes a hash or an id, the very array that a message was read into
 * @returns {string} base64url
 */
export function nameOf(bytes) {
  return (bytes[NAME] ??= toBase64url(bytes));
}
