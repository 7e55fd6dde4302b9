import { fromBase64url, label, randomBytes, toBase64url, utf8 } from "./bytes.js";
import { deriveAesKey, deriveBytes, importSecret } from "./derive.js";
import { ProtocolError } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

/**
 * How a password becomes a key: Argon2id (RFC 9106).
 * @typedef {object} Kdf
 * @property {"argon2id"} algorithm
 * @property {number} memory_kib in KiB, 47,104 to 262,144
 * @property {number} passes 1 to 10; 3 or more when the memory is under 65,536 KiB
 * @property {number} lanes 1
 * @property {Bytes} salt 16 bytes
 */

const DEFAULT_MEMORY_KIB = 65_536;
const LEAST_MEMORY_KIB = 47_104;
const MOST_MEMORY_KIB = 262_144;
const DEFAULT_PASSES = 3;
const MOST_PASSES = 10;
const SALT_BYTES = 16;
const ROOT_BYTES = 32;

/** @type {Promise<typeof import("hash-wasm")> | null} */
let loading = null;

/**
 * Loads Argon2id: it is large, and most pages that could ask for a password are left without one.
 * @returns {Promise<typeof import("hash-wasm")>}
 * @throws {TypeError} when it does not come, or is not what it must be
 */
export function loadArgon2() {
  loading ??= import("hash-wasm").catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

/** @returns {Kdf} the parameters of a new account, with a new salt */
export function newKdf() {
  return { algorithm: "argon2id", memory_kib: DEFAULT_MEMORY_KIB, passes: DEFAULT_PASSES, lanes: 1, salt: randomBytes(SALT_BYTES) };
}

/**
 * Reads what a server says about a password, which may be a lie to make guessing cheap or the browser stop.
 * @param {unknown} json
 * @returns {Kdf}
 * @throws {ProtocolError} `kdf` when anything is missing or out of bounds
 */
export function kdfFromJson(json) {
  const { algorithm, memory_kib, passes, lanes, salt } = /** @type {Record<string, unknown>} */ (Object(json));
  return checkedKdf({ algorithm, memory_kib, passes, lanes, salt: saltFromText(salt) });
}

/**
 * @param {Kdf} kdf
 * @returns {{algorithm: "argon2id", memory_kib: number, passes: number, lanes: number, salt: string}} the salt base64url
 */
export function kdfToJson(kdf) {
  const { algorithm, memory_kib, passes, lanes, salt } = kdf;
  return { algorithm, memory_kib, passes, lanes, salt: toBase64url(salt) };
}

/**
 * Splits a password into what the server may know and what it may not.
 * @param {string} password
 * @param {Kdf} kdf
 * @returns {Promise<{secret: string, wrappingKey: CryptoKey}>} the sign-in secret (32 bytes, base64url), and the AES-256-GCM key, which is
 *   not extractable
 * @throws {ProtocolError} `kdf` for parameters out of bounds, `form` for an empty password
 */
export async function splitPassword(password, kdf) {
  const root = await passwordRoot(password, checkedKdf(kdf));
  const secret = await importSecret(root);
  root.fill(0);
  return {
    secret: toBase64url(await deriveBytes(secret, label("sotto/1 sign-in secret"))),
    wrappingKey: await deriveAesKey(secret, label("sotto/1 wrapping key")),
  };
}

/**
 * @param {string} password
 * @param {Kdf} kdf checked
 * @returns {Promise<Bytes>} 32 bytes
 */
async function passwordRoot(password, kdf) {
  const bytes = utf8(password.normalize("NFKC"));
  if (bytes.length === 0) throw new ProtocolError("form", "The password is empty.");
  const { argon2id } = await loadArgon2();
  const root = await argon2id({
    password: bytes,
    salt: kdf.salt,
    memorySize: kdf.memory_kib,
    iterations: kdf.passes,
    parallelism: kdf.lanes,
    hashLength: ROOT_BYTES,
    outputType: "binary",
  });
  return new Uint8Array(root);
}

/**
 * @param {unknown} salt
 * @returns {Bytes}
 */
function saltFromText(salt) {
  try {
    return fromBase64url(salt);
  } catch {
    throw new ProtocolError("kdf", "The salt is not base64url.");
  }
}

/**
 * @param {{[name in keyof Kdf]: unknown} & {salt: Bytes}} kdf
 * @returns {Kdf} the same
 * @throws {ProtocolError} `kdf`
 */
function checkedKdf({ algorithm, memory_kib, passes, lanes, salt }) {
  if (algorithm !== "argon2id") throw new ProtocolError("kdf", "The password derivation is not Argon2id.");
  if (!isWithin(memory_kib, LEAST_MEMORY_KIB, MOST_MEMORY_KIB)) throw new ProtocolError("kdf", "The memory is out of bounds.");
  const leastPasses = memory_kib < DEFAULT_MEMORY_KIB ? DEFAULT_PASSES : 1;
  if (!isWithin(passes, leastPasses, MOST_PASSES)) throw new ProtocolError("kdf", "The passes are out of bounds.");
  if (lanes !== 1) throw new ProtocolError("kdf", "There is not exactly one lane.");
  if (salt.length !== SALT_BYTES) throw new ProtocolError("kdf", "The salt does not have 16 bytes.");
  return { algorithm, memory_kib, passes, lanes, salt };
}

/**
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 * @returns {value is number}
 */
function isWithin(value, least, most) {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}
