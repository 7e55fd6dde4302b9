import assert from "node:assert/strict";
import { test } from "node:test";

import { idOf, randomBytes, toBase64url } from "../../../static/js/crypto/bytes.js";
import { isForFormerKeys } from "../../../static/js/lib/former_self.js";
import { exchanged, listed, person, rekeyed } from "./cast.js";

test("a key exchanged before starting over is for former keys, whoever of the two made it", async () => {
  const [alice, bob] = [await person("alice"), await person("bob")];
  const anew = await rekeyed(alice);
  for (const key of [await exchanged(alice, bob), await exchanged(bob, alice)]) {
    assert.equal(await isForFormerKeys(anew, key.keyId, key), true);
    assert.equal(await isForFormerKeys(alice, key.keyId, key), false);
  }
});

test("one exchanged since is not", async () => {
  const [alice, bob] = [await person("alice"), await person("bob")];
  const anew = await rekeyed(alice);
  const key = await exchanged(anew, bob);
  assert.equal(await isForFormerKeys(anew, key.keyId, key), false);
});

test("somebody who has never started over has no former keys, whatever the server makes up", async () => {
  const [alice, bob] = [await person("alice"), await person("bob")];
  const key = await exchanged(await person("alice", alice.userId), bob);
  assert.equal(await isForFormerKeys(alice, key.keyId, key), false);
});

test("what is not shown, or is shown under a wrong name, says nothing", async () => {
  const [alice, bob] = [await person("alice"), await person("bob")];
  const anew = await rekeyed(alice);
  const key = await exchanged(alice, bob);
  const { keys, bundles } = key;
  assert.equal(await isForFormerKeys(anew, randomBytes(16), key), false);
  assert.equal(await isForFormerKeys(anew, key.keyId, { keys, bundles: {} }), false);
  const [hash] = Object.keys(listed(alice.bundle));
  const other = await exchanged(anew, bob);
  const lied = { keys: { [other.id]: String(other.keys[other.id]) }, bundles: { [toBase64url(anew.bundle.hash)]: String(bundles[String(hash)]) } };
  assert.equal(await isForFormerKeys(anew, idOf(other.id), lied), false);
  assert.equal(await isForFormerKeys(anew, key.keyId, { keys: { [key.id]: "AAAA" }, bundles }), false);
});
