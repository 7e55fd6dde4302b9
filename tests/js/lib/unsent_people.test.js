import assert from "node:assert/strict";
import { test } from "node:test";

import { randomBytes, uuidOf } from "../../../static/js/crypto/bytes.js";
import { deriveAesKey, importSecret } from "../../../static/js/crypto/derive.js";
import { sealDraft } from "../../../static/js/crypto/unsent.js";
import { draftsOf, lossOf } from "../../../static/js/lib/unsent_people.js";
import { Shelves, typed } from "./shelves.js";

/** @typedef {import("../../../static/js/crypto/bytes.js").Bytes} Bytes */

const [userId, bob, carol] = [randomBytes(16), randomBytes(16), randomBytes(16)];
const key = async () => deriveAesKey(await importSecret(randomBytes(32)), randomBytes(8));
const accountKey = await key();

/**
 * Keeps a draft as a tab of its own.
 * @param {Shelves} store
 * @param {Bytes} peer
 * @param {import("../../../static/js/crypto/unsent.js").Composed} composed
 * @param {CryptoKey} [under]
 */
async function keep(store, peer, composed, under = accountKey) {
  const sealed = await sealDraft({ accountKey: under, owner: userId, peer }, { ...composed, time: 1 });
  await store.write(userId, [{ shelf: "drafts", peer: uuidOf(peer), id: crypto.randomUUID(), sealed }]);
}

test("a draft counts when something was typed in it, also to be another text for a message, and when it opens", async () => {
  const store = new Shelves();
  const target = randomBytes(16);
  assert.deepEqual(await draftsOf({ userId, accountKey }, store), []);
  await keep(store, bob, typed(" \n", { reply: { target, author: "receiver" } }));
  await keep(store, bob, typed("", { edit: { target, lifetime: 0, text: "" } }));
  await keep(store, bob, typed("sealed under keys that are gone"), await key());
  assert.deepEqual(await draftsOf({ userId, accountKey }, store), []);
  await keep(store, bob, typed("half a thought"));
  await keep(store, carol, typed("", { edit: { target, lifetime: 0, text: "another thought" } }));
  assert.deepEqual(await draftsOf({ userId, accountKey }, store), [uuidOf(bob), uuidOf(carol)]);
  assert.deepEqual(await draftsOf({ userId: carol, accountKey }, store), []);
});

test("before signing out it is asked about exactly what would be lost", () => {
  const lost = (/** @type {number} */ messages, /** @type {string[]} */ ...drafts) => lossOf({ messages, drafts });
  assert.equal(lost(0), "");
  assert.equal(lost(1), "1 message is not sent yet. Sign out and lose it?");
  assert.equal(lost(2), "2 messages are not sent yet. Sign out and lose them?");
  assert.equal(lost(0, "bob"), "You have an unfinished draft to bob. Sign out and lose it?");
  assert.equal(lost(0, ""), "You have an unfinished draft. Sign out and lose it?");
  assert.equal(lost(0, "bob", "bob"), "You have unfinished drafts to bob. Sign out and lose them?");
  assert.equal(lost(0, "bob", "carol"), "You have unfinished drafts to bob and carol. Sign out and lose them?");
  assert.equal(lost(0, "bob", "", "carol"), "You have unfinished drafts. Sign out and lose them?");
  assert.equal(lost(0, "bob", "carol", "dora"), "You have unfinished drafts to bob, carol and dora. Sign out and lose them?");
  assert.equal(lost(0, "bob", "carol", "dora", "ed"), "You have unfinished drafts to 4 people. Sign out and lose them?");
  assert.equal(lost(1, "bob"), "1 message is not sent yet, and you have an unfinished draft to bob. Sign out and lose them?");
});
