//# allFunctionsCalledOnLoad
import { concat } from "./bytes.js";
import { ProtocolError } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

export const SEALING_KEY_BYTES = 1216;
export const ENCAPSULATION_BYTES = 1120;

/**
 * The packages, in some sixty files, come when the first key is made, sealed or opened: most pages never do.
 */
async function hpke() {
  const [{ Aes256Gcm, CipherSuite, HkdfSha256 }, { XWing }] = await Promise.all([import("@hpke/core"), import("@hpke/hybridkem-x-wing")]);
  const kem = new XWing();
  return { kem, suite: new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() }) };
}

/**
 * An exact copy: the library reads `.buffer`, which for a view is more than the view.
 * @param {Uint8Array} bytes
 * @returns {ArrayBuffer}
 */
const bufferOf = (bytes) => new Uint8Array(bytes).buffer;

/**
 * @param {Uint8Array} seed 32 bytes: X-Wing's private key
 * @returns {Promise<Bytes>} the public key, 1,216 bytes
 */
export async function sealingPublicKey(seed) {
  const { kem } = await hpke();
  const { publicKey } = await kem.generateKeyPairDerand(new Uint8Array(seed));
  return new Uint8Array(await kem.serializePublicKey(publicKey));
}

/**
 * HPKE single shot, base mode, no associated data (RFC 9180 section 6.1).
 * @param {Uint8Array} publicKey 1,216 bytes, checked before
 * @param {Uint8Array} info beginning with a label
 * @param {Uint8Array} plaintext
 * @returns {Promise<Bytes>} the encapsulation (1,120 bytes), then the ciphertext (the plaintext's length + 16)
 */
export async function sealTo(publicKey, info, plaintext) {
  const { kem, suite } = await hpke();
  const recipientPublicKey = await kem.deserializePublicKey(bufferOf(publicKey));
  const { enc, ct } = await suite.seal({ recipientPublicKey, info: bufferOf(info) }, bufferOf(plaintext));
  return concat(new Uint8Array(enc), new Uint8Array(ct));
}

/**
 * @param {Uint8Array} seed 32 bytes: X-Wing's private key
 * @param {Uint8Array} info as at the sealing
 * @param {Uint8Array} sealed from `sealTo`
 * @returns {Promise<Bytes>} the plaintext
 * @throws {ProtocolError} `opening`
 */
export async function openWith(seed, info, sealed) {
  const { kem, suite } = await hpke();
  const recipientKey = await kem.deserializePrivateKey(bufferOf(seed));
  const enc = bufferOf(sealed.subarray(0, ENCAPSULATION_BYTES));
  try {
    return new Uint8Array(await suite.open({ recipientKey, enc, info: bufferOf(info) }, bufferOf(sealed.subarray(ENCAPSULATION_BYTES))));
  } catch {
    throw new ProtocolError("opening", "This copy of the key cannot be opened: another key, or altered.");
  }
}
