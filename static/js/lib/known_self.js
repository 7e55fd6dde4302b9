/** What this browser has seen of a person's own identity. */

import { equal } from "../crypto/bytes.js";
import { load } from "./keystore.js";

/**
 * The identity that this browser holds the keys of, if it is this person's: no server may show them an older one.
 * @param {import("../crypto/bytes.js").Bytes} userId 16 bytes
 * @returns {Promise<import("../crypto/identity.js").Bundle | null>}
 */
export async function knownBundle(userId) {
  const account = await load().catch(() => null);
  return account && equal(account.userId, userId) ? account.bundle : null;
}
