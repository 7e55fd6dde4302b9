import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { concat, randomBytes } from "../../static/js/crypto/bytes.js";
import { checkSuccession, makeBundle, newSeeds, parseBundle, publicKeys } from "../../static/js/crypto/identity.js";
import { altered, anyBytes, anyText, assertEveryByteCounts, assertRefused, assertTotal, begunWith, makePerson, ZEROS } from "./helpers.js";

const alice = await makePerson("alice");

/** @param {Partial<Parameters<typeof makeBundle>[0]>} changes to the renaming of Alice that keeps her keys */
function nextBundle(changes) {
  const { userId, seeds, bundle } = alice;
  return makeBundle({ userId, username: "alice", version: 2, generation: 1, previous: bundle.hash, seeds, ...changes });
}

test("a bundle carries what it was made of", async () => {
  const names = anyText({ minLength: 1, maxLength: 64 });
  const number = fc.integer({ min: 2, max: 2 ** 32 - 1 });
  await fc.assert(
    fc.asyncProperty(names, number, number, fc.boolean(), async (username, one, two, succeeds) => {
      const seeds = newSeeds();
      const [generation, version] = [Math.min(one, two), Math.max(one, two)];
      const made = { userId: randomBytes(16), username, version, generation, previous: randomBytes(32) };
      const bundle = await parseBundle(await makeBundle({ ...made, seeds, ...(succeeds && { oldSigningSeed: randomBytes(32) }) }));
      for (const [field, value] of Object.entries(made)) assert.deepEqual(Reflect.get(bundle, field), value, field);
      assert.deepEqual({ sealing: bundle.sealing, signing: bundle.signing }, await publicKeys(seeds));
      assert.equal(bundle.succession !== null, succeeds);
      assert.deepEqual((await parseBundle(bundle.bytes)).hash, bundle.hash);
    }),
    { numRuns: 25 },
  );
});

test("the signing key cannot be taken out", () => {
  assert.equal(alice.signingKey.extractable, false);
});

test("the sizes are those of the specification", async () => {
  assert.equal(alice.bundle.bytes.length, 1373 + "alice".length);
  assert.equal((await nextBundle({ oldSigningSeed: alice.seeds.signing })).length, 1373 + "alice".length + 64);
});

test("every byte of a bundle counts", async () => {
  await assertEveryByteCounts(alice.bundle.bytes, parseBundle);
});

test("every byte of a successor counts", async () => {
  const bytes = await nextBundle({ oldSigningSeed: alice.seeds.signing });
  await assertEveryByteCounts(bytes, async (read) => checkSuccession(alice.bundle, await parseBundle(read)));
});

test("each kind of damage has its code", async () => {
  const { bytes, body } = alice.bundle;
  await assertRefused(() => parseBundle(altered(bytes, 0)), "suite");
  await assertRefused(() => parseBundle(altered(bytes, 1)), "kind");
  await assertRefused(() => parseBundle(altered(bytes, 2)), "signature");
  await assertRefused(() => parseBundle(altered(bytes, body.length)), "signature");
  await assertRefused(() => parseBundle(altered(bytes, bytes.length - 1, 2)), "form");
  await assertRefused(() => parseBundle(concat(bytes.slice(0, -1), Uint8Array.of(1), new Uint8Array(64))), "form");
});

test("a key that proves nothing is refused although its signature verifies", async () => {
  const bytes = new Uint8Array(alice.bundle.bytes);
  const neutral = Uint8Array.of(1, ...new Uint8Array(31));
  bytes.set(neutral, 26 + 1216);
  bytes.set(concat(neutral, new Uint8Array(32)), alice.bundle.body.length);
  await assertRefused(() => parseBundle(bytes), "key");
});

test("numbers that no bundle has are refused when made and when read", async () => {
  await assertRefused(() => nextBundle({ version: 0 }), "form");
  await assertRefused(() => nextBundle({ generation: 0 }), "form");
  await assertRefused(() => nextBundle({ generation: 3 }), "form");
  await assertRefused(() => nextBundle({ previous: ZEROS }), "form");
  await assertRefused(() => nextBundle({ version: 1 }), "form");
  await assertRefused(() => nextBundle({ version: 1, previous: ZEROS, oldSigningSeed: alice.seeds.signing }), "form");
  await assertRefused(() => nextBundle({ username: "" }), "form");
  await assertRefused(() => nextBundle({ username: "é".repeat(129) }), "form");
});

test("a renaming and a change of keys succeed", async () => {
  await checkSuccession(alice.bundle, await parseBundle(await nextBundle({ username: "alicia" })));
  const renewed = { seeds: newSeeds(), generation: 2 };
  await checkSuccession(alice.bundle, await parseBundle(await nextBundle(renewed)));
  await checkSuccession(alice.bundle, await parseBundle(await nextBundle({ ...renewed, oldSigningSeed: alice.seeds.signing })));
});

test("a renaming keeps the fingerprint, a change of keys does not", async () => {
  const renamed = await parseBundle(await nextBundle({ username: "alicia" }));
  const renewed = await parseBundle(await nextBundle({ seeds: newSeeds(), generation: 2 }));
  assert.deepEqual(renamed.fingerprint, alice.bundle.fingerprint);
  assert.notDeepEqual(renamed.hash, alice.bundle.hash);
  assert.notDeepEqual(renewed.fingerprint, alice.bundle.fingerprint);
});

test("what does not follow is refused", async () => {
  const wrong = [
    { userId: randomBytes(16) },
    { userId: randomBytes(16), generation: 2 },
    { version: 3 },
    { previous: randomBytes(32) },
    { generation: 2 },
    { seeds: newSeeds() },
    { seeds: { ...alice.seeds, sealing: randomBytes(32) } },
  ];
  for (const change of wrong) {
    const after = await parseBundle(await nextBundle(change));
    await assertRefused(() => checkSuccession(alice.bundle, after), "binding");
  }
  await assertRefused(() => checkSuccession(alice.bundle, alice.bundle), "binding");
  const forged = await parseBundle(await nextBundle({ seeds: newSeeds(), generation: 2, oldSigningSeed: randomBytes(32) }));
  await assertRefused(() => checkSuccession(alice.bundle, forged), "signature");
});

test("parsing is total", async () => {
  const bundles = fc.oneof(anyBytes({ maxLength: 100 }), begunWith([1, 1], anyBytes({ minLength: 1300, maxLength: 1600 })));
  await fc.assert(fc.asyncProperty(bundles, (bytes) => assertTotal(() => parseBundle(bytes))));
});
