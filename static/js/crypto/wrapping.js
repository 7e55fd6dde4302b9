import { NONCE_BYTES, open, seal, TAG_BYTES } from "./aead.js";
import { concat, equal, label, Writer } from "./bytes.js";
import { deriveAesKey, importSecret } from "./derive.js";
import { publicKeys } from "./identity.js";
import { checkBinding, checkForm, KIND, readObject, SUITE, writeObject } from "./objects.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./identity.js").Bundle} Bundle */
/** @typedef {import("./identity.js").Seeds} Seeds */
/** @typedef {import("./password.js").Kdf} Kdf */
/** @typedef {"password" | "recovery"} Purpose */

const PURPOSE = Object.freeze({ password: 1, recovery: 2 });
const ARGON2ID = 1;
const NO_DERIVATION = 0;
const SEED_BYTES = 32;

/**
 * @param {object} wrap
 * @param {Purpose} wrap.purpose whose wrapping key it is
 * @param {CryptoKey} wrap.key
 * @param {Seeds} wrap.seeds
 * @param {Bundle} wrap.bundle that the seeds belong to
 * @param {Kdf} [wrap.kdf] with the purpose `password`, the parameters that gave the key
 * @returns {Promise<Bytes>} the wrapped seeds, 95 bytes
 */
export async function wrapSeeds({ purpose, key, seeds, bundle, kdf }) {
  const plaintext = new Writer().fixed(seeds.sealing, SEED_BYTES).fixed(seeds.signing, SEED_BYTES).finish();
  const { nonce, ciphertext } = await seal(key, plaintext, associated(purpose, bundle, kdf));
  plaintext.fill(0);
  return writeObject(KIND.wrapped).u8(PURPOSE[purpose]).fixed(nonce, NONCE_BYTES).fixed(ciphertext, ciphertext.length).finish();
}

/**
 * @param {object} wrap
 * @param {Purpose} wrap.purpose
 * @param {CryptoKey} wrap.key
 * @param {Uint8Array} wrap.wrapped
 * @param {Bundle} wrap.bundle that the seeds should belong to
 * @param {Kdf} [wrap.kdf] with the purpose `password`, the parameters that gave the key
 * @returns {Promise<Seeds>} whose public keys are those of the bundle
 * @throws {ProtocolError} `form`, `suite`, `kind`, `binding` (of another purpose or to other public keys), `opening`
 */
export async function unwrapSeeds({ purpose, key, wrapped, bundle, kdf }) {
  const reader = readObject(wrapped, KIND.wrapped);
  const found = reader.u8();
  const box = { nonce: reader.fixed(NONCE_BYTES), ciphertext: reader.fixed(2 * SEED_BYTES + TAG_BYTES) };
  reader.end();
  checkForm(found === PURPOSE.password || found === PURPOSE.recovery, "The seeds are wrapped for an unknown purpose.");
  checkBinding(found === PURPOSE[purpose], "The seeds are wrapped for another purpose.");
  const plaintext = await open(key, box, associated(purpose, bundle, kdf));
  const seeds = { sealing: plaintext.slice(0, SEED_BYTES), signing: plaintext.slice(SEED_BYTES) };
  plaintext.fill(0);
  await checkSeeds(seeds, bundle);
  return seeds;
}

/**
 * @param {Seeds} seeds
 * @param {Bytes} userId 16 bytes
 * @returns {Promise<CryptoKey>} AES-256-GCM, non-extractable, for what an account keeps to itself
 */
export async function accountKey(seeds, userId) {
  const secret = await importSecret(concat(seeds.sealing, seeds.signing));
  return deriveAesKey(secret, concat(label("sotto/1 account key"), userId));
}

/**
 * @param {Seeds} seeds
 * @param {Bundle} bundle
 */
async function checkSeeds(seeds, bundle) {
  const keys = await publicKeys(seeds);
  const same = equal(keys.sealing, bundle.sealing) && equal(keys.signing, bundle.signing);
  checkBinding(same, "The published keys are not those of the seeds.");
}

/**
 * @param {Purpose} purpose
 * @param {Bundle} bundle
 * @param {Kdf} [kdf]
 * @returns {Bytes}
 */
function associated(purpose, bundle, kdf) {
  const body = new Writer().u8(SUITE).u8(KIND.wrapped).u8(PURPOSE[purpose]).fixed(bundle.userId, 16).u32(bundle.generation);
  return concat(label("sotto/1 wrapped seeds"), body.finish(), bundle.sealing, bundle.signing, derivation(purpose, kdf));
}

/**
 * @param {Purpose} purpose
 * @param {Kdf} [kdf]
 * @returns {Bytes}
 */
function derivation(purpose, kdf) {
  if (purpose === "recovery") return Uint8Array.of(NO_DERIVATION);
  if (!kdf) throw new TypeError("Seeds wrapped by a password need its derivation parameters.");
  return new Writer().u8(ARGON2ID).u32(kdf.memory_kib).u32(kdf.passes).u32(kdf.lanes).fixed(kdf.salt, 16).finish();
}
