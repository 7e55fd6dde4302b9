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

/**
 * The identities of one person that the server shows beside its messages, and where each leads over the `previous` hashes (docs/protocol.md,
 * section 2). None of them is trusted for itself.
 */
export class Lineage {
  #person;
  /** @type {Map<string, Promise<Bundle | null>>} by what the server says is their hash */
  #reading = new Map();
  /** @type {Map<string, Bundle>} by their hash */
  #shown = new Map();

  /** @param {Bytes} person 16 bytes */
  constructor(person) {
    this.#person = person;
  }

  /**
   * Takes bundles that the server shows. Those that are malformed, or another person's, are left.
   * @param {Record<string, string>} bundles base64url by bundle hash
   * @returns {Promise<void>} from then on they count
   */
  async learn(bundles) {
    for (const [hash, text] of Object.entries(bundles)) {
      if (!this.#reading.has(hash)) this.#reading.set(hash, readBundle(text).catch(() => null));
    }
    const read = await Promise.all(Object.keys(bundles).map((hash) => this.#reading.get(hash) ?? null));
    for (const bundle of read) {
      if (bundle !== null && equal(bundle.userId, this.#person)) this.#shown.set(toBase64url(bundle.hash), bundle);
    }
  }

  /**
   * @param {Bytes} from the hash of a bundle
   * @param {Bytes} to the hash of an earlier one
   * @returns {boolean} whether the one leads to the other
   */
  leads(from, to) {
    let bundle = this.#shown.get(toBase64url(from));
    while (bundle !== undefined && !equal(bundle.previous, to)) bundle = this.#shown.get(toBase64url(bundle.previous));
    return bundle !== undefined;
  }

  /**
   * Whether an identity does not come from one that was seen, as far as the server shows those between them.
   * @param {Bundle} bundle
   * @param {{version: number, hash: Bytes}} seen of an earlier version, or the same
   * @returns {Promise<boolean>}
   */
  async breaks(bundle, seen) {
    for (let after = bundle; after.version > seen.version; ) {
      if (after.version === seen.version + 1 && !equal(after.previous, seen.hash)) return true;
      const before = this.#shown.get(toBase64url(after.previous));
      if (before === undefined) return false;
      if (!(await follows(before, after))) return true;
      after = before;
    }
    return false;
  }
}
