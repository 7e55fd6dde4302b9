/** Opening one's own keys once more, by the password typed: before anything is wrapped anew. */

import { equal } from "../crypto/bytes.js";
import { FormError, input } from "./form.js";
import { getJson, HttpError, understood } from "./http.js";
import { load } from "./keystore.js";
import { readOwnKeys } from "./own_answers.js";
import { derive, KEYS_DENIED, openIdentity } from "./own_identity.js";

/** @typedef {NonNullable<import("./own_answers.js").OwnKeys["identity"]>} OwnIdentity as the server keeps it */
/** @typedef {import("./own_identity.js").Identity} Identity */
/** @typedef {import("./own_identity.js").Person} Person */

const KEYS_GONE = "This browser no longer holds your keys. Sign in again.";

/**
 * What the server keeps for the person signed in, and what this browser holds of them.
 * @returns {Promise<{person: Person, known: import("../crypto/identity.js").Bundle, kdf: unknown, identity: OwnIdentity}>}
 * @throws {FormError} when the two do not fit
 * @throws {HttpError}
 */
export async function ownKeys() {
  const account = await load();
  const { person, kdf, identity } = await understood(getJson("/keys/mine/"), readOwnKeys);
  if (account === null || !equal(person.userId, account.userId)) throw new FormError(KEYS_GONE);
  if (identity === null) throw new FormError(KEYS_DENIED);
  return { person, known: account.bundle, kdf, identity };
}

/**
 * Opens one's keys with the password in a field.
 * @param {HTMLFormElement} form
 * @param {string} field the id of the password's
 * @returns {Promise<{person: Person, secret: string, identity: OwnIdentity, opened: Identity}>}
 *   `secret` is what signs in
 * @throws {FormError}
 * @throws {HttpError}
 */
export async function unlock(form, field) {
  const password = input(form, field).value;
  if (password === "") throw new FormError("Enter your password.", field);
  const { person, known, kdf, identity } = await ownKeys();
  const { secret, ...derived } = await derive(password, kdf);
  const wrong = new FormError("This is not your password. Check it and try again.", field);
  return { person, secret, identity, opened: await openIdentity(person, identity, derived, known, wrong) };
}

/**
 * The same error, at the password's field if the server finds the password wrong: it opened the keys, so it was changed meanwhile.
 * @param {unknown} error
 * @param {string} field the id of the password's
 * @returns {unknown}
 */
export function atPassword(error, field) {
  if (!(error instanceof HttpError) || error.code !== "wrong_password") return error;
  return new FormError("Your password was changed in another browser a moment ago. Nothing was changed here.", field);
}
