import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64url } from "../../../static/js/crypto/bytes.js";
import { sealPin } from "../../../static/js/crypto/pin.js";
import { HttpError } from "../../../static/js/lib/http.js";
import { Pins } from "../../../static/js/lib/pins.js";
import { person, renamed } from "./cast.js";

const alice = await person("alice");
const bob = await person("bob");

/** @param {(url: string, body: any) => Promise<unknown>} [post] */
const alicesPins = (post = async () => ({})) => new Pins({ account: alice, peer: bob.userId, name: "bob", post });

/** @param {import("../../../static/js/crypto/identity.js").Bundle} bundle */
async function sealed({ version, hash, fingerprint }) {
  const seen = { version, hash, fingerprint, verified: true, time: 1 };
  return toBase64url(await sealPin({ accountKey: alice.accountKey, owner: alice.userId, contact: bob.userId, seen }));
}

test("the first identity seen is trusted, and kept once", async () => {
  /** @type {any[]} */
  const posts = [];
  const pins = alicesPins(async (url, body) => posts.push([url, body.replaces]));
  assert.equal(pins.trusts(bob.bundle), false);
  pins.meet(bob.bundle);
  await pins.keep();
  await pins.keep();
  assert.equal(pins.trusts(bob.bundle), true);
  assert.equal(posts.length, 1);
  assert.match(posts[0][0], /^\/contacts\/[0-9a-f-]{36}\/pin\/$/);
  assert.equal(posts[0][1], null);
});

test("other keys than those kept are refused, and stay refused", async () => {
  const pins = alicesPins();
  await pins.open(await sealed(bob.bundle));
  const impostor = await person("bob", bob.userId);
  assert.throws(() => pins.meet(impostor.bundle), { code: "key_changed" });
  assert.throws(() => pins.meet(bob.bundle), { code: "key_changed" });
  assert.equal(pins.trusts(impostor.bundle), false);
  assert.equal(pins.trusts(bob.bundle), true);
});

test("a renaming is fine, and replaces the pin", async () => {
  /** @type {any[]} */
  const posts = [];
  const pins = alicesPins(async (_url, body) => posts.push(body));
  const before = await sealed(bob.bundle);
  await pins.open(before);
  pins.meet(await renamed(bob, "robert"));
  await pins.keep();
  assert.equal(posts[0].replaces, before);
});

test("an older identity, another of the same version, and one that names another before it are refused", async () => {
  const robert = await renamed(bob, "robert");
  for (const shown of [
    bob.bundle,
    await renamed(bob, "rob"),
    await renamed(bob, "rob", { version: 3, previous: bob.bundle.hash }),
  ]) {
    const pins = alicesPins();
    await pins.open(await sealed(robert));
    assert.throws(() => pins.meet(shown), { code: "rolled_back" });
  }
});

test("another person's identity is refused", async () => {
  const pins = alicesPins();
  assert.throws(() => pins.meet(alice.bundle), { code: "rolled_back" });
  await assert.rejects(alicesPins().meetShown("AAAA"), { code: "rolled_back" });
});

test("after a pin that cannot be opened nothing is trusted", async () => {
  const pins = alicesPins();
  await pins.open("AAAA");
  assert.throws(() => pins.meet(bob.bundle), { code: "pin" });
  assert.equal(pins.trusts(bob.bundle), false);
});

test("two browsers that pin at once must have seen the same", async () => {
  const impostor = await person("bob", bob.userId);
  for (const [kept, outcome] of /** @type {const} */ ([[bob.bundle, null], [impostor.bundle, "key_changed"]])) {
    const pin = await sealed(kept);
    const pins = alicesPins(() => Promise.reject(new HttpError(409, { code: "pin_changed", pin })));
    pins.meet(bob.bundle);
    if (outcome === null) await pins.keep();
    else await assert.rejects(pins.keep(), { code: outcome });
  }
});
