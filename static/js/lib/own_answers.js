/**
 * What the server answers about somebody's own keys, read before any of it counts. Whether it opens, and is that person's, is asked later.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("./own_identity.js").Person} Person
 *
 * @typedef {object} OwnKeys
 * @property {Person} person
 * @property {unknown} kdf how the password is split
 * @property {{bundle: string, wrapped_by_password: string, wrapped_by_recovery: string, recovery_proved_at: number | null} | null} identity
 */

import { idOf } from "../crypto/bytes.js";
import { checkForm } from "../crypto/objects.js";

/**
 * @param {any} json an answer of `/keys/mine/`, an object
 * @returns {OwnKeys}
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export function readOwnKeys(json) {
  const { kdf, identity } = json;
  const person = readPerson(json);
  if (identity === null) return { person, kdf, identity };
  const at = Object(identity).recovery_proved_at;
  return {
    person,
    kdf,
    identity: {
      ...textsOf(identity, "bundle", "wrapped_by_password", "wrapped_by_recovery"),
      recovery_proved_at: at === null ? null : readTime(at),
    },
  };
}

/**
 * @param {any} json an answer of `/accounts/recover/`, an object
 * @returns {{person: Person, identity: {bundle: string, wrapped_by_recovery: string}}}
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export function readRecoverable(json) {
  return { person: readPerson(json), identity: textsOf(json.identity, "bundle", "wrapped_by_recovery") };
}

/**
 * @param {any} json an answer of `/accounts/recover/opened/`, an object
 * @returns {{person: Person, bundle: string | null}}
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export function readOpened(json) {
  return { person: readPerson(json), bundle: json.bundle === null ? null : textsOf(json, "bundle").bundle };
}

/**
 * @param {any} json an answer of `/keys/recovery/proved/`, an object
 * @returns {number} milliseconds since 1970
 * @throws {import("../crypto/errors.js").ProtocolError} `form`
 */
export function readProof(json) {
  return readTime(json.at);
}

/**
 * @param {unknown} json
 * @returns {Person}
 */
function readPerson(json) {
  const { user_id, username } = textsOf(json, "user_id", "username");
  return { userId: idOf(user_id), username };
}

/**
 * @template {string} Name
 * @param {unknown} json
 * @param {...Name} names
 * @returns {Record<Name, string>} these fields, each a text
 */
function textsOf(json, ...names) {
  const fields = Object(json);
  const texts = names.map((name) => {
    checkForm(typeof fields[name] === "string", "This is no text.");
    return [name, fields[name]];
  });
  return Object.fromEntries(texts);
}

/** @param {unknown} json */
function readTime(json) {
  checkForm(Number.isSafeInteger(json) && Number(json) >= 0, "This is no time.");
  return Number(json);
}
