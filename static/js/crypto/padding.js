//# allFunctionsCalledOnLoad
import { isZero, Reader, Writer } from "./bytes.js";
import { ProtocolError } from "./errors.js";
import { checkForm } from "./objects.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

/** The sizes in bytes that a padded content may have. */
export const BUCKETS = Object.freeze([256, 1_024, 4_096, 16_384, 32_768, 49_152, 65_536]);

/** The longest content, in bytes: the largest bucket without the content's length. */
export const MAX_CONTENT_BYTES = 65_536 - 4;

/**
 * @param {Uint8Array} content up to 65,532 bytes
 * @returns {Bytes} length, content and zeros, of the smallest size of `BUCKETS` that fits
 * @throws {ProtocolError} `form` when it is longer
 */
export function pad(content) {
  const size = smallestBucket(content.length);
  if (size === undefined) throw new ProtocolError("form", "The message is too long.");
  const padded = new Uint8Array(size);
  padded.set(new Writer().var32(content).finish());
  return padded;
}

/**
 * @param {Bytes} padded
 * @returns {Bytes} the content
 * @throws {ProtocolError} `form` for anything that `pad` does not make
 */
export function unpad(padded) {
  const reader = new Reader(padded);
  const content = reader.var32();
  const length = 4 + content.length;
  checkForm(padded.length === smallestBucket(content.length), "The padding does not have the smallest size.");
  checkForm(isZero(padded.subarray(length)), "The padding is not zero.");
  return content;
}

/**
 * @param {number} length of the content, in bytes
 * @returns {number | undefined} in bytes
 */
function smallestBucket(length) {
  return BUCKETS.find((size) => length + 4 <= size);
}
