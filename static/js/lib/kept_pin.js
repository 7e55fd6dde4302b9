/** Whether the server must have a pin of somebody: what this account has written shows it. */

import { equal } from "../crypto/bytes.js";
import { isForFormerKeys } from "./former_self.js";
import { readEnvelope } from "./opener.js";

/**
 * Whether this account, in some browser, has given the server a pin of the other person: it does so before its second message, and before it
 * answers. Starting over takes the pins away, so what was written before says nothing.
 * @param {object} evidence
 * @param {import("./keystore.js").Account} evidence.account
 * @param {import("../crypto/bytes.js").Bytes} evidence.peer the other person's id, 16 bytes
 * @param {string[]} evidence.envelopes messages of the two, base64url
 * @param {{keys: Record<string, string>, bundles: Record<string, string>}} evidence.shown by the server: exchanges by key id, bundles by
 *   hash, base64url
 * @returns {Promise<boolean>}
 */
export async function hasKeptPin({ account, peer, envelopes, shown }) {
  const mine = envelopes.map(readEnvelope).filter((read) => read !== null && equal(read.sender, account.userId) && equal(read.receiver, peer));
  const later = mine.filter((read) => read !== null && (read.counter > 1 || read.seenCounter > 0));
  const former = await Promise.all(later.map((read) => read !== null && isForFormerKeys(account, read.keyId, shown)));
  return former.includes(false);
}
