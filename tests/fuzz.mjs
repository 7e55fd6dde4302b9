/**
 * JavaScript's side of fuzz.py: reads the same inputs from standard input, and writes what it makes of each to standard output. JSON both
 * ways, bytes in base64url.
 */
import { text as readAll } from "node:stream/consumers";

import { fromBase64url, idOf, toBase64url } from "../static/js/crypto/bytes.js";
import { decodeContent } from "../static/js/crypto/content.js";
import { importSecret } from "../static/js/crypto/derive.js";
import { checkTombstone, envelopeHash, openMessage, parseEnvelope, parseTombstone } from "../static/js/crypto/envelope.js";
import { ProtocolError } from "../static/js/crypto/errors.js";
import { openExchange, parseExchange } from "../static/js/crypto/exchange.js";
import { checkSuccession, parseBundle } from "../static/js/crypto/identity.js";
import { unpad } from "../static/js/crypto/padding.js";
import { kdfFromJson, kdfToJson } from "../static/js/crypto/password.js";
import { openPin } from "../static/js/crypto/pin.js";
import { parseRecoveryKey } from "../static/js/crypto/recovery.js";
import { readSafetyCode } from "../static/js/crypto/safety.js";
import { unwrapSeeds } from "../static/js/crypto/wrapping.js";

/** @typedef {import("../static/js/crypto/bytes.js").Bytes} Bytes */

/**
 * @typedef {object} Given
 * @property {{alice: string, bob: string, bobs_sealing_seed: string, key: string, kdf: object, aes_key: string}} secrets
 * @property {{subject: string, bytes?: string, value?: any}[]} inputs
 */

const { secrets, inputs } = /** @type {Given} */ (JSON.parse(await readAll(process.stdin)));
const alice = await parseBundle(fromBase64url(secrets.alice));
const bob = await parseBundle(fromBase64url(secrets.bob));
const bobsSealingSeed = fromBase64url(secrets.bobs_sealing_seed);
const kdf = kdfFromJson(secrets.kdf);
const key = await crypto.subtle.importKey("raw", fromBase64url(secrets.key), "AES-GCM", false, ["decrypt"]);
const epochKey = await importSecret(fromBase64url(secrets.aes_key));

/** @param {Bytes} bytes */
async function readBundle(bytes) {
  const { userId, version, generation, username, previous, succession, hash, fingerprint } = await parseBundle(bytes);
  return {
    user_id: toBase64url(userId),
    version,
    generation,
    username,
    previous: toBase64url(previous),
    succession: succession && toBase64url(succession),
    hash: toBase64url(hash),
    fingerprint: toBase64url(fingerprint),
  };
}

/** @param {Bytes} bytes */
async function readSuccession(bytes) {
  const bundle = await parseBundle(bytes);
  await checkSuccession(alice, bundle);
  return toBase64url(bundle.hash);
}

/** @param {Bytes} wrapped */
async function readWrapped(wrapped) {
  const { sealing, signing } = await unwrapSeeds({ purpose: "password", key, wrapped, bundle: alice, kdf });
  return [toBase64url(sealing), toBase64url(signing)];
}

/** @param {Bytes} bytes */
async function readExchange(bytes) {
  const exchange = await parseExchange(bytes);
  const { hash } = await openExchange({ exchange, initiator: alice, recipient: bob, me: bob.userId, sealingSeed: bobsSealingSeed });
  return toBase64url(hash);
}

/** @param {import("../static/js/crypto/envelope.js").Header} header */
function fieldsOf({ keyId, epoch, sender, receiver, messageId, counter, previous, seenCounter, seen, time, lifetime }) {
  const ids = [toBase64url(keyId), epoch, toBase64url(sender), toBase64url(receiver), toBase64url(messageId)];
  return [...ids, counter, toBase64url(previous), seenCounter, toBase64url(seen), time, lifetime];
}

/** @param {Bytes} bytes */
async function readEnvelope(bytes) {
  const envelope = parseEnvelope(bytes);
  return [fieldsOf(envelope), readContent(await openMessage({ epochKey, envelope }))];
}

/** @param {Bytes} bytes */
async function readTombstone(bytes) {
  const tombstone = parseTombstone(bytes);
  await checkTombstone({ epochKey, tombstone });
  return [...fieldsOf(tombstone), toBase64url(await envelopeHash(bytes))];
}

/** @param {Bytes} bytes */
function readContent(bytes) {
  const content = decodeContent(bytes);
  if (content.kind === "text") return content.text;
  if (content.kind === "unknown") return content.number;
  if (content.kind === "timer") return ["timer", content.seconds];
  const { kind, target, ...fields } = content;
  return [kind, toBase64url(target), ...Object.values(fields)];
}

/** @param {Bytes} pin */
async function readPin(pin) {
  const seen = await openPin({ accountKey: key, owner: alice.userId, contact: bob.userId, pin });
  return [seen.version, toBase64url(seen.hash), toBase64url(seen.fingerprint), seen.state, seen.time];
}

/** @type {Record<string, (given: any) => unknown>} */
const READERS = {
  bundle: readBundle,
  "signed bundle": readBundle,
  succession: readSuccession,
  "signed succession": readSuccession,
  wrapped: readWrapped,
  "sealed seeds": readWrapped,
  exchange: readExchange,
  "signed exchange": readExchange,
  envelope: readEnvelope,
  tombstone: readTombstone,
  "sealed padding": readEnvelope,
  "sealed content": readEnvelope,
  content: readContent,
  padding: (bytes) => toBase64url(unpad(bytes)),
  pin: readPin,
  "sealed pin": readPin,
  "recovery key": async (text) => toBase64url(await parseRecoveryKey(text)),
  "safety number": readSafetyCode,
  base64url: (text) => [...fromBase64url(text)],
  id: (text) => toBase64url(idOf(text)),
  "password parameters": (value) => kdfToJson(kdfFromJson(value)),
};

/** @param {Given["inputs"][number]} input */
async function answer({ subject, bytes, value }) {
  const read = READERS[subject];
  if (read === undefined) return { unknown: subject };
  try {
    return { is: await read(bytes === undefined ? value : fromBase64url(bytes)) };
  } catch (error) {
    return error instanceof ProtocolError ? { refused: error.code } : { failed: String(error) };
  }
}

const answers = [];
for (const input of inputs) answers.push(await answer(input));
process.stdout.write(JSON.stringify(answers));
