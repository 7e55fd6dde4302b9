/**
 * What this account has seen of one person's identity (docs/protocol.md, section 6). The first bundle seen is the one that counts;
 * later ones must have the same keys, and the name that the page shows, unless the person at this browser says *Continue*.
 *
 * It is kept twice: in this browser, from the first sight on, and sealed on the server, as soon as there is a contact, for the others. Both
 * must agree, and the server can't take its own away: that it is missing is noticed.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/identity.js").Bundle} Bundle
 * @typedef {import("../crypto/pin.js").Seen} Seen
 * @typedef {import("./keystore.js").Account} Account
 * @typedef {import("./keystore.js").LocalPin} LocalPin
 * @typedef {import("./keystore.js").Store} Store
 */

import { equal, fromBase64url, toBase64url, uuidOf } from "../crypto/bytes.js";
import { openPin, sealPin } from "../crypto/pin.js";
import { follows, readBundle } from "./bundles.js";
import { HttpError, postJson } from "./http.js";
import { Refusal } from "./refusal.js";

/**
 * @param {string} name
 * @returns {string} equal for names that a person would take for the same
 */
export function nameKey(name) {
  return name.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/**
 * @param {Bundle} bundle
 * @returns {Seen}
 */
function firstSight(bundle) {
  return { version: bundle.version, hash: bundle.hash, fingerprint: bundle.fingerprint, verified: false, time: Date.now() };
}

/**
 * Whether a bundle can't come after what was seen.
 * @param {Pick<Seen, "version" | "hash">} bundle
 * @param {Seen} seen
 */
function goesBack({ version, hash }, seen) {
  return version < seen.version || (version === seen.version && !equal(hash, seen.hash));
}

export class Pins {
  #account;
  #store;
  #peer;
  #id;
  #name;
  #erased;
  #asked;
  #post;
  /** @type {Seen | null} */
  #seen = null;
  /** @type {Seen | null} what another browser of this account has gone on with: newer, and other keys */
  #ahead = null;
  /** @type {LocalPin | null} what this browser keeps */
  #local = null;
  /** @type {string | null} the pin that the server keeps, base64url */
  #sealed = null;
  #kept = true;
  /** @type {Promise<void> | null} */
  #keeping = null;
  #named = false;
  /** @type {string[]} the ids, as UUIDs, of others who are known by the name shown */
  #namesakes = [];
  /** @type {Map<string, Promise<Bundle | null>>} the person's bundles, by what the server says is their hash */
  #reading = new Map();
  /** @type {Map<string, Bundle>} the person's bundles, by their hash */
  #shown = new Map();
  /** @type {Bundle | null} the identity that the person at this browser is asked about */
  #offered = null;
  /** @type {Refusal | null} why no identity is met any more */
  #refusal = null;

  /**
   * @param {object} setting
   * @param {Account} setting.account
   * @param {Pick<Store, "getPin" | "putPin" | "findPins" | "hasEpochKeyWith">} setting.store
   * @param {Bytes} setting.peer the other person's id, 16 bytes
   * @param {string} setting.name the other person's username, as the page shows it
   * @param {boolean} [setting.erased] whether the account is erased: then it has no name, and is known by its id alone
   * @param {number} [setting.asked] when the server was asked for what it shows, in milliseconds since 1970
   * @param {(url: string, body: unknown) => Promise<unknown>} [setting.post]
   */
  constructor({ account, store, peer, name, erased = false, asked = performance.timeOrigin, post = postJson }) {
    this.#account = account;
    this.#store = store;
    this.#peer = peer;
    this.#id = uuidOf(peer);
    this.#name = name;
    this.#erased = erased;
    this.#asked = asked;
    this.#post = post;
  }

  /** Whether the person is known to be the one of the name shown. Until then nothing of theirs is. */
  get named() {
    return this.#named && this.#refusal?.code !== "other_person";
  }

  /**
   * Takes the pin that this browser keeps, and the one that the server shows. After one that is withheld, or can't be opened, or contradicts
   * the other, no identity is met any more.
   * @param {string | null} sealed the server's, base64url, null if it shows none
   * @param {{expected?: boolean}} [evidence] `expected`: whether something shows that the server was given one
   */
  async open(sealed, { expected = false } = {}) {
    const local = await this.#store.getPin(this.#id);
    const known = this.#erased ? [] : await this.#store.findPins(nameKey(this.#name));
    this.#namesakes = known.filter((id) => id !== this.#id);
    this.#local = local;
    this.#seen = local?.seen ?? null;
    this.#kept = local === null;
    this.#named = local?.name === this.#name && this.#namesakes.length === 0;
    if (sealed !== null) await this.#adopt(sealed);
    else if (await this.#isWithheld(expected)) this.#refusal ??= this.#withheld();
    if (this.#erased) this.#named = this.#seen !== null;
  }

  /**
   * Takes bundles that the server shows beside its messages. They are trusted only as far as the pinned identity leads to them.
   * @param {Record<string, string>} bundles base64url by bundle hash
   * @returns {Promise<void>} from then on they count
   */
  async learn(bundles) {
    for (const [hash, text] of Object.entries(bundles)) {
      if (!this.#reading.has(hash)) this.#reading.set(hash, readBundle(text).catch(() => null));
    }
    const read = await Promise.all(Object.keys(bundles).map((hash) => this.#reading.get(hash) ?? null));
    for (const bundle of read) {
      if (bundle !== null && equal(bundle.userId, this.#peer)) this.#shown.set(toBase64url(bundle.hash), bundle);
    }
  }

  /**
   * Looks at the identity that the server shows for the person now: the first one is remembered, a later one must fit it.
   * @param {Bundle} bundle
   * @throws {Refusal} `rolled_back`, `pin`, `other_person`; and `key_changed`, `new_person`, which `confirm` ends
   */
  async meet(bundle) {
    this.#refusal ??= (await this.#objection(bundle)) ?? this.#question(bundle);
    if (this.#refusal !== null) throw this.#refusal;
    await this.#accept(bundle);
  }

  /**
   * Reads the identity that the server shows for the person now, and looks at it as `meet` does.
   * @param {string} text base64url
   * @returns {Promise<Bundle>}
   * @throws {Refusal} also `rolled_back` for what is no identity
   */
  async meetShown(text) {
    const bundle = await readBundle(text).catch(() => null);
    if (bundle === null) throw (this.#refusal ??= this.#rolledBack());
    await this.meet(bundle);
    return bundle;
  }

  /**
   * The person at this browser says *Continue*: the identity asked about is the one that counts, and has the name shown. Whoever was known
   * by that name before is known by their id alone.
   * @returns {Promise<Bundle | null>} that identity; null when no question was asked
   */
  async confirm() {
    const bundle = this.#offered;
    if (bundle === null) return null;
    for (const id of this.#namesakes) await this.#unname(id);
    this.#namesakes = [];
    this.#refusal = this.#offered = this.#ahead = null;
    await this.#accept(bundle);
    return bundle;
  }

  /**
   * Whether a bundle is the person's: with the keys of the identity pinned, or one that this leads to over the `previous` hashes.
   * @param {Bundle} bundle
   * @returns {boolean}
   */
  trusts(bundle) {
    if (!this.named || this.#seen === null || !equal(bundle.userId, this.#peer)) return false;
    return equal(bundle.fingerprint, this.#seen.fingerprint) || this.#leadsTo(this.#seen.hash, bundle.hash);
  }

  /**
   * Has the server keep what was seen, sealed. There must be a contact to keep it with.
   * @returns {Promise<void>}
   * @throws {HttpError}
   * @throws {Refusal} when another browser has seen something else meanwhile, the server has lost it, or somebody else has signed in
   */
  async keep() {
    if (this.#kept || this.#seen === null || this.#refusal !== null) return;
    this.#keeping ??= this.#keep(this.#seen).finally(() => (this.#keeping = null));
    await this.#keeping;
  }

  /** @param {Seen} seen */
  async #keep(seen) {
    const pin = toBase64url(await sealPin({ ...this.#owners(), seen }));
    try {
      await this.#post(`/contacts/${this.#id}/pin/`, { owner: uuidOf(this.#account.userId), pin, replaces: this.#sealed });
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      return this.#handle(error);
    }
    this.#sealed = pin;
    this.#kept = this.#seen === seen;
    await this.#remember();
  }

  /** @param {HttpError} error */
  async #handle(error) {
    if (error.code === "other_account") this.#refusal ??= this.#signedOut();
    else if (error.code !== "pin_changed") throw error;
    else if (typeof error.body.pin === "string") await this.#adopt(error.body.pin);
    else this.#refusal ??= this.#withheld();
    if (this.#ahead !== null) this.#refusal ??= this.#changed();
    if (this.#refusal !== null) throw this.#refusal;
  }

  /**
   * Takes a pin that the server shows: it must fit what was seen here, and whichever is newer counts.
   * @param {string} sealed base64url
   */
  async #adopt(sealed) {
    this.#sealed = sealed;
    const seen = await this.#unseal(sealed);
    if (seen === null) this.#refusal ??= this.#altered();
    else if (this.#seen?.version === seen.version && goesBack(seen, this.#seen)) this.#refusal ??= this.#rolledBack();
    if (seen === null || this.#refusal !== null) return;
    this.#merge(seen);
    await this.#remember();
  }

  /**
   * Of what two browsers have seen, the newer counts; but other keys only after a question, which each browser asks.
   * @param {Seen} seen what the other one has seen
   */
  #merge(seen) {
    const before = this.#seen;
    const sameKeys = before === null || equal(before.fingerprint, seen.fingerprint);
    const isNewer = before === null || before.version <= seen.version;
    if (isNewer && !sameKeys && !this.#erased) {
      this.#ahead = seen;
      this.#kept = true;
      return;
    }
    this.#kept = isNewer;
    this.#seen = isNewer ? seen : before;
    if (before !== null && sameKeys) this.#seen = { ...this.#seen, verified: seen.verified || before.verified };
  }

  /** @param {string} sealed base64url */
  async #unseal(sealed) {
    try {
      return await openPin({ ...this.#owners(), pin: fromBase64url(sealed) });
    } catch {
      return null;
    }
  }

  /**
   * Whether the server must have a pin, though it shows none.
   * @param {boolean} expected
   */
  async #isWithheld(expected) {
    if (this.#local === null) return expected || this.#store.hasEpochKeyWith(this.#id);
    // What the server showed before it was given the pin says nothing.
    return this.#local.keptAt !== null && this.#local.keptAt < this.#asked;
  }

  /** Keeps what was seen in this browser, once a name belongs to it. */
  async #remember() {
    if (this.#seen === null || !this.#named) return;
    const keptAt = this.#local?.keptAt ?? (this.#sealed === null ? null : Date.now());
    const before = this.#local;
    this.#local = { seen: this.#seen, name: this.#name, nameKey: nameKey(this.#name), keptAt };
    if (this.#erased) Object.assign(this.#local, { name: before?.name ?? "", nameKey: before?.nameKey ?? "" });
    const same = before?.name === this.#local.name && before.keptAt === keptAt && !this.#differs(before.seen);
    if (!same) await this.#store.putPin(this.#account.userId, this.#id, this.#local);
  }

  /** @param {Seen} before */
  #differs(before) {
    return this.#seen === null || !equal(before.hash, this.#seen.hash) || before.verified !== this.#seen.verified;
  }

  /**
   * Takes an identity to which there is no objection.
   * @param {Bundle} bundle
   */
  async #accept(bundle) {
    const before = this.#seen;
    if (before === null || !equal(before.hash, bundle.hash)) {
      const sameKeys = before !== null && equal(before.fingerprint, bundle.fingerprint);
      this.#seen = sameKeys ? { ...before, version: bundle.version, hash: bundle.hash } : firstSight(bundle);
      this.#kept = false;
    }
    this.#named = true;
    await this.#remember();
  }

  /**
   * @param {string} id UUID of somebody known by the name that is another's now
   */
  async #unname(id) {
    const pin = await this.#store.getPin(id);
    if (pin !== null) await this.#store.putPin(this.#account.userId, id, { ...pin, name: "", nameKey: "" });
  }

  /**
   * @param {Bytes} from the hash of a bundle
   * @param {Bytes} to the hash of an earlier one
   */
  #leadsTo(from, to) {
    let bundle = this.#shown.get(toBase64url(from));
    while (bundle !== undefined && !equal(bundle.previous, to)) bundle = this.#shown.get(toBase64url(bundle.previous));
    return bundle !== undefined;
  }

  /**
   * What is wrong with an identity, whatever the person says.
   * @param {Bundle} bundle
   * @returns {Promise<Refusal | null>}
   */
  async #objection(bundle) {
    const newest = this.#ahead ?? this.#seen;
    if (!equal(bundle.userId, this.#peer)) return this.#rolledBack();
    if (newest !== null && (goesBack(bundle, newest) || (await this.#breaks(bundle, newest)))) return this.#rolledBack();
    return bundle.username === this.#name || this.#erased ? null : this.#misnamed(bundle.username);
  }

  /**
   * Whether an identity does not come from the one seen, as far as the server shows those between them.
   * @param {Bundle} bundle
   * @param {Seen} seen of an earlier version, or the same
   */
  async #breaks(bundle, seen) {
    for (let after = bundle; after.version > seen.version; ) {
      if (after.version === seen.version + 1 && !equal(after.previous, seen.hash)) return true;
      const before = this.#shown.get(toBase64url(after.previous));
      if (before === undefined) return false;
      if (!(await follows(before, after))) return true;
      after = before;
    }
    return false;
  }

  /**
   * What the person must say about an identity before it counts.
   * @param {Bundle} bundle
   * @returns {Refusal | null}
   */
  #question(bundle) {
    const changed = [this.#seen, this.#ahead].some((seen) => seen !== null && !equal(seen.fingerprint, bundle.fingerprint));
    if (!changed && this.#namesakes.length === 0) return null;
    this.#offered = bundle;
    return changed ? this.#changed() : this.#newPerson();
  }

  #changed() {
    const sentence = `${this.#name}'s keys have changed: ${this.#name} may have started over, or somebody may have come between you.`;
    return new Refusal("key_changed", `${sentence} Nothing will be sent to ${this.#name} unless you continue.`);
  }

  #rolledBack() {
    return new Refusal("rolled_back", `The server shows a false identity for ${this.#name}. Nothing will be sent to ${this.#name}.`);
  }

  #altered() {
    return new Refusal("pin", `What was kept of ${this.#name}'s identity was altered. Nothing will be sent to ${this.#name}.`);
  }

  #withheld() {
    return new Refusal("pin", `The server no longer shows what you kept of ${this.#name}'s identity. Nothing will be sent to ${this.#name}.`);
  }

  #newPerson() {
    const sentence = `This ${this.#name} is not the ${this.#name} you know: it is a new account under the same name.`;
    return new Refusal("new_person", `${sentence} Nothing will be sent to ${this.#name} unless you continue.`);
  }

  /** @param {string} real the name in the identity */
  #misnamed(real) {
    return new Refusal("other_person", `The server shows ${real} under the name ${this.#name}. Nothing will be sent.`);
  }

  #signedOut() {
    return new Refusal("signed_out", "Somebody else has signed in in this browser. Sign in again to go on as yourself.");
  }

  #owners() {
    return { accountKey: this.#account.accountKey, owner: this.#account.userId, contact: this.#peer };
  }
}
