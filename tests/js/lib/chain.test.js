import assert from "node:assert/strict";
import { test } from "node:test";

import { Chain } from "../../../static/js/lib/chain.js";
import { envelopeOf, exchanged, person } from "./cast.js";

const alice = await person("alice");
const bob = await person("bob");
const key = await exchanged(alice, bob);

/**
 * @param {boolean} mine
 * @param {number} counter
 * @param {import("../../../static/js/lib/opener.js").Failure | null} [failure]
 */
async function seen(mine, counter, failure = null) {
  const [sender, receiver] = mine ? [alice, bob] : [bob, alice];
  const { envelope, hash } = await envelopeOf(key, sender, receiver, "hello", { counter });
  return { mine, envelope, hash, failure };
}

test("the first message names nothing before it", () => {
  const zeros = new Uint8Array(32);
  assert.deepEqual(new Chain().next(), { counter: 1, previous: zeros, seenCounter: 0, seen: zeros });
});

test("the next message names the last one of each side, in whatever order they came", async () => {
  const chain = new Chain();
  const [mine1, mine2, theirs1, theirs2] = [await seen(true, 1), await seen(true, 2), await seen(false, 1), await seen(false, 2)];
  for (const message of [theirs2, mine2, mine1, theirs1]) chain.see(message);
  assert.deepEqual(chain.next(), { counter: 3, previous: mine2.hash, seenCounter: 2, seen: theirs2.hash });
  assert.equal(chain.epoch, 1);
});

test("what did not open was not seen", async () => {
  const chain = new Chain();
  chain.see(await seen(false, 7, "altered"));
  chain.see(await seen(false, 8, "missing"));
  chain.see({ mine: false, envelope: null, hash: null, failure: "altered" });
  assert.equal(chain.next().seenCounter, 0);
  assert.equal(chain.epoch, 0);
});

test("one's own counter goes on even after a message that no longer opens", async () => {
  const chain = new Chain();
  chain.see(await seen(true, 3));
  const lost = await seen(true, 4, "missing");
  chain.see(lost);
  assert.deepEqual(chain.next().counter, 5);
  assert.deepEqual(chain.next().previous, lost.hash);
});

test("a counter that somebody made up for one's own message changes nothing", async () => {
  const chain = new Chain();
  chain.see(await seen(true, 3));
  for (const counter of [1, 3, 5, 2 ** 53 - 1]) chain.see(await seen(true, counter, "altered"));
  assert.equal(chain.next().counter, 4);
});

test("a message of another conversation changes nothing", async () => {
  const chain = new Chain();
  chain.see(await seen(true, 9, "elsewhere"));
  assert.equal(chain.next().counter, 1);
});

test("what this browser has seen before is gone on from, whatever the server shows", async () => {
  const chain = new Chain();
  const [mine, theirs] = [await seen(true, 5), await seen(false, 8)];
  const head = (/** @type {typeof mine} */ { envelope, hash }) => ({ counter: envelope.counter, hash, at: 1 });
  chain.recall({ mine: head(mine), theirs: head(theirs), newest: { keyId: key.keyId, epoch: 3 } });
  for (const message of [await seen(true, 4), await seen(false, 7)]) chain.see(message);
  assert.deepEqual(chain.next(), { counter: 6, previous: mine.hash, seenCounter: 8, seen: theirs.hash });
  assert.equal(chain.epoch, 3);
  chain.recall({ mine: null, theirs: null, newest: null });
  assert.equal(chain.next().counter, 6);
});

test("what one's own messages name as seen was seen, if in another browser", async () => {
  const chain = new Chain();
  const theirs = await seen(false, 3);
  const { envelope, hash } = await envelopeOf(key, alice, bob, "hello", { seenCounter: 3, seen: theirs.hash });
  chain.see({ mine: true, envelope, hash, failure: null });
  assert.deepEqual([chain.next().seenCounter, chain.next().seen], [3, theirs.hash]);
  const other = await envelopeOf(key, bob, alice, "hello", { counter: 1, seenCounter: 9, seen: theirs.hash });
  chain.see({ mine: false, envelope: other.envelope, hash: other.hash, failure: null });
  assert.equal(chain.next().seenCounter, 3);
});

test("one's own counter goes on after messages that were sealed with one's earlier keys", async () => {
  const chain = new Chain();
  const lost = await seen(true, 40, "missing");
  chain.see(lost);
  assert.equal(chain.next().counter, 1);
  chain.see({ ...lost, parties: { epoch: 1, own: "before", peer: "bob's", name: "bob" } });
  assert.deepEqual([chain.next().counter, chain.next().previous, chain.next().seenCounter], [41, lost.hash, 0]);
});
