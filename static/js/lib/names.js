//# allFunctionsCalledOnLoad
/** Texts that stand for bytes, as keys of maps: each is made once for the same bytes, which must not change. */

import { toBase64url } from "../crypto/bytes.js";

/** Kept with the bytes themselves: of a long history each is asked for some fifteen times whenever older messages come. */
const NAME = Symbol("name");

/**
 * @param {Uint8Array & {[NAME]?: string}} bytes a hash or an id, the very array that a message was read into
 * @returns {string} base64url
 */
export function nameOf(bytes) {
  return (bytes[NAME] ??= toBase64url(bytes));
}
