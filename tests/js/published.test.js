import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { AeadId, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";

import { sealingPublicKey } from "../../static/js/crypto/hpke.js";
import { checkSealingKey } from "../../static/js/crypto/points.js";

/** @param {string} name */
const published = (name) => JSON.parse(readFileSync(new URL(`../../keys/protocol/published/${name}`, import.meta.url), "utf8"));

/** @param {string} hex */
const fromHex = (hex) => new Uint8Array(Buffer.from(hex, "hex"));

/** @param {ArrayBuffer | Uint8Array} bytes */
const toHex = (bytes) => Buffer.from(new Uint8Array(bytes)).toString("hex");

/** @typedef {ArrayBuffer | ArrayBufferView} Source */
/** @typedef {(nonce: Source, input: Source, associated: Source) => Promise<ArrayBuffer>} Aead */

/** @param {Source} bytes */
function owned(bytes) {
  return ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
}

const TAG_BYTES = 16;

/** The published vectors use ChaCha20-Poly1305 (AEAD 3), which neither the suite nor WebCrypto has: Node's own stands in. */
const chacha20Poly1305 = {
  id: AeadId.Chacha20Poly1305,
  keySize: 32,
  nonceSize: 12,
  tagSize: TAG_BYTES,
  /** @param {ArrayBuffer} key */
  createEncryptionContext: (key) => ({
    /** @type {Aead} */
    seal: async (nonce, plaintext, associated) => {
      const cipher = createCipheriv("chacha20-poly1305", owned(key), owned(nonce), { authTagLength: TAG_BYTES });
      cipher.setAAD(owned(associated), { plaintextLength: plaintext.byteLength });
      return new Uint8Array(Buffer.concat([cipher.update(owned(plaintext)), cipher.final(), cipher.getAuthTag()])).buffer;
    },
    /** @type {Aead} */
    open: async (nonce, sealed, associated) => {
      const [ciphertext, tag] = [owned(sealed).subarray(0, -TAG_BYTES), owned(sealed).subarray(-TAG_BYTES)];
      const decipher = createDecipheriv("chacha20-poly1305", owned(key), owned(nonce), { authTagLength: TAG_BYTES });
      decipher.setAAD(owned(associated), { plaintextLength: ciphertext.length }).setAuthTag(tag);
      return new Uint8Array(Buffer.concat([decipher.update(ciphertext), decipher.final()])).buffer;
    },
  }),
};

/** @typedef {{sk: string, pk: string, ct: string, ss: string}} Pair */

const kem = new XWing();
const xwing = published("xwing.json");
const hpke = published("hpke_mlkem768_x25519.json");
const ofOurKdf = hpke.filter((/** @type {any} */ entry) => entry.kdf_id === 1);

test("the files have what they should", () => {
  assert.equal(xwing.length, 3);
  assert.deepEqual(hpke.map((/** @type {any} */ entry) => [entry.kem_id, entry.kdf_id, entry.aead_id]), [[0x647a, 1, 3], [0x647a, 17, 3]]);
  assert.equal(ofOurKdf.length, 1);
});

/**
 * @param {any} entry of HPKE's file
 * @returns {Pair}
 */
const pairOf = ({ skRm, pkRm, enc, shared_secret }) => ({ sk: skRm, pk: pkRm, ct: enc, ss: shared_secret });

/** @type {Pair[]} */
const pairs = [...xwing, ...hpke.map(pairOf)];

test("X-Wing: public keys come from seeds", async () => {
  for (const { sk, pk } of pairs) {
    assert.equal(toHex(await sealingPublicKey(fromHex(sk))), pk);
    checkSealingKey(fromHex(pk));
  }
});

test("X-Wing: decapsulation", async () => {
  for (const { sk, ct, ss } of pairs) {
    const recipientKey = await kem.deserializePrivateKey(fromHex(sk).buffer);
    assert.equal(toHex(await kem.decap({ recipientKey, enc: fromHex(ct).buffer })), ss);
  }
});

test("X-Wing: encapsulation from its seed", async () => {
  for (const { eseed, pk, ct, ss } of xwing) {
    const recipientPublicKey = await kem.deserializePublicKey(fromHex(pk).buffer);
    const { enc, sharedSecret } = await kem.encap({ recipientPublicKey, ekm: fromHex(eseed).buffer });
    assert.deepEqual([toHex(enc), toHex(sharedSecret)], [ct, ss]);
  }
});

test("HPKE with X-Wing and HKDF-SHA256: sealing, opening, export", async () => {
  for (const vector of ofOurKdf) {
    const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: chacha20Poly1305 });
    const info = fromHex(vector.info).buffer;
    const recipientPublicKey = await kem.deserializePublicKey(fromHex(vector.pkRm).buffer);
    const sender = await suite.createSenderContext({ recipientPublicKey, info, ekm: fromHex(vector.ikmE).buffer });
    const recipientKey = await kem.deserializePrivateKey(fromHex(vector.skRm).buffer);
    const recipient = await suite.createRecipientContext({ recipientKey, info, enc: fromHex(vector.enc).buffer });
    assert.equal(toHex(sender.enc), vector.enc);
    for (const { pt, ct, aad } of vector.encryptions) {
      assert.equal(toHex(await sender.seal(fromHex(pt).buffer, fromHex(aad).buffer)), ct);
      assert.equal(toHex(await recipient.open(fromHex(ct).buffer, fromHex(aad).buffer)), pt);
    }
    for (const { exporter_context, L, exported_value } of vector.exports) {
      assert.equal(toHex(await recipient.export(fromHex(exporter_context).buffer, L)), exported_value);
    }
  }
});
