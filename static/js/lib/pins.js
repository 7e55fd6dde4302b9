/**
 * What this account has seen of one person's identity (docs/protocol.md, section 6). The first bundle seen is the one that counts;
 * later ones must have the same keys, and the name that the page shows.
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
import { readBundle } from "./bundles.js";
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
 * Whether two pins of one person can't both be true.
 * @param {Seen} one
 * @param {Seen} other
 */
function contradict(one, other) {
  return !equal(one.fingerprint, other.fingerprint) || (one.version === other.version && !equal(one.hash, other.hash));
}

export class Pins {
  #account;
  #store;
  #peer;
  #id;
  #name;
  #asked;
  #post;
  /** @type {Seen | null} */
  #seen = null;
  /** @type {LocalPin | null} what this browser keeps */
  #local = null;
  /** @type {string | null} the pin that the server keeps, base64url */
  #sealed = null;
  #kept = true;
  /** @type {Promise<void> | null} */
  #keeping = null;
  #named = false;
  /** @type {Refusal | null} why nothing can be trusted any more */
  #refusal = null;

  /**
   * @param {object} setting
   * @param {Account} setting.account
   * @param {Pick<Store, "getPin" | "putPin" | "findPins" | "hasEpochKeyWith">} setting.store
   * @param {Bytes} setting.peer the other person's id, 16 bytes
   * @param {string} setting.name the other person's username, as the page shows it
   * @param {number} [setting.asked] when the server was asked for what it shows, in milliseconds since 1970
   * @param {(url: string, body: unknown) => Promise<unknown>} [setting.post]
   */
  constructor({ account, store, peer, name, asked = performance.timeOrigin, post = postJson }) {
    this.#account = account;
    this.#store = store;
    this.#peer = peer;
    this.#id = uuidOf(peer);
    this.#name = name;
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
    const known = await this.#store.findPins(nameKey(this.#name));
    if (known.some((id) => id !== this.#id)) this.#refusal ??= this.#anotherOfThatName();
    this.#local = local;
    this.#seen = local?.seen ?? null;
    this.#kept = local === null;
    this.#named = local?.name === this.#name;
    if (sealed !== null) await this.#adopt(sealed);
    else if (await this.#isWithheld(expected)) this.#refusal ??= this.#withheld();
  }

  /**
   * Looks at the identity that the server shows for the person now: the first one is remembered, a later one must fit it.
   * @param {Bundle} bundle
   * @throws {Refusal} `key_changed`, `rolled_back`, `pin`, `other_person`
   */
  async meet(bundle) {
    this.#refusal ??= this.#objection(bundle);
    if (this.#refusal !== null) throw this.#refusal;
    if (this.#seen === null || !equal(this.#seen.hash, bundle.hash)) {
      this.#seen = this.#seen === null ? firstSight(bundle) : { ...this.#seen, version: bundle.version, hash: bundle.hash };
      this.#kept = false;
    }
    this.#named = true;
    await this.#remember();
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
   * Whether a bundle, of any version, is the person's with the keys seen before.
   * @param {Bundle} bundle
   * @returns {boolean}
   */
  trusts(bundle) {
    return this.named && this.#seen !== null && equal(bundle.userId, this.#peer) && equal(bundle.fingerprint, this.#seen.fingerprint);
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
    else if (this.#seen !== null && contradict(this.#seen, seen)) this.#refusal ??= this.#changed();
    if (seen === null || this.#refusal !== null) return;
    this.#kept = this.#seen === null || this.#seen.version <= seen.version;
    const newer = this.#seen === null || this.#kept ? seen : this.#seen;
    this.#seen = { ...newer, verified: seen.verified || (this.#seen?.verified ?? false) };
    await this.#remember();
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
    const same = before !== null && before.name === this.#name && before.keptAt === keptAt && !this.#differs(before.seen);
    if (!same) await this.#store.putPin(this.#account.userId, this.#id, this.#local);
  }

  /** @param {Seen} before */
  #differs(before) {
    return this.#seen === null || !equal(before.hash, this.#seen.hash) || before.verified !== this.#seen.verified;
  }

  /**
   * @param {Bundle} bundle
   * @returns {Refusal | null}
   */
  #objection(bundle) {
    const seen = this.#seen;
    if (!equal(bundle.userId, this.#peer)) return this.#rolledBack();
    if (seen !== null && !equal(bundle.fingerprint, seen.fingerprint)) return this.#changed();
    if (bundle.username !== this.#name) return this.#misnamed(bundle.username);
    if (seen === null) return null;
    const older = bundle.version < seen.version;
    const another = bundle.version === seen.version && !equal(bundle.hash, seen.hash);
    const broken = bundle.version === seen.version + 1 && !equal(bundle.previous, seen.hash);
    return older || another || broken ? this.#rolledBack() : null;
  }

  #changed() {
    return new Refusal("key_changed", `${this.#name}'s keys are not the ones seen before. Nothing will be sent to ${this.#name}.`);
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

  #anotherOfThatName() {
    const sentence = `This ${this.#name} is not the ${this.#name} you know: it is a new identity under the same name.`;
    return new Refusal("other_person", `${sentence} Nothing will be sent to ${this.#name}.`);
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
