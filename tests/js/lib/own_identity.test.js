import assert from "node:assert/strict";
import { test } from "node:test";

import { equal, fromBase64url, randomBytes, toBase64url } from "../../../static/js/crypto/bytes.js";
import { checkSuccession, makeBundle, newSeeds, parseBundle } from "../../../static/js/crypto/identity.js";
import { newKdf } from "../../../static/js/crypto/password.js";
import { parseRecoveryKey, recoverySignInSecret } from "../../../static/js/crypto/recovery.js";
import { unwrapSeeds, wrapSeeds } from "../../../static/js/crypto/wrapping.js";
import { FormError } from "../../../static/js/lib/form.js";
import { derive, makeIdentity, openByRecovery, openIdentity, wrapByNewRecoveryKey, wrapByPassword } from "../../../static/js/lib/own_identity.js";
import { altered } from "../helpers.js";

/** @typedef {import("../../../static/js/lib/own_identity.js").Derived} Derived */

const ALICE = { userId: randomBytes(16), username: "alice" };

/** @returns {Promise<Derived>} what a password gives, without its cost */
async function aPassword() {
  const parameters = { name: "AES-GCM", length: 256 };
  return { kdf: newKdf(), wrappingKey: await crypto.subtle.generateKey(parameters, false, ["encrypt", "decrypt"]) };
}

/**
 * @param {() => Promise<unknown>} work
 * @param {RegExp} words
 */
async function assertSaid(work, words) {
  await assert.rejects(work, (error) => error instanceof FormError && words.test(error.message));
}

/** @param {string} text base64url */
const broken = (text) => toBase64url(altered(fromBase64url(text), 40));

test("a first identity opens with the password, and with the recovery key as it is shown", async () => {
  const password = await aPassword();
  const { bundle, seeds, recoveryKey, json } = await makeIdentity(ALICE, password);
  assert.deepEqual([bundle.version, bundle.generation, bundle.username], [1, 1, "alice"]);
  const key = await parseRecoveryKey(recoveryKey);
  assert.deepEqual(await openIdentity(ALICE, json, password, null), { bundle, seeds });
  assert.deepEqual(await openByRecovery(ALICE, json, key, null), { bundle, seeds });
  assert.equal(json.recovery_secret, await recoverySignInSecret(key));
});

test("an identity after another one follows it with other keys, and the old keys have not signed it", async () => {
  const before = await makeIdentity(ALICE, await aPassword());
  const after = await makeIdentity(ALICE, await aPassword(), before.bundle);
  await checkSuccession(before.bundle, after.bundle);
  assert.deepEqual([after.bundle.version, after.bundle.generation, after.bundle.succession], [2, 2, null]);
  assert.ok(!equal(before.bundle.fingerprint, after.bundle.fingerprint));
  assert.notEqual(before.recoveryKey, after.recoveryKey);
});

test("after a renaming the next identity counts versions and generations apart", async () => {
  const { bundle: first, seeds } = await makeIdentity(ALICE, await aPassword());
  const bytes = await makeBundle({ ...ALICE, version: 2, generation: 1, previous: first.hash, seeds });
  const renamed = await parseBundle(bytes);
  const { bundle } = await makeIdentity(ALICE, await aPassword(), renamed);
  await checkSuccession(renamed, bundle);
  assert.deepEqual([bundle.version, bundle.generation], [3, 2]);
});

test("wrapped for a new password, the same keys open with the new one and not with the old one", async () => {
  const [old, wanted] = [await aPassword(), await aPassword()];
  const { bundle, seeds, json } = await makeIdentity(ALICE, old);
  const changed = { ...json, wrapped_by_password: await wrapByPassword({ bundle, seeds }, wanted) };
  assert.deepEqual(await openIdentity(ALICE, changed, wanted, bundle), { bundle, seeds });
  await assertSaid(() => openIdentity(ALICE, changed, old, bundle), /does not open with it/);
});

test("the parameters of another password do not open it", async () => {
  const password = await aPassword();
  const { json } = await makeIdentity(ALICE, password);
  await assertSaid(() => openIdentity(ALICE, json, { ...password, kdf: newKdf() }, null), /does not open with it/);
});

test("a new recovery key opens the same keys, and the old one does not", async () => {
  const first = await makeIdentity(ALICE, await aPassword());
  const { recoveryKey, json } = await wrapByNewRecoveryKey(first);
  const kept = { ...first.json, ...json };
  const opened = await openByRecovery(ALICE, kept, await parseRecoveryKey(recoveryKey), first.bundle);
  assert.deepEqual(opened.seeds, first.seeds);
  const old = await parseRecoveryKey(first.recoveryKey);
  await assertSaid(() => openByRecovery(ALICE, kept, old, first.bundle), /does not open with it/);
});

test("a wrap that does not open leaves this browser in no form", async (context) => {
  const { bundle, seeds } = await makeIdentity(ALICE, await aPassword());
  const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);
  context.mock.method(crypto.subtle, "encrypt", async (/** @type {any[]} */ ...given) => {
    const sealed = new Uint8Array(await encrypt(.../** @type {[any, any, any]} */ (given)));
    return altered(sealed, 3).buffer;
  });
  await assert.rejects(async () => wrapByPassword({ bundle, seeds }, await aPassword()));
  await assert.rejects(() => wrapByNewRecoveryKey({ bundle, seeds }));
});

test("seeds of other keys are not wrapped", async () => {
  const { bundle } = await makeIdentity(ALICE, await aPassword());
  await assert.rejects(async () => wrapByPassword({ bundle, seeds: newSeeds() }, await aPassword()));
  await assert.rejects(() => wrapByNewRecoveryKey({ bundle, seeds: newSeeds() }));
});

test("what the server shows to the recovery key must be this person's, readable, and no older than what is known", async () => {
  const password = await aPassword();
  const first = await makeIdentity(ALICE, password);
  const second = await makeIdentity(ALICE, password, first.bundle);
  const key = await parseRecoveryKey(first.recoveryKey);
  /** @param {Partial<typeof first.json>} changes */
  const shown = (changes, known = first.bundle, person = ALICE) => () => openByRecovery(person, { ...first.json, ...changes }, key, known);
  await assertSaid(shown({ bundle: broken(first.json.bundle) }), /cannot be read/);
  await assertSaid(shown({}, first.bundle, { ...ALICE, username: "alicia" }), /not yours/);
  await assertSaid(shown({}, first.bundle, { ...ALICE, userId: randomBytes(16) }), /not yours/);
  await assertSaid(shown({}, second.bundle), /older identity/);
  await assertSaid(shown({}, (await makeIdentity(ALICE, password)).bundle), /older identity/);
  await assertSaid(shown({ wrapped_by_recovery: broken(first.json.wrapped_by_recovery) }), /does not open with it/);
  await assertSaid(shown({ wrapped_by_recovery: first.json.wrapped_by_password }), /not yours/);
  await assertSaid(shown({ bundle: second.json.bundle }), /does not open with it/);
});

test("an identity whose published keys are not those of the seeds is refused, whoever wrapped them", async () => {
  const mine = await makeIdentity(ALICE, await aPassword());
  const theirs = await parseBundle(await makeBundle({ ...ALICE, version: 2, generation: 2, previous: mine.bundle.hash, seeds: newSeeds() }));
  const password = await aPassword();
  const wrapped = await wrapSeeds({ purpose: "password", key: password.wrappingKey, seeds: mine.seeds, bundle: theirs, kdf: password.kdf });
  const json = { bundle: toBase64url(theirs.bytes), wrapped_by_password: toBase64url(wrapped) };
  await assertSaid(() => openIdentity(ALICE, json, password, null), /not yours/);
});

test("seeds wrapped for the password do not open under the recovery key's name", async () => {
  const password = await aPassword();
  const { bundle, json } = await makeIdentity(ALICE, password);
  const wrapped = fromBase64url(json.wrapped_by_recovery);
  await assert.rejects(() => unwrapSeeds({ purpose: "password", key: password.wrappingKey, wrapped, bundle, kdf: password.kdf }));
});

test("parameters that would give a password away are refused before anything is derived", async () => {
  const kdf = { algorithm: "argon2id", memory_kib: 8, passes: 1, lanes: 1, salt: toBase64url(randomBytes(16)) };
  await assertSaid(() => derive("a-canary-password", kdf), /nothing was sent/);
});
