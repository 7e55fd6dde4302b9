import assert from "node:assert/strict";
import { test } from "node:test";

import { randomBytes, uuidOf } from "../../../static/js/crypto/bytes.js";
import { Memory, mergeHeads } from "../../../static/js/lib/heads.js";
import { makeStore } from "./cast.js";
import { next, told, unopened } from "./written.js";

/** @typedef {import("../../../static/js/lib/heads.js").Heads} Heads */

const account = /** @type {import("../../../static/js/lib/keystore.js").Account} */ ({ userId: randomBytes(16) });
const peer = randomBytes(16);

/** A tab's memory of one conversation. */
const memoryOver = (/** @type {ReturnType<typeof makeStore>} */ store) => new Memory({ account, peer, store });

/**
 * @param {number} counter
 * @param {number} [at]
 */
const head = (counter, at = 1) => ({ counter, hash: randomBytes(32), at });

test("the highest message of each side that opened is kept, with the newest key", async () => {
  const store = makeStore();
  const memory = memoryOver(store);
  const b1 = told(false);
  const b2 = next([b1], false, { epoch: 2 });
  const a1 = told(true);
  await memory.note([b2, a1, b1, unopened(told(false, { counter: 9, epoch: 9 }))]);
  const kept = /** @type {Heads} */ (store.heads.get(uuidOf(peer)));
  assert.deepEqual([kept.theirs?.counter, kept.theirs?.hash, kept.mine?.counter], [2, b2.hash, 1]);
  assert.deepEqual(kept.newest, { keyId: b2.envelope.keyId, epoch: 2 });
});

test("nothing is written when nothing is new", async () => {
  const store = makeStore();
  const memory = memoryOver(store);
  await memory.note([told(false, { counter: 2 })]);
  store.heads.clear();
  await memory.note([told(false, { counter: 1 }), told(false, { counter: 2 })]);
  assert.equal(store.heads.size, 0);
});

test("of two heads the higher one stays, and of two with one number the first", () => {
  const [low, high, other] = [head(1), head(2), head(2)];
  const heads = (/** @type {ReturnType<typeof head>} */ mine) => ({ mine, theirs: null, newest: null });
  assert.equal(mergeHeads(heads(low), heads(high)).mine, high);
  assert.equal(mergeHeads(heads(high), heads(low)).mine, high);
  assert.equal(mergeHeads(heads(high), heads(other)).mine, high);
  const epochs = [1, 2].map((epoch) => ({ mine: null, theirs: null, newest: { keyId: randomBytes(16), epoch } }));
  const [older, newer] = /** @type {[Heads, Heads]} */ (epochs);
  for (const merged of [mergeHeads(older, newer), mergeHeads(newer, older)]) assert.equal(merged.newest, newer.newest);
});

test("the server must show what was seen before it was asked, and nothing that was seen later", async () => {
  const store = makeStore();
  store.heads.set(uuidOf(peer), { mine: head(3, 1000), theirs: head(5, 2000), newest: null });
  const memory = memoryOver(store);
  const seen = await memory.read();
  memory.expect(seen, 1500);
  assert.deepEqual([memory.due.mine?.counter, memory.due.theirs], [3, null]);
  memory.expect(seen);
  assert.equal(memory.due.theirs?.counter, 5);
});

test("what another tab has seen counts from the next reading on", async () => {
  const store = makeStore();
  const [one, other] = [memoryOver(store), memoryOver(store)];
  await one.read();
  await other.note([told(false, { counter: 4 })]);
  assert.equal(one.seen.theirs, null);
  assert.equal((await one.read()).theirs?.counter, 4);
  store.heads.set(uuidOf(peer), { mine: null, theirs: head(1), newest: null });
  await one.note([told(false, { counter: 2 })]);
  assert.equal((await one.read()).theirs?.counter, 4);
});
