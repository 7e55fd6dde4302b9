//# allFunctionsCalledOnLoad
/**
 * Identity bundles as the server sends them (base64url).
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/identity.js").Bundle} Bundle
 * @typedef {import("./keystore.js").Account} Account
 */

import { equal, fromBase64url, toBase64url } from "../crypto/bytes.js";
import { ProtocolError } from "../crypto/errors.js";
import { checkSuccession, parseBundle } from "../crypto/identity.js";
import { Refusal } from "./refusal.js";

/** Those that were read on this page: the same few are asked about again and again. @type {Map<string, Promise<Bundle>>} by their text */
const read = new Map();

/** How many are remembered: whatever a server shows, the page does not grow with it. */
const MOST = 100;

/**
 * @param {string} text base64url
 * @returns {Promise<Bundle>} its signature and keys checked; whose it is and whether to trust it is not
 * @throws {import("../crypto/errors.js").ProtocolError}
 */
export async function readBundle(text) {
  const known = read.get(text);
  if (known !== undefined) return known;
  const reading = parseBundle(fromBase64url(text));
  if (read.size >= MOST) read.clear();
  read.set(text, reading);
  return reading;
}

/**
 * @param {Bundle} before
 * @param {Bundle} after
 * @returns {Promise<boolean>} whether one identity is the very next of the other (docs/protocol.md, section 2)
 */
export async function follows(before, after) {
  try {
    await checkSuccession(before, after);
    return true;
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

/**
 * Whether one identity comes from another over the `previous` hashes of those between.
 * @param {Bundle} later
 * @param {Bundle} earlier
 * @param {Map<string, string>} bundles base64url by bundle hash, as the server shows them
 * @returns {Promise<boolean>}
 */
export async function leadsTo(later, earlier, bundles) {
  let bundle = later;
  while (bundle.version > earlier.version && !equal(bundle.previous, earlier.hash)) {
    const text = bundles.get(toBase64url(bundle.previous));
    const before = text === undefined ? null : await readBundle(text).catch(() => null);
    // Versions that go down end the walk, whatever is shown.
    if (before === null || before.version >= bundle.version || !equal(before.hash, bundle.previous)) return false;
    bundle = before;
  }
  return bundle.version > earlier.version && equal(bundle.userId, earlier.userId);
}

/**
 * Whether a bundle is an identity of this account with the very keys that this browser holds. A renaming keeps the keys.
 * @param {Account} account
 * @param {Bundle} bundle
 * @returns {boolean}
 */
export function isOwn(account, bundle) {
  return equal(bundle.userId, account.userId) && equal(bundle.fingerprint, account.bundle.fingerprint);
}

/**
 * The identity that the server shows to others for this account, once it is found to be this account's own.
 * @param {Account} account
 * @param {string | null} text base64url
 * @returns {Promise<Bundle>}
 * @throws {Refusal} `own_identity`
 */
export async function readOwnBundle(account, text) {
  const bundle = text === null ? null : await readBundle(text).catch(() => null);
  if (bundle === null || !isOwn(account, bundle) || bundle.version < account.bundle.version) {
    throw new Refusal("own_identity", "The server shows others other keys for you than the ones in this browser. Nothing will be sent.");
  }
  return bundle;
}

/**
 * The bundles that an answer carries, without those that are none.
 * @param {Record<string, string>} bundles base64url by bundle hash
 * @returns {Promise<Bundle[]>}
 */
export async function readBundles(bundles) {
  const all = await Promise.all(Object.values(bundles).map((text) => readBundle(text).catch(() => null)));
  return all.filter((bundle) => bundle !== null);
}

/**
 * The newest bundle of a person.
 * @param {Bundle[]} bundles
 * @param {Bytes} userId 16 bytes
 * @returns {Bundle | null}
 */
export function newestOf(bundles, userId) {
  const theirs = bundles.filter((bundle) => equal(bundle.userId, userId));
  return theirs.sort((one, other) => other.version - one.version)[0] ?? null;
}
