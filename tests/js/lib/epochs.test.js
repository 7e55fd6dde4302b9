import assert from "node:assert/strict";
import { test } from "node:test";

import { fromBase64url, toBase64url } from "../../../static/js/crypto/bytes.js";
import { Epochs } from "../../../static/js/lib/epochs.js";
import { browser, envelopeOf, exchanged, listed, person, rekeyed } from "./cast.js";

/** @typedef {Awaited<ReturnType<typeof exchanged>>} Key */

const alice = await person("alice");
const bob = await person("bob");
const charlie = await person("charlie");
const first = await exchanged(alice, bob);
const second = await exchanged(bob, alice, after(first));
const third = await exchanged(alice, bob, after(second));
// Two that Alice could make only together with a server that shows them to some and not to others.
const fork = await exchanged(alice, bob, after(first));
const loose = await exchanged(alice, bob, { epoch: 3, previous: fork.hash });

/** @param {Key} key */
function after({ epoch, hash }) {
  return { epoch: epoch + 1, previous: hash };
}

/** Bob's browser, which is shown these keys. @param {...Key} keys */
async function shown(...keys) {
  const at = browser(bob, alice);
  await at.pins.meet(alice.bundle);
  for (const key of keys) at.epochs.add(key);
  const read = async (/** @type {Key} */ key) => (await at.opener.open((await envelopeOf(key, alice, bob, "hello")).text)).failure;
  return { ...at, read };
}

test("the keys of all epochs open what was written under them, in whatever order it is loaded", async () => {
  for (const order of [[first, second, third], [third, second, first], [third, first, second], [second, first, third]]) {
    const { read } = await shown(first, second, third);
    for (const key of order) assert.equal(await read(key), null);
  }
});

test("what is opened at once is opened in full", async () => {
  const { read } = await shown(first, second, third);
  assert.deepEqual(await Promise.all([third, first, second, first].map(read)), [null, null, null, null]);
});

test("one epoch has one key", async () => {
  for (const [one, other] of /** @type {[Key, Key][]} */ ([[second, fork], [fork, second]])) {
    const { read } = await shown(second, fork);
    assert.deepEqual([await read(one), await read(other), await read(one)], [null, "untrusted", null]);
  }
});

test("a key that does not name the one of the epoch before is not trusted beside it", async () => {
  const later = await shown(second, loose);
  assert.deepEqual([await later.read(second), await later.read(loose)], [null, "untrusted"]);
  const earlier = await shown(second, loose);
  assert.deepEqual([await earlier.read(loose), await earlier.read(second)], [null, "untrusted"]);
});

test("where the epoch between is not known, nothing is compared", async () => {
  const { read } = await shown(first, loose);
  assert.deepEqual([await read(first), await read(loose)], [null, null]);
});

test("a key under which nothing was written says nothing about the others", async () => {
  const { epochs, opener, read } = await shown(second, fork);
  await epochs.open(fork.id);
  const { text } = await envelopeOf({ ...fork, epochKey: second.epochKey }, alice, bob, "made up");
  assert.equal((await opener.open(text)).failure, "altered");
  assert.equal(await read(second), null);
});

test("a key is compared before it is written under, too", async () => {
  const { epochs, read } = await shown(second, fork, third);
  await read(second);
  assert.equal(epochs.fits(await epochs.open(second.id)), true);
  assert.equal(epochs.fits(await epochs.open(third.id)), true);
  assert.equal(epochs.fits(await epochs.open(fork.id)), false);
});

test("a key says where it stands, whether it opens or not, from this browser or from the server", async () => {
  const shut = await exchanged(alice, await person("bob", bob.userId), after(first));
  const { epochs, kept } = await shown(first, shut);
  const { id, hash } = shut;
  assert.deepEqual(await epochs.find(id), { id, epoch: 2, hash, previous: first.hash });
  const before = await epochs.find(first.id);
  await epochs.open(first.id);
  const later = await shown();
  for (const [key, opened] of kept) later.kept.set(key, opened);
  assert.deepEqual(await later.epochs.find(first.id), before);
});

test("a key that is not here, is none, or is other people's, stands nowhere", async () => {
  const theirs = await exchanged(alice, charlie);
  const { epochs } = await shown(theirs);
  epochs.add({ keys: { [first.id]: "AAAA", [third.id]: String(second.keys[second.id]) } });
  for (const { id } of [first, second, third, theirs]) assert.equal(await epochs.find(id), null);
});

test("a key made for keys that the other person had before is opened once the pinned identity leads to them", async () => {
  const renewed = await rekeyed(alice);
  const at = browser(bob, renewed);
  await at.pins.meet(renewed.bundle);
  at.epochs.add(first);
  await assert.rejects(at.epochs.open(first.id), { code: "key_untrusted" });
  at.epochs.add({ bundles: listed(renewed.bundle) });
  const { fingerprint } = await at.epochs.open(first.id);
  assert.deepEqual(fingerprint, alice.bundle.fingerprint);
});

test("when a key was opened, and first written under, is kept with it for the next page", async () => {
  const at = await shown(first);
  const begun = Date.now();
  await at.epochs.noteSealed(first.id, 7);
  await at.epochs.noteSealed(first.id, 8);
  const kept = at.kept.get(first.id);
  assert.equal(kept?.firstCounter, 7);
  assert.ok(kept && begun <= kept.openedAt && kept.openedAt <= Date.now());
  assert.equal((await at.epochs.open(first.id)).firstCounter, 7);
});

test("where another tab was the first to write under a key, its message counts", async () => {
  const at = await shown(first);
  await at.epochs.open(first.id);
  const put = at.store.putEpochKey;
  at.store.putEpochKey = (owner, id, key) => put(owner, id, { ...key, firstCounter: 3 });
  await at.epochs.noteSealed(first.id, 7);
  assert.equal((await at.epochs.open(first.id)).firstCounter, 3);
});

test("a key kept for another conversation is none of this one", async () => {
  const at = await shown(first);
  await at.epochs.open(first.id);
  const epochs = new Epochs({ account: bob, peer: charlie.userId, pins: at.pins, store: at.store });
  assert.equal(await epochs.find(first.id), null);
});

/** What Bob's browser knows of the identities that a key was made for. @param {ReturnType<typeof browser>} at @param {Key} key */
async function partiesOf(at, key) {
  const { parties, failure } = await at.opener.open((await envelopeOf(key, alice, bob, "hello", { epoch: key.epoch })).text);
  return { parties, failure };
}

test("a message says whose keys its key was made for", async () => {
  const renewed = await rekeyed(alice);
  const next = await exchanged(renewed, bob, after(first));
  const at = browser(bob, renewed);
  await at.pins.meet(renewed.bundle);
  for (const key of [first, next]) at.epochs.add(key);
  const own = toBase64url(bob.bundle.fingerprint);
  for (const [key, { bundle }] of /** @type {[Key, typeof alice][]} */ ([[first, alice], [next, renewed]])) {
    const expected = { epoch: key.epoch, own, peer: toBase64url(bundle.fingerprint), name: "alice" };
    assert.deepEqual(await partiesOf(at, key), { parties: expected, failure: null });
  }
  const { name } = await at.epochs.open(first.id);
  assert.equal(name, "alice");
});

test("a key made for one's own earlier keys says so, though it is lost", async () => {
  const renewed = await rekeyed(bob);
  const at = browser(renewed, alice);
  await at.pins.meet(alice.bundle);
  at.epochs.add(first);
  const expected = { epoch: 1, own: toBase64url(bob.bundle.fingerprint), peer: toBase64url(alice.bundle.fingerprint), name: "alice" };
  assert.deepEqual(await partiesOf(at, first), { parties: expected, failure: "missing" });
});

test("of a key that one's identity does not lead to, or that is not signed, nothing is said", async () => {
  const renewed = await rekeyed(bob);
  const stranger = await person("bob", bob.userId);
  const foreign = await exchanged(alice, stranger);
  const forged = await exchanged(alice, bob);
  const bytes = fromBase64url(String(forged.keys[forged.id]));
  bytes.set([Number(bytes.at(-1)) ^ 1], bytes.length - 1);
  const at = browser(renewed, alice);
  await at.pins.meet(alice.bundle);
  at.epochs.add(foreign);
  at.epochs.add({ ...forged, keys: { [forged.id]: toBase64url(bytes) } });
  for (const key of [foreign, forged]) assert.deepEqual(await partiesOf(at, key), { parties: null, failure: "missing" });
});

test("one's identity leads to earlier ones over those between, as far as they are shown", async () => {
  const [other, between] = [await rekeyed(bob), await rekeyed(bob)];
  const last = await rekeyed(between);
  const at = browser(last, alice);
  await at.pins.meet(alice.bundle);
  at.epochs.add(first);
  assert.equal((await partiesOf(at, first)).parties, null);
  at.epochs.add({ bundles: { [toBase64url(between.bundle.hash)]: toBase64url(other.bundle.bytes) } });
  assert.equal((await partiesOf(at, first)).parties, null);
  at.epochs.add({ bundles: listed(between.bundle) });
  assert.equal((await partiesOf(at, first)).parties?.own, toBase64url(bob.bundle.fingerprint));
});
