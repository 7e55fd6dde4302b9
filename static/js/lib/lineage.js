//# allFunctionsCalledOnLoad
/**
 * The identities of one person that the server shows beside its messages, and where each leads over the `previous` hashes (docs/protocol.md,
 * section 2). None of them is trusted for itself.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/identity.js").Bundle} Bundle
 */

import { equal, toBase64url } from "../crypto/bytes.js";
import { follows, readBundle } from "./bundles.js";

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
