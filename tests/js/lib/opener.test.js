import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64url } from "../../../static/js/crypto/bytes.js";
import { altered, buried } from "../helpers.js";
import { browser, envelopeOf, exchanged, listed, person, renamed } from "./cast.js";

const alice = await person("alice");
const bob = await person("bob");
const charlie = await person("charlie");
const key = await exchanged(alice, bob);

/** Bob's browser, which has seen Alice and what the server shows of the key. */
async function bobs() {
  const at = browser(bob, alice);
  await at.pins.meet(alice.bundle);
  at.epochs.add(key);
  return at;
}

test("both people open what either wrote", async () => {
  const at = await bobs();
  const theirs = await at.opener.open((await envelopeOf(key, alice, bob, "hello")).text);
  const mine = await at.opener.open((await envelopeOf(key, bob, alice, "hi")).text);
  assert.deepEqual([theirs.content, theirs.mine, theirs.failure], [{ kind: "text", text: "hello" }, false, null]);
  assert.deepEqual([mine.content, mine.mine], [{ kind: "text", text: "hi" }, true]);
});

test("a key that was opened is kept", async () => {
  const at = await bobs();
  const { text } = await envelopeOf(key, alice, bob, "hello");
  await at.opener.open(text);
  const later = browser(bob, alice);
  await later.pins.meet(alice.bundle);
  for (const [id, kept] of at.kept) later.kept.set(id, kept);
  assert.equal((await later.opener.open(text)).failure, null);
});

test("a message whose key is not here says so, and opens once it is", async () => {
  const at = browser(bob, alice);
  await at.pins.meet(alice.bundle);
  const { text } = await envelopeOf(key, alice, bob, "hello");
  assert.equal((await at.opener.open(text)).failure, "missing");
  at.epochs.add(key);
  assert.equal((await at.opener.open(text)).failure, null);
});

test("every altered byte is noticed", async () => {
  const at = await bobs();
  const { bytes } = await envelopeOf(key, alice, bob, "hello");
  for (let index = 0; index < bytes.length; index++) {
    const altered = new Uint8Array(bytes);
    altered[index] = Number(altered[index]) ^ 1;
    const { failure, content } = await at.opener.open(toBase64url(altered));
    assert.equal(content, null);
    assert.ok(failure !== null, `byte ${index}`);
  }
});

test("what is no envelope was altered", async () => {
  for (const text of ["", "!", "AAAA"]) assert.equal((await (await bobs()).opener.open(text)).failure, "altered");
});

test("a message of another conversation, or reflected, is not shown", async () => {
  const other = await exchanged(charlie, bob);
  const at = await bobs();
  at.epochs.add(other);
  assert.equal((await at.opener.open((await envelopeOf(other, charlie, bob, "hello")).text)).failure, "elsewhere");
  const disguised = await envelopeOf(other, alice, bob, "hello");
  assert.equal((await at.opener.open(disguised.text)).failure, "untrusted");
});

test("a key from other keys than those seen before is not trusted", async () => {
  const impostor = await person("alice", alice.userId);
  const forged = await exchanged(impostor, bob);
  const at = await bobs();
  at.epochs.add(forged);
  assert.equal((await at.opener.open((await envelopeOf(forged, alice, bob, "hello")).text)).failure, "untrusted");
});

test("a bundle shown under another's hash is not trusted", async () => {
  const at = browser(bob, alice);
  await at.pins.meet(alice.bundle);
  const [hash] = Object.keys(listed(alice.bundle));
  const wrong = toBase64url((await renamed(alice, "anna")).bytes);
  at.epochs.add({ keys: key.keys, bundles: { ...key.bundles, [String(hash)]: wrong } });
  await assert.rejects(at.epochs.open(key.id), { code: "key_untrusted" });
});

test("a key of a renamed person still opens", async () => {
  const at = browser(bob, alice, "anna");
  await at.pins.meet(await renamed(alice, "anna"));
  at.epochs.add(key);
  assert.equal((await at.opener.open((await envelopeOf(key, alice, bob, "hello")).text)).failure, null);
});

test("a key sealed to one's own earlier keys counts as missing", async () => {
  const before = await person("bob", bob.userId);
  const old = await exchanged(alice, before);
  const at = await bobs();
  at.epochs.add(old);
  await assert.rejects(at.epochs.open(old.id), { code: "key_missing" });
});

test("an exchange shown under another's id is not trusted", async () => {
  const at = await bobs();
  const other = await exchanged(alice, bob);
  at.epochs.add({ keys: { [other.id]: String(key.keys[key.id]) } });
  await assert.rejects(at.epochs.open(other.id), { code: "key_untrusted" });
});

test("a tombstone takes its message's place, and says who removed it", async () => {
  const at = await bobs();
  const tombstoneOf = async (/** @type {number} */ age, /** @type {number} */ lifetime) => {
    const sealed = await envelopeOf(key, alice, bob, "gone", { time: Date.now() - 1000 * age, lifetime });
    return { sealed, opened: await at.opener.open(toBase64url(await buried(sealed.bytes))) };
  };
  const { sealed, opened } = await tombstoneOf(61, 60);
  assert.deepEqual([opened.content, opened.failure, opened.hash], [{ kind: "disappeared" }, null, sealed.hash]);
  assert.equal(opened.envelope?.counter, 1);
  assert.notEqual(opened.parties, null);
  const early = (await tombstoneOf(0, 599)).opened;
  assert.deepEqual(early.content, { kind: "disappeared" }, "two clocks may differ by 5 minutes each");
  for (const [age, lifetime] of /** @type {const} */ ([[0, 602], [0, 0], [1_000_000, 0]])) {
    const { content, failure } = (await tombstoneOf(age, lifetime)).opened;
    assert.deepEqual([content, failure], [{ kind: "removed" }, null]);
  }
});

test("a tombstone that nobody with the key has made is an altered message", async () => {
  const at = await bobs();
  const tombstone = await buried((await envelopeOf(key, alice, bob, "here", { lifetime: 0 })).bytes);
  for (const place of [161, 165, 200, 225]) {
    const { content, failure } = await at.opener.open(toBase64url(altered(tombstone, place)));
    assert.deepEqual([content, failure], [null, "altered"]);
  }
});

test("what has outlived its lifetime is not shown, and still counts", async () => {
  const at = await bobs();
  const gone = await at.opener.open((await envelopeOf(key, alice, bob, "burn this", { time: Date.now() - 61_000, lifetime: 60 })).text);
  assert.deepEqual([gone.content, gone.failure], [{ kind: "disappeared" }, null]);
  const there = await at.opener.open((await envelopeOf(key, alice, bob, "read this", { time: Date.now() - 59_000, lifetime: 60 })).text);
  assert.deepEqual(there.content, { kind: "text", text: "read this" });
});

test("what fails for another reason is a message that could not be shown", async (context) => {
  context.mock.method(console, "error", () => undefined);
  const at = await bobs();
  at.store.getEpochKey = () => Promise.reject(new Error("the disk is full"));
  const { failure, content, hash } = await at.opener.open((await envelopeOf(key, alice, bob, "hello")).text);
  assert.deepEqual([failure, content, hash?.length], ["broken", null, 32]);
});

test("nothing opens until the person is known to be the one of the name shown, not even under a key kept before", async () => {
  const at = await bobs();
  const { text } = await envelopeOf(key, alice, bob, "hello");
  await at.opener.open(text);
  const misled = browser(bob, alice, "charlie");
  for (const [id, kept] of at.kept) misled.kept.set(id, kept);
  misled.epochs.add(key);
  assert.equal((await misled.opener.open(text)).failure, "untrusted");
  await assert.rejects(misled.pins.meet(alice.bundle), { code: "other_person" });
  assert.equal((await misled.opener.open(text)).failure, "untrusted");
});
