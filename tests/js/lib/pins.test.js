import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64url, uuidOf } from "../../../static/js/crypto/bytes.js";
import { sealPin } from "../../../static/js/crypto/pin.js";
import { HttpError } from "../../../static/js/lib/http.js";
import { Pins } from "../../../static/js/lib/pins.js";
import { makeStore, person, renamed } from "./cast.js";

/** @typedef {import("../../../static/js/crypto/identity.js").Bundle} Bundle */

const alice = await person("alice");
const bob = await person("bob");
const impostor = await person("bob", bob.userId);

/**
 * What Alice's browser knows of Bob, on a page of its own.
 * @param {Partial<ConstructorParameters<typeof Pins>[0]>} [setting]
 */
function alicesPins(setting = {}) {
  return new Pins({ account: alice, store: makeStore(), peer: bob.userId, name: "bob", post: async () => ({}), ...setting });
}

/** @param {string} code */
const refusing = (code, more = {}) => async () => Promise.reject(new HttpError(409, { code, ...more }));

/** @param {Bundle} bundle */
async function sealed({ version, hash, fingerprint }) {
  const seen = { version, hash, fingerprint, verified: true, time: 1 };
  return toBase64url(await sealPin({ accountKey: alice.accountKey, owner: alice.userId, contact: bob.userId, seen }));
}

/** A browser in which Alice has met Bob; with `kept`, the server has been given the pin. */
async function acquainted({ kept = true } = {}) {
  const store = makeStore();
  const pins = alicesPins({ store });
  await pins.open(null);
  await pins.meet(bob.bundle);
  if (kept) await pins.keep();
  return store;
}

/** A page that is asked for from now on. */
const later = () => Date.now() + 1;

test("the first identity seen is trusted, and kept once, as this person's", async () => {
  /** @type {any[]} */
  const posts = [];
  const pins = alicesPins({ post: async (url, body) => posts.push([url, body]) });
  assert.equal(pins.trusts(bob.bundle), false);
  await pins.meet(bob.bundle);
  await Promise.all([pins.keep(), pins.keep()]);
  await pins.keep();
  assert.equal(pins.trusts(bob.bundle), true);
  assert.equal(posts.length, 1);
  assert.match(posts[0][0], /^\/contacts\/[0-9a-f-]{36}\/pin\/$/);
  assert.deepEqual([posts[0][1].replaces, posts[0][1].owner], [null, uuidOf(alice.userId)]);
});

test("other keys than those kept are refused, and stay refused", async () => {
  const pins = alicesPins({ store: await acquainted() });
  await pins.open(await sealed(bob.bundle));
  await assert.rejects(pins.meet(impostor.bundle), { code: "key_changed" });
  await assert.rejects(pins.meet(bob.bundle), { code: "key_changed" });
  assert.equal(pins.trusts(impostor.bundle), false);
  assert.equal(pins.trusts(bob.bundle), true);
});

test("other keys than those that another browser kept are refused", async () => {
  const pins = alicesPins();
  await pins.open(await sealed(bob.bundle));
  await assert.rejects(pins.meet(impostor.bundle), { code: "key_changed" });
});

test("a renaming is fine, and replaces the pin", async () => {
  /** @type {any[]} */
  const posts = [];
  const store = await acquainted();
  const pins = alicesPins({ store, name: "robert", post: async (_url, body) => posts.push(body) });
  const before = await sealed(bob.bundle);
  await pins.open(before);
  await pins.meet(await renamed(bob, "robert"));
  await pins.keep();
  assert.equal(posts[0].replaces, before);
  assert.equal(store.pins.get(uuidOf(bob.userId))?.name, "robert");
});

test("an older identity, another of the same version, and one that names another before it are refused", async () => {
  const robert = await renamed(bob, "robert");
  /** @type {[string, Bundle][]} */
  const shown = [
    ["bob", bob.bundle],
    ["rob", await renamed(bob, "rob")],
    ["rob", await renamed(bob, "rob", { version: 3, previous: bob.bundle.hash })],
  ];
  for (const [name, bundle] of shown) {
    const pins = alicesPins({ name });
    await pins.open(await sealed(robert));
    await assert.rejects(pins.meet(bundle), { code: "rolled_back" });
  }
});

test("another person's identity is refused", async () => {
  await assert.rejects(alicesPins().meet(alice.bundle), { code: "rolled_back" });
  await assert.rejects(alicesPins().meetShown("AAAA"), { code: "rolled_back" });
});

test("an identity of another name than the one shown is refused", async () => {
  const pins = alicesPins({ name: "carol" });
  await pins.open(await sealed(bob.bundle));
  await assert.rejects(pins.meet(bob.bundle), { code: "other_person" });
  assert.deepEqual([pins.named, pins.trusts(bob.bundle)], [false, false]);
});

test("somebody else under a name that this browser knows is refused", async () => {
  const store = await acquainted();
  for (const name of ["bob", "BOB"]) {
    const another = await person(name);
    const pins = alicesPins({ store, peer: another.userId, name });
    await pins.open(null);
    await assert.rejects(pins.meet(another.bundle), { code: "other_person", message: /new identity/ });
    assert.equal(pins.trusts(another.bundle), false);
  }
});

test("after a pin that cannot be opened nothing is trusted", async () => {
  const pins = alicesPins();
  await pins.open("AAAA");
  await assert.rejects(pins.meet(bob.bundle), { code: "pin" });
  assert.equal(pins.trusts(bob.bundle), false);
});

test("a pin that the server had and no longer shows is missed", async () => {
  const pins = alicesPins({ store: await acquainted(), asked: later() });
  await pins.open(null);
  await assert.rejects(pins.meet(impostor.bundle), { code: "pin" });
  await assert.rejects(pins.meet(bob.bundle), { code: "pin" });
});

test("a page from before the pin was kept may be without it, and other keys are refused all the same", async () => {
  const store = await acquainted();
  const pins = alicesPins({ store, asked: 1 });
  await pins.open(null);
  await pins.meet(bob.bundle);
  await assert.rejects(pins.meet(impostor.bundle), { code: "key_changed" });
});

test("whom this browser has met counts before there is a contact to keep a pin with", async () => {
  const store = await acquainted({ kept: false });
  const pins = alicesPins({ store, asked: later() });
  await pins.open(null);
  await pins.meet(bob.bundle);
  const again = alicesPins({ store, asked: later() });
  await again.open(null);
  await assert.rejects(again.meet(impostor.bundle), { code: "key_changed" });
});

test("without any pin, a key of the two or one's own messages show that there must be one", async () => {
  const store = makeStore();
  store.keys.set("some key", /** @type {any} */ ({ peer: uuidOf(bob.userId) }));
  const pins = alicesPins({ store });
  await pins.open(null);
  await assert.rejects(pins.meet(bob.bundle), { code: "pin" });
  const elsewhere = alicesPins();
  await elsewhere.open(null, { expected: true });
  await assert.rejects(elsewhere.meet(bob.bundle), { code: "pin" });
});

test("a pin of the server's that contradicts the one kept here is refused", async () => {
  const pins = alicesPins({ store: await acquainted(), asked: later() });
  await pins.open(await sealed(impostor.bundle));
  await assert.rejects(pins.meet(impostor.bundle), { code: "key_changed" });
  assert.equal(pins.trusts(impostor.bundle), false);
});

test("of two pins that agree the newer one counts", async () => {
  const robert = await renamed(bob, "robert");
  const store = await acquainted();
  const pins = alicesPins({ store, name: "robert", asked: later() });
  await pins.open(await sealed(robert));
  await pins.meet(robert);
  const back = alicesPins({ store, asked: later() });
  await back.open(await sealed(bob.bundle));
  await assert.rejects(back.meet(bob.bundle), { code: "rolled_back" });
});

test("two browsers that pin at once must have seen the same", async () => {
  for (const [kept, outcome] of /** @type {const} */ ([[bob.bundle, null], [impostor.bundle, "key_changed"]])) {
    const pins = alicesPins({ post: refusing("pin_changed", { pin: await sealed(kept) }) });
    await pins.meet(bob.bundle);
    if (outcome === null) await pins.keep();
    else await assert.rejects(pins.keep(), { code: outcome });
  }
});

test("a server that has lost the pin, or serves somebody else by now, is refused", async () => {
  for (const [answer, code] of /** @type {const} */ ([["pin_changed", "pin"], ["other_account", "signed_out"]])) {
    const pins = alicesPins({ post: refusing(answer, { pin: null }) });
    await pins.meet(bob.bundle);
    await assert.rejects(pins.keep(), { code });
    await assert.rejects(pins.meet(bob.bundle), { code });
  }
});
