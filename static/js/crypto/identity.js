//# allFunctionsCalledOnLoad
import { concat, equal, fromUtf8, isZero, label, randomBytes, utf8 } from "./bytes.js";
import { sha256 } from "./derive.js";
import { SEALING_KEY_BYTES, sealingPublicKey } from "./hpke.js";
import { checkBinding, checkForm, KIND, readObject, writeObject } from "./objects.js";
import { checkSealingKey, checkSigningKey } from "./points.js";
import { importSigningKey, sign, SIGNATURE_BYTES, SIGNING_KEY_BYTES, signingPublicKey, verifySignature } from "./signing.js";

export { importSigningKey, verifySignature } from "./signing.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./bytes.js").Reader} Reader */
/** @typedef {{sealing: Bytes, signing: Bytes}} Seeds the private halves, 32 bytes each */
/** @typedef {{sealing: Bytes, signing: Bytes}} PublicKeys 1,216 and 32 bytes */

/**
 * The public half of an identity, read, its keys and its own signature checked.
 * @typedef {object} Bundle
 * @property {Bytes} bytes the whole object
 * @property {Bytes} body what is signed: everything before the signature
 * @property {Bytes} userId 16 bytes
 * @property {number} version from 1
 * @property {number} generation from 1, one more whenever the keys change
 * @property {Bytes} sealing X-Wing public key, 1,216 bytes
 * @property {Bytes} signing Ed25519 public key, 32 bytes
 * @property {Bytes} previous the hash of the bundle before, 32 bytes; zeros for version 1
 * @property {string} username
 * @property {Bytes | null} succession the signature by the signing key before, 64 bytes, if there is one
 * @property {Bytes} hash 32 bytes
 * @property {Bytes} fingerprint of user and keys alone, 32 bytes: a renaming keeps it
 */

const SEED_BYTES = 32;
const MOST_USERNAME_BYTES = 256;

/** @returns {Seeds} a new identity's */
export function newSeeds() {
  return { sealing: randomBytes(SEED_BYTES), signing: randomBytes(SEED_BYTES) };
}

/**
 * @param {Seeds} seeds
 * @returns {Promise<PublicKeys>}
 */
export async function publicKeys(seeds) {
  return { sealing: await sealingPublicKey(seeds.sealing), signing: await signingPublicKey(seeds.signing) };
}

/**
 * @param {object} identity
 * @param {Bytes} identity.userId 16 bytes
 * @param {string} identity.username 1 to 256 bytes of UTF-8
 * @param {number} identity.version
 * @param {number} identity.generation
 * @param {Bytes} identity.previous the hash of the bundle before, 32 bytes; zeros for version 1
 * @param {Seeds} identity.seeds
 * @param {Bytes} [identity.oldSigningSeed] the one of the bundle before, where it is at hand
 * @returns {Promise<Bytes>} the bundle
 * @throws {ProtocolError} `form` for what no reader would take
 */
export async function makeBundle({ userId, username, version, generation, previous, seeds, oldSigningSeed }) {
  const name = utf8(username);
  checkBody(version, generation, previous, oldSigningSeed !== undefined, name);
  const keys = await publicKeys(seeds);
  const body = writeObject(KIND.bundle)
    .fixed(userId, 16)
    .u32(version)
    .u32(generation)
    .fixed(keys.sealing, SEALING_KEY_BYTES)
    .fixed(keys.signing, SIGNING_KEY_BYTES)
    .fixed(previous, 32)
    .var16(name)
    .finish();
  const signature = await sign(await importSigningKey(seeds.signing), signedBody(body));
  if (!oldSigningSeed) return concat(body, signature, Uint8Array.of(0));
  const succession = await sign(await importSigningKey(oldSigningSeed), succeededBody(body));
  return concat(body, signature, Uint8Array.of(1), succession);
}

/**
 * @param {Uint8Array} bytes
 * @returns {Promise<Bundle>}
 * @throws {ProtocolError} `form`, `suite`, `kind`, `key`, `signature`
 */
export async function parseBundle(bytes) {
  const reader = readObject(bytes, KIND.bundle);
  const fields = readBody(reader);
  const body = reader.consumed();
  const signature = reader.fixed(SIGNATURE_BYTES);
  const succession = readSuccession(reader);
  reader.end();
  checkBody(fields.version, fields.generation, fields.previous, succession !== null, utf8(fields.username));
  checkSealingKey(fields.sealing);
  checkSigningKey(fields.signing);
  await verifySignature(fields.signing, signedBody(body), signature);
  const hash = await sha256(label("sotto/1 identity hash"), body);
  const fingerprint = await sha256(label("sotto/1 identity keys"), fields.userId, fields.sealing, fields.signing);
  return { bytes: new Uint8Array(bytes), body, ...fields, succession, hash, fingerprint };
}

/**
 * Checks that one bundle is the very next one after another, of the same person.
 * @param {Bundle} before
 * @param {Bundle} after
 * @throws {ProtocolError} `binding` when it is not, `signature` when the old key is said to have signed and has not
 */
export async function checkSuccession(before, after) {
  checkBinding(equal(before.userId, after.userId), "The next identity belongs to somebody else.");
  checkBinding(after.version === before.version + 1, "A version of the identity is missing.");
  checkBinding(equal(after.previous, before.hash), "The identity does not follow the one before.");
  const change = equal(before.fingerprint, after.fingerprint) ? 0 : 1;
  checkBinding(after.generation === before.generation + change, "The generation does not fit the keys.");
  if (after.succession) await verifySignature(before.signing, succeededBody(after.body), after.succession);
}

/** @param {Reader} reader */
function readBody(reader) {
  return {
    userId: reader.fixed(16),
    version: reader.u32(),
    generation: reader.u32(),
    sealing: reader.fixed(SEALING_KEY_BYTES),
    signing: reader.fixed(SIGNING_KEY_BYTES),
    previous: reader.fixed(32),
    username: fromUtf8(reader.var16()),
  };
}

/**
 * @param {Reader} reader
 * @returns {Bytes | null}
 */
function readSuccession(reader) {
  const succeeded = reader.u8();
  checkForm(succeeded <= 1, "The mark of succession is neither 0 nor 1.");
  return succeeded ? reader.fixed(SIGNATURE_BYTES) : null;
}

/**
 * @param {number} version
 * @param {number} generation
 * @param {Bytes} previous
 * @param {boolean} succeeded
 * @param {Bytes} username
 */
function checkBody(version, generation, previous, succeeded, username) {
  checkForm(username.length >= 1 && username.length <= MOST_USERNAME_BYTES, "The username does not have 1 to 256 bytes.");
  checkForm(version >= 1 && generation >= 1 && generation <= version, "Version and generation do not fit together.");
  checkForm((version === 1) === isZero(previous), "Only the first version has no bundle before it.");
  checkForm(version > 1 || !succeeded, "The first version succeeds nobody.");
}

/** @param {Bytes} body */
const signedBody = (body) => concat(label("sotto/1 identity"), body);

/** @param {Bytes} body */
const succeededBody = (body) => concat(label("sotto/1 identity succession"), body);
