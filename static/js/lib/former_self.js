/** What belongs to the keys that this account had before it started over. */

import { equal, toBase64url, uuidOf } from "../crypto/bytes.js";
import { readBundle } from "./bundles.js";
import { readExchange } from "./epochs.js";

/**
 * Whether a key was exchanged for earlier keys of this account than those it has now. Who has never started over has had no others,
 * whatever the server shows.
 * @param {import("./keystore.js").Account} account
 * @param {import("../crypto/bytes.js").Bytes} keyId 16 bytes
 * @param {{keys: Record<string, string>, bundles: Record<string, string>}} shown by the server: exchanges by key id, bundles by hash, base64url
 * @returns {Promise<boolean>}
 */
export async function isForFormerKeys({ bundle: now, userId }, keyId, { keys, bundles }) {
  const exchange = await readExchange(keys[uuidOf(keyId)] ?? "").catch(() => null);
  if (exchange === null) return false;
  const hash = equal(exchange.initiator, userId) ? exchange.initiatorBundleHash : exchange.recipientBundleHash;
  const then = await readBundle(bundles[toBase64url(hash)] ?? "").catch(() => null);
  return then !== null && equal(then.hash, hash) && equal(then.userId, userId) && then.generation < now.generation;
}
