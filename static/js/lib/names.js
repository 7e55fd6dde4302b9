//# allFunctionsCalledOnLoad
/** Texts that stand for bytes, as keys of maps: each is made once for the same bytes, which must not change. */

import { toBase64url } from "../crypto/bytes.js";

/** @type {WeakMap<Uint8Array, string>} */
const names = new WeakMap();

/**
 * @param {Uint8Array} bytes a hash or an id, the very array that a message was read into
 * @returns {string} base64url
 */
export function nameOf(bytes) {
  const known = names.get(bytes);
  if (known !== undefined) return known;
  const name = toBase64url(bytes);
  names.set(bytes, name);
  return name;
}
