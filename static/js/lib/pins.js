//# allFunctionsCalledOnLoad
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
 * @typedef {import("./refusal.js").Refusal} Refusal
 */

import { equal, uuidOf } from "../crypto/bytes.js";
import { STATE } from "../crypto/pin.js";
import { Lineage, readBundle } from "./bundles.js";
import { HttpError, postJson } from "./http.js";
import { altered, changed, misnamed, newPerson, rolledBack, signedOut, withheld } from "./pin_words.js";
import { SealedPin } from "./sealed_pin.js";
import { firstSight, goesBack, goOn, isSame, merge, replacesVerified, sameKeys, withState } from "./sightings.js";

/** @typedef {"unverified" | "verified" | "changed"} Mark `changed`: the keys changed after they had been verified */

/** By the number that the pin has for it. @type {readonly [Mark, Mark, Mark]} */
const MARKS = ["unverified", "verified", "changed"];

/** How often what was seen is offered to the server, when other browsers of this person offer theirs at the same time. */
const TRIES = 3;

/**
 * @param {string} name
 * @returns {string} equal for names that a person would take for the same
 */
export function nameKey(name) {
  return name.normalize("NFKC").toLowerCase().normalize("NFKC");
}

export class Pins {
  #account;
  #store;
  #peer;
  #id;
  #name;
  #erased;
  #asked;
  /** @type {Seen | null} */
  #seen = null;
  /** @type {Seen | null} what another browser of this account has gone on with: newer, and other keys */
  #ahead = null;
  /** @type {LocalPin | null} what this browser keeps */
  #local = null;
  #sealed;
  #kept = true;
  /** @type {Promise<void> | null} */
  #keeping = null;
  #named = false;
  /** @type {string[]} the ids, as UUIDs, of others who are known by the name shown */
  #namesakes = [];
  #lineage;
  /** @type {Bundle | null} the identity that the person at this browser is asked about */
  #offered = null;
  /** @type {Refusal | null} why no identity is met any more */
  #refusal = null;
  /** @type {string | null} */
  #renamedFrom = null;

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
    this.#sealed = new SealedPin({ account, contact: peer, post });
    this.#lineage = new Lineage(peer);
  }

  /** Whether the person is known to be the one of the name shown. Until then nothing of theirs is. */
  get named() {
    return this.#named && this.#refusal?.code !== "other_person";
  }

  /**
   * What stands beside the person's name. Of keys that are asked about, or refused, none is verified.
   * @returns {Mark}
   */
  get state() {
    const states = [this.#seen, this.#ahead].map((seen) => seen?.state ?? STATE.unverified);
    if (this.#refusal?.code === "key_changed") return states.every((state) => state === STATE.unverified) ? "unverified" : "changed";
    return this.named && this.#refusal === null ? MARKS[states[0] ?? STATE.unverified] : "unverified";
  }

  /** The fingerprint, 32 bytes, of the keys that the two can compare: those asked about, or those pinned; null when they are refused. */
  get comparable() {
    if (this.#refusal !== null && this.#offered === null) return null;
    return (this.#offered ?? this.#seen)?.fingerprint ?? null;
  }

  /** The name by which this browser knew the person until now, if they have another one now, with the same keys. */
  get renamedFrom() {
    return this.#renamedFrom;
  }

  /**
   * Takes the pin that this browser keeps, and the one that the server shows. After one that is withheld, or can't be opened, or contradicts
   * the other, no identity is met any more.
   * @param {string | null} sealed the server's, base64url, null if it shows none
   * @param {{expected?: () => boolean | Promise<boolean>}} [evidence] `expected`: whether something shows that the server was given one; asked
   *   only where neither pin is there
   */
  async open(sealed, { expected = () => false } = {}) {
    const local = await this.#store.getPin(this.#id);
    const known = this.#erased ? [] : await this.#store.findPins(nameKey(this.#name));
    this.#namesakes = known.filter((id) => id !== this.#id);
    this.#local = local;
    this.#seen = local?.seen ?? null;
    this.#kept = local === null;
    this.#named = local?.name === this.#name && this.#namesakes.length === 0;
    if (sealed !== null) await this.#adopt(sealed);
    else if (await this.#isWithheld(expected)) this.#refusal ??= withheld(this.#name);
    if (this.#erased) this.#named = this.#seen !== null;
  }

  /**
   * Takes bundles that the server shows beside its messages. They are trusted only as far as the pinned identity leads to them.
   * @param {Record<string, string>} bundles base64url by bundle hash
   * @returns {Promise<void>} from then on they count
   */
  async learn(bundles) {
    await this.#lineage.learn(bundles);
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
    if (bundle === null) throw (this.#refusal ??= rolledBack(this.#name));
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
    this.#seen = goOn(bundle, this.#seen, this.#ahead);
    this.#kept = this.#ahead !== null && isSame(this.#seen, this.#ahead);
    this.#refusal = this.#offered = this.#ahead = null;
    await this.#accept(bundle);
    return bundle;
  }

  /**
   * The two have compared their safety number. Keys that were asked about count from now on.
   * @param {Bytes} fingerprint of the keys compared, 32 bytes
   * @returns {Promise<void>} once the server keeps it for the other browsers
   * @throws {HttpError} and then it is as it was
   * @throws {Refusal} also when the person's keys are others by now
   */
  async verify(fingerprint) {
    if (this.comparable === null || !equal(this.comparable, fingerprint)) throw this.#refusal ?? changed(this.#name, false);
    await this.confirm();
    await this.#set(STATE.verified);
  }

  /**
   * Takes back that the two have compared their safety number.
   * @returns {Promise<void>} as `verify`
   * @throws {HttpError} and then it is as it was
   * @throws {Refusal}
   */
  async unverify() {
    await this.#set(STATE.unverified);
  }

  /**
   * Whether a bundle is the person's: with the keys of the identity pinned, or one that this leads to over the `previous` hashes.
   * @param {Bundle} bundle
   * @returns {boolean}
   */
  trusts(bundle) {
    if (!this.named || this.#seen === null || !equal(bundle.userId, this.#peer)) return false;
    return sameKeys(bundle, this.#seen) || this.#lineage.leads(this.#seen.hash, bundle.hash);
  }

  /**
   * Has the server keep what was seen, sealed. There must be a contact to keep it with.
   * @returns {Promise<void>}
   * @throws {HttpError}
   * @throws {Refusal} when another browser has seen something else meanwhile, the server has lost it, or somebody else has signed in
   */
  async keep() {
    if (this.#kept || this.#seen === null || this.#refusal !== null) return;
    this.#keeping ??= this.#keep(TRIES).finally(() => (this.#keeping = null));
    await this.#keeping;
  }

  /** @param {number} tries how many are left */
  async #keep(tries) {
    if (this.#kept || this.#seen === null) return;
    try {
      const seen = this.#seen;
      await this.#sealed.put(seen);
      this.#kept = this.#seen === seen;
      await this.#remember();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      await this.#handle(error);
      if (tries === 1 && !this.#kept) throw error;
    }
    if (tries > 1) await this.#keep(tries - 1);
  }

  /** @param {HttpError} error */
  async #handle(error) {
    if (error.code === "other_account") this.#refusal ??= signedOut();
    else if (error.code !== "pin_changed") throw error;
    else if (typeof error.body.pin === "string") await this.#adopt(error.body.pin);
    else this.#refusal ??= withheld(this.#name);
    if (this.#ahead !== null) this.#refusal ??= this.#changed(this.#ahead);
    if (this.#refusal !== null) throw this.#refusal;
  }

  /** @param {import("../crypto/pin.js").State} state */
  async #set(state) {
    const before = this.#seen;
    if (this.#refusal !== null) throw this.#refusal;
    if (before === null) throw new TypeError("nothing was seen of this person yet");
    const wanted = withState(before, state);
    this.#seen = wanted;
    this.#kept = false;
    try {
      await this.keep();
    } finally {
      if (!this.#kept && isSame(this.#seen, wanted)) {
        this.#seen = before;
        await this.#remember();
      }
    }
  }

  /**
   * Takes a pin that the server shows: it must fit what was seen here, and whichever is newer counts.
   * @param {string} sealed base64url
   */
  async #adopt(sealed) {
    const seen = await this.#sealed.open(sealed);
    if (seen === null) this.#refusal ??= altered(this.#name);
    else if (this.#seen?.version === seen.version && goesBack(seen, this.#seen)) this.#refusal ??= rolledBack(this.#name);
    if (seen === null || this.#refusal !== null) return;
    const merged = merge(this.#seen, seen, { erased: this.#erased });
    this.#ahead = merged.ahead;
    this.#seen = merged.seen;
    this.#kept = isSame(merged.ahead ?? merged.seen, seen);
    await this.#remember();
  }

  /**
   * Whether the server must have a pin, though it shows none.
   * @param {() => boolean | Promise<boolean>} expected
   */
  async #isWithheld(expected) {
    if (this.#local === null) return (await this.#store.hasEpochKeyWith(this.#id)) || expected();
    // What the server showed before it was given the pin says nothing.
    return this.#local.keptAt !== null && this.#local.keptAt < this.#asked;
  }

  /** Keeps what was seen in this browser, once a name belongs to it. */
  async #remember() {
    if (this.#seen === null || !this.#named) return;
    const keptAt = this.#local?.keptAt ?? (this.#sealed.exists ? Date.now() : null);
    const before = this.#local;
    this.#local = { seen: this.#seen, name: this.#name, nameKey: nameKey(this.#name), keptAt };
    if (this.#erased) Object.assign(this.#local, { name: before?.name ?? "", nameKey: before?.nameKey ?? "" });
    const same = before?.name === this.#local.name && before.keptAt === keptAt && isSame(before.seen, this.#seen);
    if (!same) await this.#store.putPin(this.#account.userId, this.#id, this.#local);
  }

  /**
   * Takes an identity to which there is no objection.
   * @param {Bundle} bundle
   */
  async #accept(bundle) {
    const { version, hash } = bundle;
    const before = this.#seen;
    if (before === null || !equal(before.hash, hash)) {
      this.#seen = before === null ? firstSight(bundle) : { ...before, version, hash };
      this.#kept = false;
    }
    const known = this.#local?.name;
    if (known && known !== this.#name && this.#local && sameKeys(this.#local.seen, bundle) && !this.#erased) this.#renamedFrom = known;
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
   * What is wrong with an identity, whatever the person says.
   * @param {Bundle} bundle
   * @returns {Promise<Refusal | null>}
   */
  async #objection(bundle) {
    const newest = this.#ahead ?? this.#seen;
    if (!equal(bundle.userId, this.#peer)) return rolledBack(this.#name);
    if (newest !== null && (goesBack(bundle, newest) || (await this.#lineage.breaks(bundle, newest)))) return rolledBack(this.#name);
    return bundle.username === this.#name || this.#erased ? null : misnamed(this.#name, bundle.username);
  }

  /**
   * What the person must say about an identity before it counts.
   * @param {Bundle} bundle
   * @returns {Refusal | null}
   */
  #question(bundle) {
    const others = [this.#seen, this.#ahead].some((seen) => seen !== null && !sameKeys(seen, bundle));
    if (!others && this.#namesakes.length === 0) return null;
    this.#offered = bundle;
    return others ? this.#changed(bundle) : newPerson(this.#name);
  }

  /** @param {Pick<Seen, "fingerprint">} keys that are shown now */
  #changed(keys) {
    const ahead = this.#ahead;
    const verifiedThere = ahead !== null && ahead.state === STATE.verified && sameKeys(ahead, keys);
    return changed(this.#name, !verifiedThere && replacesVerified(keys, this.#seen, ahead));
  }
}
