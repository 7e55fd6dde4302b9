/**
 * What this account has seen of one person's identity (docs/protocol.md, section 6). The first bundle seen is the one that counts;
 * later ones must have the same keys.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/identity.js").Bundle} Bundle
 * @typedef {import("../crypto/pin.js").Seen} Seen
 * @typedef {import("./keystore.js").Account} Account
 */

import { equal, fromBase64url, toBase64url, uuidOf } from "../crypto/bytes.js";
import { openPin, sealPin } from "../crypto/pin.js";
import { readBundle } from "./bundles.js";
import { HttpError, postJson } from "./http.js";
import { Refusal } from "./refusal.js";

/**
 * @param {Bundle} bundle
 * @returns {Seen}
 */
function firstSight(bundle) {
  return { version: bundle.version, hash: bundle.hash, fingerprint: bundle.fingerprint, verified: false, time: Date.now() };
}

export class Pins {
  #account;
  #peer;
  #name;
  #post;
  /** @type {Seen | null} */
  #seen = null;
  /** @type {string | null} the pin that the server keeps, base64url */
  #sealed = null;
  #kept = true;
  /** @type {Refusal | null} why nothing can be trusted any more */
  #refusal = null;

  /**
   * @param {object} setting
   * @param {Account} setting.account
   * @param {Bytes} setting.peer the other person's id, 16 bytes
   * @param {string} setting.name the other person's username, for sentences
   * @param {(url: string, body: unknown) => Promise<unknown>} [setting.post]
   */
  constructor({ account, peer, name, post = postJson }) {
    this.#account = account;
    this.#peer = peer;
    this.#name = name;
    this.#post = post;
  }

  /**
   * Takes the pin that the server keeps. After one that cannot be opened nothing is trusted.
   * @param {string | null} sealed base64url, null if there is none
   */
  async open(sealed) {
    this.#sealed = sealed;
    if (sealed === null) return;
    try {
      this.#seen = await openPin({ ...this.#owners(), pin: fromBase64url(sealed) });
    } catch {
      this.#refusal = new Refusal("pin", `What was kept of ${this.#name}'s identity was altered. Nothing will be sent to ${this.#name}.`);
    }
  }

  /**
   * Looks at the identity that the server shows for the person now: the first one is remembered, a later one must fit it.
   * @param {Bundle} bundle
   * @throws {Refusal} `key_changed`, `rolled_back`, `pin`
   */
  meet(bundle) {
    this.#refusal ??= this.#objection(bundle);
    if (this.#refusal !== null) throw this.#refusal;
    if (this.#seen !== null && equal(this.#seen.hash, bundle.hash)) return;
    this.#seen = this.#seen === null ? firstSight(bundle) : { ...this.#seen, version: bundle.version, hash: bundle.hash };
    this.#kept = false;
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
    this.meet(bundle);
    return bundle;
  }

  /**
   * Whether a bundle, of any version, is the person's with the keys seen before.
   * @param {Bundle} bundle
   * @returns {boolean}
   */
  trusts(bundle) {
    return this.#seen !== null && equal(bundle.userId, this.#peer) && equal(bundle.fingerprint, this.#seen.fingerprint);
  }

  /**
   * Has the server keep what was seen, sealed. There must be a contact to keep it with.
   * @throws {HttpError}
   * @throws {Refusal} when another browser has seen something else meanwhile
   */
  async keep() {
    if (this.#kept || this.#seen === null || this.#refusal !== null) return;
    const pin = toBase64url(await sealPin({ ...this.#owners(), seen: this.#seen }));
    try {
      await this.#post(`/contacts/${uuidOf(this.#peer)}/pin/`, { pin, replaces: this.#sealed });
      this.#sealed = pin;
      this.#kept = true;
    } catch (error) {
      if (!(error instanceof HttpError) || error.code !== "pin_changed") throw error;
      await this.#takeOther(error.body.pin);
    }
  }

  /**
   * Compares what this browser has seen with what another one has kept meanwhile.
   * @param {string} sealed base64url
   */
  async #takeOther(sealed) {
    const before = this.#seen;
    await this.open(sealed);
    this.#kept = true;
    if (before !== null && this.#seen !== null && !equal(before.fingerprint, this.#seen.fingerprint)) this.#refusal ??= this.#changed();
    if (this.#refusal !== null) throw this.#refusal;
  }

  /**
   * @param {Bundle} bundle
   * @returns {Refusal | null}
   */
  #objection(bundle) {
    const seen = this.#seen;
    if (!equal(bundle.userId, this.#peer)) return this.#rolledBack();
    if (seen === null) return null;
    if (!equal(bundle.fingerprint, seen.fingerprint)) return this.#changed();
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

  #owners() {
    return { accountKey: this.#account.accountKey, owner: this.#account.userId, contact: this.#peer };
  }
}
