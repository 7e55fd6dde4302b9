/**
 * One's own identity: made once, opened at every sign-in, and wrapped anew for another password or another recovery key.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/identity.js").Bundle} Bundle
 * @typedef {import("../crypto/identity.js").Seeds} Seeds
 * @typedef {import("../crypto/password.js").Kdf} Kdf
 * @typedef {{userId: Bytes, username: string}} Person
 * @typedef {{wrappingKey: CryptoKey, kdf: Kdf}} Derived split from the password
 * @typedef {{bundle: Bundle, seeds: Seeds}} Identity opened: the seeds are those of the bundle
 * @typedef {{bundle: string, wrapped_by_password: string, wrapped_by_recovery: string}} IdentityJson as the server keeps it, base64url
 * @typedef {{wrapped_by_recovery: string, recovery_secret: string}} RecoveryJson base64url
 * @typedef {{bundle: string, wrapped_by_password: string} & RecoveryJson} NewIdentityJson base64url
 */

import { equal, fromBase64url, toBase64url } from "../crypto/bytes.js";
import { ProtocolError } from "../crypto/errors.js";
import { makeBundle, newSeeds, parseBundle } from "../crypto/identity.js";
import { kdfFromJson, splitPassword } from "../crypto/password.js";
import { formatRecoveryKey, newRecoveryKey, parseRecoveryKey, recoverySignInSecret, recoveryWrappingKey } from "../crypto/recovery.js";
import { unwrapSeeds, wrapSeeds } from "../crypto/wrapping.js";
import { FormError } from "./form.js";

const TELL = "Please tell whoever runs this Sotto.";
const NOTHING_CHANGED = `Nothing was changed. ${TELL}`;
const WEAK_KDF = `The server asked this browser to protect your password in a way that Sotto does not accept, so nothing was sent. ${TELL}`;
const UNREADABLE = `What the server keeps for you cannot be read. ${NOTHING_CHANGED}`;
const NOT_MINE = `The server showed this browser an identity that is not yours. ${NOTHING_CHANGED}`;
const WENT_BACK = `The server showed this browser an older identity of yours than it knows already. ${NOTHING_CHANGED}`;
const CANNOT_OPEN = `Your password is right, but what the server keeps for you does not open with it. ${NOTHING_CHANGED}`;
const CANNOT_RECOVER = `Your recovery key is right, but what the server keeps for you does not open with it. ${NOTHING_CHANGED}`;

/** What is said when the server shows no identity of somebody whose keys this browser holds. */
export const KEYS_DENIED = `The server says that you have no keys, but this browser knows them. ${NOTHING_CHANGED}`;

/**
 * Splits a password as the server says that it was split before.
 * @param {string} password
 * @param {unknown} json the parameters
 * @returns {Promise<Derived & {secret: string}>} `secret` is what signs in
 * @throws {FormError} when the server names parameters that would give the password away: before anything is derived
 */
export async function derive(password, json) {
  try {
    const kdf = kdfFromJson(json);
    return { kdf, ...(await splitPassword(password, kdf)) };
  } catch (error) {
    if (error instanceof ProtocolError && error.code === "kdf") throw new FormError(WEAK_KDF);
    throw error;
  }
}

/**
 * Makes a person's identity with new keys, and a recovery key. Nothing succeeds the keys before: nobody has them any more.
 * @param {Person} person
 * @param {Derived} derived
 * @param {Bundle | null} [before] the person's identity until now, null if there is none
 * @returns {Promise<Identity & {recoveryKey: string, json: NewIdentityJson}>} `recoveryKey` as it is shown
 */
export async function makeIdentity({ userId, username }, derived, before = null) {
  const seeds = newSeeds();
  const place = { version: (before?.version ?? 0) + 1, generation: (before?.generation ?? 0) + 1, previous: before?.hash ?? new Uint8Array(32) };
  const bundle = await parseBundle(await makeBundle({ userId, username, ...place, seeds }));
  const wrapped_by_password = await wrapByPassword({ bundle, seeds }, derived);
  const { recoveryKey, json } = await wrapByNewRecoveryKey({ bundle, seeds });
  return { bundle, seeds, recoveryKey, json: { bundle: toBase64url(bundle.bytes), wrapped_by_password, ...json } };
}

/**
 * Wraps the seeds for a password.
 * @param {Identity} identity
 * @param {Derived} derived
 * @returns {Promise<string>} base64url, found to open
 */
export function wrapByPassword({ bundle, seeds }, { wrappingKey, kdf }) {
  return wrapped({ purpose: "password", key: wrappingKey, seeds, bundle, kdf }, wrappingKey);
}

/**
 * Makes a recovery key, and wraps the seeds for it.
 * @param {Identity} identity
 * @returns {Promise<{recoveryKey: string, json: RecoveryJson}>} the key as it is shown; the wrap is found to open with what is shown
 */
export async function wrapByNewRecoveryKey({ bundle, seeds }) {
  const key = newRecoveryKey();
  const recoveryKey = await formatRecoveryKey(key);
  const wrap = /** @type {const} */ ({ purpose: "recovery", key: await recoveryWrappingKey(key, bundle.userId), seeds, bundle });
  const shown = await recoveryWrappingKey(await parseRecoveryKey(recoveryKey), bundle.userId);
  return { recoveryKey, json: { wrapped_by_recovery: await wrapped(wrap, shown), recovery_secret: await recoverySignInSecret(key) } };
}

/**
 * Opens the identity that the server keeps for a person, with the password.
 * @param {Person} person
 * @param {Pick<IdentityJson, "bundle" | "wrapped_by_password">} json
 * @param {Derived} derived
 * @param {Bundle | null} known the identity that this browser has seen of the same person before
 * @param {FormError} [unopened] what is thrown when it does not open
 * @returns {Promise<Identity>}
 * @throws {FormError} naming what is wrong: unreadable, not this person's, older than the known one, not opening
 */
export async function openIdentity(person, json, { wrappingKey, kdf }, known, unopened = new FormError(CANNOT_OPEN)) {
  const bundle = await readIdentity(person, json.bundle, known);
  return unwrapped({ purpose: "password", key: wrappingKey, kdf, bundle }, json.wrapped_by_password, unopened);
}

/**
 * Opens the identity that the server keeps for a person, with the recovery key.
 * @param {Person} person
 * @param {Pick<IdentityJson, "bundle" | "wrapped_by_recovery">} json
 * @param {Bytes} recoveryKey 32 bytes
 * @param {Bundle | null} known the identity that this browser has seen of the same person before
 * @param {FormError} [unopened] what is thrown when it does not open
 * @returns {Promise<Identity>}
 * @throws {FormError} naming what is wrong: unreadable, not this person's, older than the known one, not opening
 */
export async function openByRecovery(person, json, recoveryKey, known, unopened = new FormError(CANNOT_RECOVER)) {
  const bundle = await readIdentity(person, json.bundle, known);
  const key = await recoveryWrappingKey(recoveryKey, person.userId);
  return unwrapped({ purpose: "recovery", key, bundle }, json.wrapped_by_recovery, unopened);
}

/**
 * Reads the identity that the server shows for a person.
 * @param {Person} person
 * @param {string} text base64url
 * @param {Bundle | null} known the identity that this browser has seen of the same person before
 * @returns {Promise<Bundle>}
 * @throws {FormError} unreadable, not this person's, older than the known one
 */
export async function readIdentity(person, text, known) {
  const bundle = await readBundle(text);
  if (!equal(bundle.userId, person.userId) || bundle.username !== person.username) throw new FormError(NOT_MINE);
  if (known && isBehind(bundle, known)) throw new FormError(WENT_BACK);
  return bundle;
}

/**
 * Wraps the seeds, and opens what came out: a wrap that does not open must never be stored.
 * @param {Parameters<typeof wrapSeeds>[0]} wrap
 * @param {CryptoKey} key what it must open with
 * @returns {Promise<string>} base64url
 */
async function wrapped(wrap, key) {
  const bytes = await wrapSeeds(wrap);
  await unwrapSeeds({ ...wrap, key, wrapped: bytes });
  return toBase64url(bytes);
}

/**
 * @param {Omit<Parameters<typeof unwrapSeeds>[0], "wrapped">} unlocking
 * @param {string} text the wrapped seeds, base64url
 * @param {FormError} unopened
 * @returns {Promise<Identity>}
 */
async function unwrapped(unlocking, text, unopened) {
  try {
    return { bundle: unlocking.bundle, seeds: await unwrapSeeds({ ...unlocking, wrapped: fromBase64url(text) }) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw error.code === "binding" ? new FormError(NOT_MINE) : unopened;
  }
}

/** @param {string} text base64url */
async function readBundle(text) {
  try {
    return await parseBundle(fromBase64url(text));
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new FormError(UNREADABLE);
  }
}

/**
 * @param {Bundle} bundle
 * @param {Bundle} known
 * @returns {boolean} whether it is of a lower version, or another of the same
 */
function isBehind(bundle, known) {
  return bundle.version < known.version || (bundle.version === known.version && !equal(bundle.hash, known.hash));
}
