/**
 * One's own identity: made once, and opened at every sign-in.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/identity.js").Bundle} Bundle
 * @typedef {import("../crypto/identity.js").Seeds} Seeds
 * @typedef {import("../crypto/password.js").Kdf} Kdf
 * @typedef {{userId: Bytes, username: string}} Person
 * @typedef {{wrappingKey: CryptoKey, kdf: Kdf}} Derived split from the password
 * @typedef {{bundle: string, wrapped_by_password: string, wrapped_by_recovery: string}} IdentityJson
 */

import { equal, fromBase64url, toBase64url } from "../crypto/bytes.js";
import { ProtocolError } from "../crypto/errors.js";
import { makeBundle, newSeeds, parseBundle } from "../crypto/identity.js";
import { formatRecoveryKey, newRecoveryKey, recoveryWrappingKey } from "../crypto/recovery.js";
import { unwrapSeeds, wrapSeeds } from "../crypto/wrapping.js";
import { FormError } from "./form.js";

const NOTHING_CHANGED = "Nothing was changed. Please tell whoever runs this Sotto.";
const UNREADABLE = `What the server keeps for you cannot be read. ${NOTHING_CHANGED}`;
const NOT_MINE = `The server showed this browser an identity that is not yours. ${NOTHING_CHANGED}`;
const WENT_BACK = `The server showed this browser an older identity of yours than it knows already. ${NOTHING_CHANGED}`;
const CANNOT_OPEN = `Your password is right, but what the server keeps for you does not open with it. ${NOTHING_CHANGED}`;

/**
 * Makes a person's first identity, with a recovery key.
 * @param {Person} person
 * @param {Derived} derived
 * @returns {Promise<{bundle: Bundle, seeds: Seeds, recoveryKey: string, json: IdentityJson}>} `recoveryKey` as it is shown
 */
export async function makeIdentity({ userId, username }, { wrappingKey, kdf }) {
  const seeds = newSeeds();
  const bytes = await makeBundle({ userId, username, version: 1, generation: 1, previous: new Uint8Array(32), seeds });
  const bundle = await parseBundle(bytes);
  const recovery = newRecoveryKey();
  const recoveryKey = await recoveryWrappingKey(recovery, userId);
  const byPassword = await wrapSeeds({ purpose: "password", key: wrappingKey, seeds, bundle, kdf });
  const byRecovery = await wrapSeeds({ purpose: "recovery", key: recoveryKey, seeds, bundle });
  const json = {
    bundle: toBase64url(bytes),
    wrapped_by_password: toBase64url(byPassword),
    wrapped_by_recovery: toBase64url(byRecovery),
  };
  return { bundle, seeds, recoveryKey: await formatRecoveryKey(recovery), json };
}

/**
 * Opens the identity that the server keeps for the person who has just signed in.
 * @param {Person} person
 * @param {IdentityJson} json
 * @param {Derived} derived
 * @param {Bundle | null} known the identity that this browser has seen of the same person before
 * @returns {Promise<{bundle: Bundle, seeds: Seeds}>}
 * @throws {FormError} naming what is wrong: unreadable, not this person's, older than the known one, not opening
 */
export async function openIdentity(person, json, { wrappingKey, kdf }, known) {
  const bundle = await readBundle(json.bundle);
  if (!equal(bundle.userId, person.userId) || bundle.username !== person.username) throw new FormError(NOT_MINE);
  if (known && isBehind(bundle, known)) throw new FormError(WENT_BACK);
  try {
    const wrapped = fromBase64url(json.wrapped_by_password);
    return { bundle, seeds: await unwrapSeeds({ purpose: "password", key: wrappingKey, wrapped, bundle, kdf }) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new FormError(error.code === "binding" ? NOT_MINE : CANNOT_OPEN);
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
