import assert from "node:assert/strict";
import { test } from "node:test";

import { randomBytes, toBase64url } from "../../../static/js/crypto/bytes.js";
import { Chain } from "../../../static/js/lib/chain.js";
import { CurrentKey } from "../../../static/js/lib/currentkey.js";
import { browser, envelopeOf, exchanged, listed, person, rekeyed } from "./cast.js";

/** @typedef {Awaited<ReturnType<typeof exchanged>>} Key */
/** @typedef {import("../../../static/js/lib/keystore.js").EpochKey} EpochKey */
/** @typedef {{key: Pick<Key, "bytes" | "bundles">, used: boolean}} Answer */

const alice = await person("alice");
const bob = await person("bob");
// Bob's signature is right; but what he sealed for Alice is for keys that she does not have.
const other = await person("alice", alice.userId);

const first = await exchanged(alice, bob);
const second = await exchanged(bob, alice, after(first));
const third = await exchanged(alice, bob, after(second));
const firstUseless = await exchanged(bob, other);
const secondUseless = await exchanged(bob, other, after(first));

/** @param {Key} key */
function after({ epoch, hash }) {
  return { epoch: epoch + 1, previous: hash };
}

/** @param {Key} key */
const unused = (key) => ({ key, used: false });
/** @param {Key} key */
const inUse = (key) => ({ key, used: true });

/**
 * Alice's key for Bob, where the server answers with these.
 * @param {{shown?: Key | null, used?: boolean, answers?: Answer[], peer?: typeof bob}} setting `shown`: the key that came with the page
 */
async function set({ shown = null, used = true, answers = [], peer = bob }) {
  const at = browser(alice, peer);
  await at.pins.learn(listed(bob.bundle, peer.bundle));
  await at.pins.meet(peer.bundle);
  if (shown !== null) show(at.epochs, shown);
  const chain = new Chain();
  /** @type {{epoch: number, replaces: string | null}[]} */
  const asked = [];
  const key = new CurrentKey({
    id: shown?.id ?? null,
    used,
    me: alice.userId,
    epochs: at.epochs,
    chain,
    fingerprint: () => peer.bundle.fingerprint,
    exchange: async (before, replaces) => {
      asked.push({ epoch: (before?.epoch ?? 0) + 1, replaces });
      const answer = answers.shift();
      if (answer === undefined) throw new Error("asked too often");
      return { exchange: toBase64url(answer.key.bytes), bundles: { ...answer.key.bundles, ...listed(alice.bundle) }, used: answer.used };
    },
  });
  return { ...at, asked, chain, key };
}

/**
 * @param {import("../../../static/js/lib/epochs.js").Epochs} epochs
 * @param {Key} key
 */
function show(epochs, { keys, bundles }) {
  epochs.add({ keys, bundles: { ...bundles, ...listed(alice.bundle, bob.bundle) } });
}

/**
 * A message under a key, opened in Alice's browser.
 * @param {Awaited<ReturnType<typeof set>>} at
 * @param {Key} key
 * @param {Partial<import("../../../static/js/crypto/envelope.js").Header> & {mine?: boolean}} [fields]
 */
async function see(at, key, { mine = false, ...fields } = {}) {
  show(at.epochs, key);
  const [sender, receiver] = mine ? [alice, bob] : [bob, alice];
  const { text } = await envelopeOf(key, sender, receiver, "hello", fields);
  const opened = await at.opener.open(text);
  at.chain.see(opened);
  return opened;
}

test("the key in use seals the next message", async () => {
  const { asked, key } = await set({ shown: first });
  const { keyId, epoch } = await key.current();
  assert.deepEqual([keyId, epoch, asked], [first.keyId, 1, []]);
});

test("one's own intent seals the first message, without being exchanged again", async () => {
  const { asked, key } = await set({ shown: first, used: false });
  assert.deepEqual([(await key.current()).keyId, asked], [first.keyId, []]);
});

test("where there is no key, the first one is exchanged", async () => {
  const { asked, key } = await set({ answers: [unused(first)] });
  assert.deepEqual((await key.current()).keyId, first.keyId);
  assert.deepEqual((await key.current()).keyId, first.keyId);
  assert.deepEqual(asked, [{ epoch: 1, replaces: null }]);
});

test("the newest key that either has used counts, whatever the server says is in use", async () => {
  const at = await set({ shown: first });
  await see(at, second);
  assert.deepEqual((await at.key.current()).keyId, second.keyId);
  at.key.name(first.id);
  assert.deepEqual((await at.key.current()).keyId, second.keyId);
  show(at.epochs, third);
  at.key.name(third.id);
  assert.deepEqual((await at.key.current()).keyId, third.keyId);
  at.key.name(second.id);
  at.key.name(null);
  assert.deepEqual([(await at.key.current()).keyId, at.asked], [third.keyId, []]);
});

test("a message under the next key that comes in at any moment while one is looked for is no lie of the server's", async () => {
  const { opener, epochs } = await set({ shown: first });
  show(epochs, second);
  const opened = await opener.open((await envelopeOf(second, bob, alice, "hello")).text);
  for (let moment = 0; moment < 60; moment++) {
    const at = await set({ shown: first, answers: [inUse(second)] });
    show(at.epochs, second);
    at.key.refuse(first.keyId);
    const looking = at.key.current();
    for (let passed = 0; passed < moment; passed++) await null;
    at.chain.see(opened);
    assert.deepEqual((await looking).keyId, second.keyId, `after ${moment}`);
  }
});

test("a key that the server names, and does not show, is none", async () => {
  const at = await set({ shown: first });
  at.key.name(second.id);
  assert.deepEqual((await at.key.current()).keyId, first.keyId);
});

test("after a key that the server refuses, the next one is exchanged, once", async () => {
  const { asked, key } = await set({ shown: first, answers: [unused(second)] });
  key.refuse(first.keyId);
  assert.deepEqual([(await key.current()).keyId, (await key.current()).epoch], [second.keyId, 2]);
  assert.deepEqual(asked, [{ epoch: 2, replaces: null }]);
});

for (const [what, times] of /** @type {[string, Partial<EpochKey>][]} */ ([
  ["was opened 7 days ago", { openedAt: Date.now() - 7 * 86_400_000 }],
  ["has sealed 1,000 messages", { firstCounter: -999 }],
])) {
  test(`after a key that ${what}, the next one is exchanged, once`, async () => {
    const { epochs } = await set({ shown: first });
    const { asked, key, kept } = await set({ shown: first, answers: [unused(second)] });
    kept.set(first.id, { ...(await epochs.open(first.id)), ...times });
    assert.deepEqual([(await key.current()).keyId, (await key.current()).epoch], [second.keyId, 2]);
    assert.deepEqual(asked, [{ epoch: 2, replaces: null }]);
  });
}

test("a key made for keys that the other person has no more is not sealed under, though it opens", async () => {
  const renewed = await rekeyed(bob);
  const next = await exchanged(alice, renewed, after(first));
  const { asked, key } = await set({ shown: first, peer: renewed, answers: [unused(second), unused(next)] });
  assert.deepEqual((await key.current()).keyId, next.keyId);
  assert.deepEqual(asked, [{ epoch: 2, replaces: null }, { epoch: 2, replaces: null }]);
});

test("an unused key that is gone is exchanged anew, as the same epoch", async () => {
  const again = await exchanged(alice, bob, after(first));
  const at = await set({ shown: first, answers: [unused(second), unused(again)] });
  at.key.refuse(first.keyId);
  await at.key.current();
  at.key.refuse(second.keyId);
  assert.deepEqual((await at.key.current()).keyId, again.keyId);
  assert.deepEqual(at.asked, [{ epoch: 2, replaces: null }, { epoch: 2, replaces: null }]);
  const intent = await set({ shown: firstUseless, used: false, answers: [unused(first)] });
  intent.key.refuse(firstUseless.keyId);
  assert.deepEqual((await intent.key.current()).keyId, first.keyId);
  assert.deepEqual(intent.asked, [{ epoch: 1, replaces: null }]);
});

test("a key of the next epoch that is offered is left when the other person has begun that epoch with another", async () => {
  const at = await set({ shown: first, answers: [unused(await exchanged(alice, bob, after(first)))] });
  at.key.refuse(first.keyId);
  await at.key.current();
  await see(at, second);
  assert.deepEqual((await at.key.current()).keyId, second.keyId);
});

test("after a key in use that does not open, the next one names it", async () => {
  const next = await exchanged(alice, bob, after(firstUseless));
  const { asked, key } = await set({ shown: firstUseless, answers: [unused(next)] });
  assert.deepEqual((await key.current()).keyId, next.keyId);
  assert.deepEqual(asked, [{ epoch: 2, replaces: null }]);
});

test("a newer key that is in use already is taken; if it does not open, the one after it is exchanged", async () => {
  const worn = await set({ shown: first, answers: [inUse(second)] });
  worn.key.refuse(first.keyId);
  assert.deepEqual((await worn.key.current()).keyId, second.keyId);
  const far = await set({ shown: first, answers: [inUse(third)] });
  far.key.refuse(first.keyId);
  assert.deepEqual((await far.key.current()).keyId, third.keyId);
  const next = await exchanged(alice, bob, after(secondUseless));
  const shut = await set({ shown: first, answers: [inUse(secondUseless), unused(next)] });
  shut.key.refuse(first.keyId);
  assert.deepEqual((await shut.key.current()).keyId, next.keyId);
  assert.deepEqual(shut.asked.map(({ epoch }) => epoch), [2, 3]);
});

test("an unused key that the other person left, and that does not open, is replaced", async () => {
  const { asked, key } = await set({ answers: [unused(firstUseless), unused(first)] });
  assert.deepEqual((await key.current()).keyId, first.keyId);
  assert.deepEqual(asked, [{ epoch: 1, replaces: null }, { epoch: 1, replaces: firstUseless.id }]);
  const later = await set({ shown: first, answers: [unused(secondUseless), unused(second)] });
  later.key.refuse(first.keyId);
  assert.deepEqual((await later.key.current()).keyId, second.keyId);
  assert.deepEqual(later.asked[1], { epoch: 2, replaces: secondUseless.id });
});

test("one's own unused key that does not open is not replaced", async () => {
  const { asked, key } = await set({ answers: [unused(await exchanged(other, bob))] });
  await assert.rejects(key.current(), { code: "key_untrusted" });
  assert.equal(asked.length, 1);
});

for (const [what, answer] of /** @type {[string, () => Promise<Answer> | Answer][]} */ ([
  ["of an epoch left behind", () => inUse(first)],
  ["of the epoch that was refused", () => inUse(second)],
  ["unused, of an epoch left behind", () => unused(first)],
  ["unused, of an epoch further on", async () => unused(await exchanged(bob, alice, { epoch: 4, previous: third.hash }))],
  ["that names another exchange before it", async () => unused(await exchanged(bob, alice, { epoch: 3, previous: first.hash }))],
  ["in use, that names another exchange before it", async () => inUse(await exchanged(bob, alice, { epoch: 3, previous: first.hash }))],
  ["that is none", () => ({ key: { bytes: randomBytes(2582), bundles: {} }, used: true })],
])) {
  test(`an answered key ${what} is refused`, async () => {
    const at = await set({ shown: first, answers: [await answer()] });
    await see(at, second);
    at.key.refuse(second.keyId);
    await assert.rejects(at.key.current(), { name: "Refusal", code: "key_untrusted" });
    assert.equal(at.asked.length, 1);
  });
}

test("an answered key that does not name the one that does not open is refused", async () => {
  for (const answer of [unused(second), inUse(second)]) {
    const { key } = await set({ shown: firstUseless, answers: [answer] });
    await assert.rejects(key.current(), { code: "key_untrusted" });
  }
});

test("of two keys for one epoch the one that opened a message counts", async () => {
  const at = await set({ shown: await exchanged(bob, alice, after(first)) });
  await see(at, second);
  assert.deepEqual((await at.key.current()).keyId, second.keyId);
});

test("a key in use that does not follow the one that opened a message is refused", async () => {
  const at = await set({ shown: first });
  await see(at, second, { counter: 1 });
  const fork = await exchanged(bob, alice, { epoch: 3, previous: first.hash });
  show(at.epochs, fork);
  at.key.name(fork.id);
  await assert.rejects(at.key.current(), { code: "key_untrusted" });
});

test("a server that goes on with useless keys is not asked for ever", async () => {
  const answers = [];
  for (let key = firstUseless; answers.length < 10; key = await exchanged(bob, other, after(key))) answers.push(inUse(key));
  const { asked, key } = await set({ answers });
  await assert.rejects(key.current(), { name: "Refusal", code: "key_untrusted" });
  assert.equal(asked.length, 4);
});

test("the first message of one's own that a key seals is kept with it", async () => {
  const at = await set({ shown: first });
  await see(at, first, { mine: true, counter: 4 });
  await at.key.current();
  await see(at, first, { mine: true, counter: 5 });
  await at.key.current();
  assert.equal(at.kept.get(first.id)?.firstCounter, 5);
});

test("a server that withholds the newest key gets nothing under an earlier one", async () => {
  const at = await set({ shown: first, answers: [inUse(first)] });
  at.chain.recall({ mine: null, theirs: null, newest: { keyId: second.keyId, epoch: second.epoch } });
  await assert.rejects(at.key.current(), { code: "key_untrusted", message: /no longer in use/ });
  assert.deepEqual(at.asked, []);
  show(at.epochs, second);
  assert.deepEqual((await at.key.current()).keyId, second.keyId);
});
