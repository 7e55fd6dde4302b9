import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64url } from "../../../static/js/crypto/bytes.js";
import { Chain } from "../../../static/js/lib/chain.js";
import { CurrentKey } from "../../../static/js/lib/currentkey.js";
import { browser, exchanged, listed, person } from "./cast.js";

const alice = await person("alice");
const bob = await person("bob");
const good = await exchanged(alice, bob);
// Bob's signature is right; but what he sealed for Alice is for keys that she does not have.
const other = await person("alice", alice.userId);
const useless = await exchanged(bob, other);

/**
 * Alice's key for Bob, where the server answers with these.
 * @param {{key: Awaited<ReturnType<typeof exchanged>>, used: boolean}[]} answers
 */
async function asking(...answers) {
  const { pins, epochs } = browser(alice, bob);
  await pins.meet(bob.bundle);
  /** @type {(string | null)[]} */
  const asked = [];
  const exchange = async (/** @type {unknown} */ _after, /** @type {string | null} */ replaces) => {
    asked.push(replaces);
    const answer = answers.shift();
    if (answer === undefined) throw new Error("asked too often");
    return { exchange: toBase64url(answer.key.bytes), bundles: { ...answer.key.bundles, ...listed(alice.bundle) }, used: answer.used };
  };
  return { asked, key: new CurrentKey({ id: null, me: alice.userId, epochs, chain: new Chain(), exchange }) };
}

test("a key that the other person left, and that does not open, is replaced once", async () => {
  const { asked, key } = await asking({ key: useless, used: false }, { key: good, used: false });
  assert.deepEqual((await key.current()).keyId, good.keyId);
  assert.deepEqual(asked, [null, useless.id]);
});

test("a key in use, or one's own, is not replaced", async () => {
  const { asked, key } = await asking({ key: useless, used: true });
  await assert.rejects(key.current(), { name: "Refusal" });
  assert.deepEqual(asked, [null]);
  const own = await asking({ key: await exchanged(other, bob), used: false });
  await assert.rejects(own.key.current(), { name: "Refusal" });
  assert.deepEqual(own.asked, [null]);
});

test("a server that goes on with useless keys is not asked for ever", async () => {
  const { asked, key } = await asking({ key: useless, used: false }, { key: useless, used: false });
  await assert.rejects(key.current(), { name: "Refusal" });
  assert.deepEqual(asked, [null, useless.id]);
});
