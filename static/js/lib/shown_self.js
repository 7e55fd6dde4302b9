/** Whose keys the server shows to others as this account's own: what it says itself, and what others have exchanged keys for. */

import { equal, toBase64url } from "../crypto/bytes.js";
import { isOwn, readBundles, readOwnBundle } from "./bundles.js";

/**
 * Earlier keys, from before starting over, may still be among what others have exchanged keys for.
 * @param {import("./keystore.js").Account} account
 * @param {object} shown by the server
 * @param {string | null} shown.my_bundle base64url
 * @param {Record<string, string>} shown.bundles base64url by bundle hash
 * @returns {Promise<void>}
 * @throws {import("./refusal.js").Refusal} `own_identity`
 */
export async function checkShownSelf(account, { my_bundle: current, bundles }) {
  await readOwnBundle(account, current);
  for (const bundle of await readBundles(bundles)) {
    const claims = equal(bundle.userId, account.userId) && bundle.generation >= account.bundle.generation;
    if (claims && !isOwn(account, bundle)) await readOwnBundle(account, toBase64url(bundle.bytes));
  }
}
