//# allFunctionsCalledOnLoad
/**
 * What two browsers of one person have seen of somebody's identity, put together (docs/protocol.md, section 6).
 *
 * @typedef {import("../crypto/identity.js").Bundle} Bundle
 * @typedef {import("../crypto/pin.js").Seen} Seen
 * @typedef {import("../crypto/pin.js").State} State
 */

import { equal } from "../crypto/bytes.js";
import { STATE } from "../crypto/pin.js";

/** Of two states that were set at the same moment the more careful one counts: the later one here. */
const CAUTION = [STATE.verified, STATE.unverified, STATE.changed];

/**
 * @param {Bundle} bundle
 * @returns {Seen} nobody has set its state yet
 */
export function firstSight({ version, hash, fingerprint }) {
  return { version, hash, fingerprint, state: STATE.unverified, time: 0 };
}

/**
 * @param {Pick<Seen, "fingerprint">} one
 * @param {Pick<Seen, "fingerprint">} other
 * @returns {boolean} whether the two are of the same keys
 */
export function sameKeys(one, other) {
  return equal(one.fingerprint, other.fingerprint);
}

/**
 * @param {Seen} one
 * @param {Seen} other
 * @returns {boolean} whether the two say the same
 */
export function isSame(one, other) {
  return equal(one.hash, other.hash) && one.state === other.state && one.time === other.time;
}

/**
 * Whether a bundle can't come after what was seen.
 * @param {Pick<Seen, "version" | "hash">} bundle
 * @param {Seen} seen
 */
export function goesBack({ version, hash }, seen) {
  return version < seen.version || (version === seen.version && !equal(hash, seen.hash));
}

/**
 * @param {Seen} seen
 * @param {State} state
 * @returns {Seen} with the state set now: later than any set before, whatever another browser's clock said
 */
export function withState(seen, state) {
  return { ...seen, state, time: Math.min(Math.max(Date.now(), seen.time + 1), Number.MAX_SAFE_INTEGER) };
}

/**
 * Whether keys that were verified, or followed such, are not these.
 * @param {Pick<Seen, "fingerprint">} keys
 * @param {...(Seen | null)} sightings
 */
export function replacesVerified(keys, ...sightings) {
  return sightings.some((seen) => seen !== null && seen.state !== STATE.unverified && !sameKeys(seen, keys));
}

/**
 * Of what two browsers have seen, the newer counts, and of their states of the same keys the later; but newer keys only after a question,
 * which each browser asks.
 * @param {Seen | null} before what this browser has seen
 * @param {Seen} seen what the other one has seen: no other bundle of the same version
 * @param {{erased: boolean}} about whether the account is erased: then there is nothing to ask any more
 * @returns {{seen: Seen, ahead: Seen | null}} `ahead`: what there is to ask about
 */
export function merge(before, seen, { erased }) {
  if (before === null) return { seen, ahead: null };
  const [older, newer] = before.version <= seen.version ? [before, seen] : [seen, before];
  if (sameKeys(older, newer)) return { seen: { ...newer, ...laterState(older, newer) }, ahead: null };
  if (newer === seen && !erased) return { seen: before, ahead: seen };
  return { seen: doubted(newer, older), ahead: null };
}

/**
 * What has been seen once the person says that an identity is to count.
 * @param {Bundle} bundle
 * @param {Seen | null} seen in this browser
 * @param {Seen | null} ahead in another one
 * @returns {Seen}
 */
export function goOn(bundle, seen, ahead) {
  const known = [ahead, seen].find((one) => one !== null && sameKeys(one, bundle));
  const { version, hash } = bundle;
  return doubted(known ? { ...known, version, hash } : firstSight(bundle), seen, ahead);
}

/**
 * @param {Seen} seen
 * @param {...(Seen | null)} earlier
 * @returns {Seen} marked as changed if keys that were verified have given way to these
 */
function doubted(seen, ...earlier) {
  return seen.state === STATE.unverified && replacesVerified(seen, ...earlier) ? withState(seen, STATE.changed) : seen;
}

/**
 * @param {Seen} one
 * @param {Seen} other
 * @returns {Pick<Seen, "state" | "time">}
 */
function laterState(one, other) {
  const careful = CAUTION.indexOf(one.state) > CAUTION.indexOf(other.state);
  const { state, time } = one.time > other.time || (one.time === other.time && careful) ? one : other;
  return { state, time };
}
