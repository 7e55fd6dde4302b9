import assert from "node:assert/strict";
import { test } from "node:test";

import { uuidOf } from "../../../static/js/crypto/bytes.js";
import { STATE } from "../../../static/js/crypto/pin.js";
import { listed, makeStore, person, rekeyed, renamed } from "./cast.js";
import { acquainted, alice, alicesPins, bob, impostor, later, newBob, refusing, sealed, unsealed } from "./pinning.js";

/** @typedef {import("../../../static/js/crypto/identity.js").Bundle} Bundle */

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

test("newer keys than those kept are asked about, and refused until then", async () => {
  // A browser that has only the server's pin does not know the name that belonged to it.
  for (const [store, trusted] of /** @type {const} */ ([[await acquainted(), true], [makeStore(), false]])) {
    const pins = alicesPins({ store });
    await pins.open(await sealed(bob.bundle));
    await assert.rejects(pins.meet(newBob.bundle), { code: "key_changed", asks: true });
    await assert.rejects(pins.meet(bob.bundle), { code: "key_changed" });
    assert.deepEqual([pins.trusts(newBob.bundle), pins.trusts(bob.bundle)], [false, trusted]);
  }
});

test("after Continue the new keys are pinned, unverified, here and over the server's pin", async () => {
  /** @type {any[]} */
  const posts = [];
  const store = await acquainted();
  const pins = alicesPins({ store, post: async (_url, body) => posts.push(body) });
  const before = await sealed(bob.bundle);
  await pins.open(before);
  await assert.rejects(pins.meet(newBob.bundle), { code: "key_changed" });
  assert.equal(await pins.confirm(), newBob.bundle);
  await pins.keep();
  await pins.meet(newBob.bundle);
  assert.equal(pins.trusts(newBob.bundle), true);
  const { seen } = /** @type {import("../../../static/js/lib/keystore.js").LocalPin} */ (store.pins.get(uuidOf(bob.userId)));
  assert.deepEqual([seen.version, seen.hash, seen.state], [2, newBob.bundle.hash, STATE.unverified]);
  assert.equal(posts[0].replaces, before);
  assert.deepEqual(await unsealed(posts[0].pin), seen);
});

test("without a question there is nothing to continue with", async () => {
  const pins = alicesPins();
  assert.equal(await pins.confirm(), null);
  await pins.open("AAAA");
  await assert.rejects(pins.meet(bob.bundle), { code: "pin", asks: false });
  assert.equal(await pins.confirm(), null);
  await assert.rejects(pins.meet(bob.bundle), { code: "pin" });
});

test("other keys of the same version, of an earlier one, out of a broken chain or a wrong generation are refused without a question", async () => {
  const third = await rekeyed(newBob);
  const astray = await rekeyed(newBob, { generation: 2 });
  const before = await person("bob", bob.userId);
  /** @type {[Bundle, Bundle, Bundle[]][]} */
  const cases = [
    [bob.bundle, impostor.bundle, []],
    [newBob.bundle, impostor.bundle, []],
    [bob.bundle, (await rekeyed(bob, { previous: impostor.bundle.hash })).bundle, []],
    [bob.bundle, (await rekeyed(bob, { generation: 1 })).bundle, [bob.bundle]],
    [newBob.bundle, astray.bundle, [newBob.bundle]],
    [before.bundle, third.bundle, [newBob.bundle]],
  ];
  for (const [seen, shown, others] of cases) {
    const pins = alicesPins();
    await pins.open(await sealed(seen));
    await pins.learn(listed(...others));
    await assert.rejects(pins.meet(shown), { code: "rolled_back", asks: false });
  }
  const right = alicesPins();
  await right.open(await sealed(bob.bundle));
  await right.learn(listed(newBob.bundle, bob.bundle));
  await assert.rejects(right.meet(third.bundle), { code: "key_changed" });
});

test("earlier identities are trusted as far as the pinned one leads to them", async () => {
  const robert = await renamed(newBob, "robert", { generation: 2 });
  const stranger = await rekeyed(impostor);
  const pins = alicesPins({ name: "robert" });
  await pins.open(await sealed(robert));
  await pins.meet(robert);
  assert.deepEqual([pins.trusts(newBob.bundle), pins.trusts(bob.bundle)], [true, false]);
  await pins.learn({ ...listed(robert, bob.bundle, stranger.bundle, alice.bundle), nonsense: "AAAA" });
  assert.equal(pins.trusts(bob.bundle), false);
  await Promise.all([pins.learn(listed(newBob.bundle)), pins.learn(listed(newBob.bundle))]);
  assert.deepEqual([bob, impostor, stranger, alice].map(({ bundle }) => pins.trusts(bundle)), [true, false, false, false]);
});

test("a bundle under another one's hash leads nowhere", async () => {
  const pins = alicesPins();
  await pins.open(await sealed(newBob.bundle));
  const [hash] = Object.keys(listed(newBob.bundle));
  const [other] = Object.values(listed((await rekeyed(impostor)).bundle));
  await pins.meet(newBob.bundle);
  await pins.learn({ [String(hash)]: String(other) });
  assert.deepEqual([pins.trusts(bob.bundle), pins.trusts(impostor.bundle)], [false, false]);
});

test("newer keys that another browser has gone on with are asked about in this one too", async () => {
  /** @type {any[]} */
  const posts = [];
  const store = await acquainted();
  const pins = alicesPins({ store, post: async (_url, body) => posts.push(body) });
  await pins.open(await sealed(newBob.bundle));
  await pins.keep();
  assert.deepEqual(posts, []);
  await assert.rejects(pins.meet(newBob.bundle), { code: "key_changed" });
  await pins.confirm();
  assert.equal(pins.trusts(newBob.bundle), true);
  const back = alicesPins({ store: await acquainted() });
  await back.open(await sealed(newBob.bundle));
  await assert.rejects(back.meet(bob.bundle), { code: "rolled_back" });
});

test("a browser that has gone on with new keys replaces the older pin that the server shows", async () => {
  /** @type {any[]} */
  const posts = [];
  const store = await acquainted();
  const [one, other] = [0, 1].map(() => alicesPins({ store, post: async (_url, body) => posts.push(body) }));
  const before = await sealed(bob.bundle);
  await one?.open(before);
  await assert.rejects(Promise.resolve(one?.meet(newBob.bundle)), { code: "key_changed" });
  await one?.confirm();
  await other?.open(before);
  await other?.meet(newBob.bundle);
  await other?.keep();
  assert.equal(posts[0].replaces, before);
  assert.equal((await unsealed(posts[0].pin)).state, STATE.unverified);
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

test("somebody else under a name that this browser knows is asked about, as a new account", async () => {
  for (const name of ["bob", "BOB"]) {
    const store = await acquainted();
    const another = await person(name);
    const pins = alicesPins({ store, peer: another.userId, name });
    await pins.open(null);
    const question = new RegExp(`^This ${name} is not the ${name} you know: it is a new account under the same name\\.`, "u");
    await assert.rejects(pins.meet(another.bundle), { code: "new_person", message: question, asks: true });
    assert.deepEqual([pins.named, pins.trusts(another.bundle)], [false, false]);
    assert.deepEqual(await pins.confirm(), another.bundle);
    assert.deepEqual([pins.named, pins.trusts(another.bundle)], [true, true]);
    assert.deepEqual(await store.findPins("bob"), [uuidOf(another.userId)]);
  }
});

test("of two whom this browser knows by one name neither is the one of that name until it is said", async () => {
  const store = await acquainted();
  const local = /** @type {import("../../../static/js/lib/keystore.js").LocalPin} */ (store.pins.get(uuidOf(bob.userId)));
  store.pins.set(uuidOf(alice.userId), local);
  const pins = alicesPins({ store });
  await pins.open(null);
  assert.deepEqual([pins.named, pins.trusts(bob.bundle)], [false, false]);
  await assert.rejects(pins.meet(bob.bundle), { code: "new_person" });
});

test("after Continue the one known by that name before is known by their id alone", async () => {
  const store = await acquainted();
  const another = await person("bob");
  const pins = alicesPins({ store, peer: another.userId });
  await pins.open(null);
  await assert.rejects(pins.meet(another.bundle), { code: "new_person" });
  await pins.confirm();
  const erased = alicesPins({ store, name: "Deleted account", erased: true });
  await erased.open(null);
  assert.equal(erased.trusts(bob.bundle), true);
  const again = alicesPins({ store });
  await again.open(null);
  assert.equal(again.named, false);
  await assert.rejects(again.meet(bob.bundle), { code: "new_person" });
});

test("somebody erased is known by the pin of their id, whatever name is shown, and keeps the name they were known by", async () => {
  const store = await acquainted();
  const pins = alicesPins({ store, name: "Deleted account", erased: true });
  await pins.open(await sealed(bob.bundle));
  assert.deepEqual([pins.named, pins.trusts(bob.bundle), pins.trusts(impostor.bundle)], [true, true, false]);
  assert.deepEqual(await store.findPins("bob"), [uuidOf(bob.userId)]);
  const elsewhere = makeStore();
  const there = alicesPins({ store: elsewhere, name: "Deleted account", erased: true });
  await there.open(await sealed(newBob.bundle));
  assert.deepEqual([there.named, there.trusts(newBob.bundle)], [true, true]);
  assert.deepEqual(await elsewhere.findPins("deleted account"), []);
});

test("of somebody erased what another browser has gone on with counts without a question", async () => {
  const pins = alicesPins({ store: await acquainted(), name: "Deleted account", erased: true });
  await pins.open(await sealed(newBob.bundle));
  assert.deepEqual([pins.trusts(newBob.bundle), pins.trusts(impostor.bundle)], [true, false]);
});

test("somebody erased who was never seen is seen for the first time", async () => {
  const store = makeStore();
  const pins = alicesPins({ store, name: "Deleted account", erased: true });
  await pins.open(null);
  assert.equal(pins.named, false);
  await pins.meet(bob.bundle);
  assert.deepEqual([pins.named, pins.trusts(bob.bundle), pins.trusts(impostor.bundle)], [true, true, false]);
  assert.deepEqual([store.pins.size, await store.findPins("deleted account")], [1, []]);
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
  await assert.rejects(pins.meet(newBob.bundle), { code: "key_changed" });
});

test("whom this browser has met counts before there is a contact to keep a pin with", async () => {
  const store = await acquainted({ kept: false });
  const pins = alicesPins({ store, asked: later() });
  await pins.open(null);
  await pins.meet(bob.bundle);
  const again = alicesPins({ store, asked: later() });
  await again.open(null);
  await assert.rejects(again.meet(newBob.bundle), { code: "key_changed" });
});

test("without any pin, a key of the two or one's own messages show that there must be one", async () => {
  const store = makeStore();
  store.keys.set("some key", /** @type {any} */ ({ peer: uuidOf(bob.userId) }));
  const pins = alicesPins({ store });
  await pins.open(null);
  await assert.rejects(pins.meet(bob.bundle), { code: "pin" });
  const elsewhere = alicesPins();
  await elsewhere.open(null, { expected: () => true });
  await assert.rejects(elsewhere.meet(bob.bundle), { code: "pin" });
});

test("where a pin is there, no message is looked through for signs that there must be one", async () => {
  const expected = () => assert.fail("looked");
  const pins = alicesPins({ store: await acquainted(), asked: later() });
  await pins.open(await sealed(bob.bundle), { expected });
  await pins.meet(bob.bundle);
  const kept = alicesPins({ store: await acquainted({ kept: false }) });
  await kept.open(null, { expected });
  await kept.meet(bob.bundle);
});

test("a pin of the server's that contradicts the one kept here is refused", async () => {
  const pins = alicesPins({ store: await acquainted(), asked: later() });
  await pins.open(await sealed(impostor.bundle));
  await assert.rejects(pins.meet(impostor.bundle), { code: "rolled_back" });
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
  for (const [kept, outcome] of /** @type {const} */ ([[bob.bundle, null], [impostor.bundle, "rolled_back"], [newBob.bundle, "key_changed"]])) {
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
