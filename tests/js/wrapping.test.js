import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { randomBytes } from "../../static/js/crypto/bytes.js";
import { makeBundle, newSeeds, parseBundle } from "../../static/js/crypto/identity.js";
import { newKdf } from "../../static/js/crypto/password.js";
import { newRecoveryKey, recoveryWrappingKey } from "../../static/js/crypto/recovery.js";
import { accountKey, unwrapSeeds, wrapSeeds } from "../../static/js/crypto/wrapping.js";
import { altered, anyBytes, assertEveryByteCounts, assertRefused, assertTotal, begunWith, bytesOf, makePerson } from "./helpers.js";

const alice = await makePerson("alice");
const bob = await makePerson("bob");
const kdf = newKdf();
const key = await recoveryWrappingKey(newRecoveryKey(), alice.userId);
const byPassword = /** @type {const} */ ({ purpose: "password", key, bundle: alice.bundle, kdf });
const byRecovery = /** @type {const} */ ({ purpose: "recovery", key, bundle: alice.bundle });
const wrappedByPassword = await wrapSeeds({ ...byPassword, seeds: alice.seeds });
const wrappedByRecovery = await wrapSeeds({ ...byRecovery, seeds: alice.seeds });

test("seeds come out as they went in, for both purposes", async () => {
  assert.equal(wrappedByPassword.length, 95);
  assert.equal(wrappedByRecovery.length, 95);
  assert.deepEqual(await unwrapSeeds({ ...byPassword, wrapped: wrappedByPassword }), alice.seeds);
  assert.deepEqual(await unwrapSeeds({ ...byRecovery, wrapped: wrappedByRecovery }), alice.seeds);
});

test("every byte counts", async () => {
  await assertEveryByteCounts(wrappedByPassword, (wrapped) => unwrapSeeds({ ...byPassword, wrapped }));
  await assertEveryByteCounts(wrappedByRecovery, (wrapped) => unwrapSeeds({ ...byRecovery, wrapped }));
});

test("the server cannot swap the derivation", async () => {
  const changes = [{ memory_kib: 65_537 }, { passes: 4 }, { lanes: 2 }, { salt: altered(kdf.salt, 3) }];
  for (const change of changes) {
    await assertRefused(() => unwrapSeeds({ ...byPassword, kdf: { ...kdf, ...change }, wrapped: wrappedByPassword }), "opening");
  }
});

test("a wrap of one purpose is not taken for one of the other", async () => {
  await assertRefused(() => unwrapSeeds({ ...byRecovery, wrapped: wrappedByPassword }), "binding");
  await assertRefused(() => unwrapSeeds({ ...byRecovery, wrapped: altered(wrappedByPassword, 2, 3) }), "opening");
  await assertRefused(() => unwrapSeeds({ ...byRecovery, wrapped: altered(wrappedByRecovery, 2, 1) }), "form");
});

test("a wrap belongs to its person and generation, and outlives a renaming", async () => {
  const next = { userId: alice.userId, username: "alicia", version: 2, previous: alice.bundle.hash };
  const renamed = await parseBundle(await makeBundle({ ...next, generation: 1, seeds: alice.seeds }));
  const regenerated = await parseBundle(await makeBundle({ ...next, generation: 2, seeds: alice.seeds }));
  assert.deepEqual(await unwrapSeeds({ ...byRecovery, bundle: renamed, wrapped: wrappedByRecovery }), alice.seeds);
  await assertRefused(() => unwrapSeeds({ ...byRecovery, bundle: regenerated, wrapped: wrappedByRecovery }), "opening");
  await assertRefused(() => unwrapSeeds({ ...byRecovery, bundle: bob.bundle, wrapped: wrappedByRecovery }), "opening");
});

test("public keys other than the seeds' are noticed", async () => {
  for (const seeds of [{ ...alice.seeds, sealing: randomBytes(32) }, { ...alice.seeds, signing: randomBytes(32) }]) {
    const wrapped = await wrapSeeds({ ...byRecovery, seeds });
    await assertRefused(() => unwrapSeeds({ ...byRecovery, wrapped }), "binding");
  }
});

test("the account key depends on both seeds and the person, and stays inside", async () => {
  const { subtle } = crypto;
  const mine = await accountKey(alice.seeds, alice.userId);
  assert.equal(mine.extractable, false);
  const box = await subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, mine, new Uint8Array(4));
  const others = [
    await accountKey(alice.seeds, bob.userId),
    await accountKey({ ...alice.seeds, signing: bob.seeds.signing }, alice.userId),
    await accountKey({ ...alice.seeds, sealing: newSeeds().sealing }, alice.userId),
  ];
  for (const other of others) await assert.rejects(subtle.decrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, other, box));
});

test("unwrapping is total", async () => {
  const wraps = fc.oneof(anyBytes({ maxLength: 120 }), begunWith([1, 2], bytesOf(93)));
  await fc.assert(fc.asyncProperty(wraps, (wrapped) => assertTotal(() => unwrapSeeds({ ...byPassword, wrapped }))));
});
