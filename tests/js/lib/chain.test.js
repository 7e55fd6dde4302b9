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
