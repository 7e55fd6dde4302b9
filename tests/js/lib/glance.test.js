import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64url, uuidOf } from "../../../static/js/crypto/bytes.js";
import { sealPin, STATE } from "../../../static/js/crypto/pin.js";
import { glance } from "../../../static/js/lib/glance.js";
import { listed, makeStore, person, rekeyed, renamed } from "./cast.js";

const alice = await person("alice");
const bob = await person("bob");
const newBob = await rekeyed(bob);
const robert = await renamed(bob, "robert");
const impostor = await person("bob", bob.userId);

/**
 * A list of Alice's in which Bob stands, whom she has verified in another browser.
 * @param {Partial<import("../../../static/js/lib/glance.js").Glance>} [fields]
 */
async function glanceAtBob(fields = {}) {
  const { version, hash, fingerprint } = bob.bundle;
  const seen = { version, hash, fingerprint, state: STATE.verified, time: 1 };
  const pin = toBase64url(await sealPin({ accountKey: alice.accountKey, owner: alice.userId, contact: bob.userId, seen }));
  const store = /** @type {any} */ (makeStore());
  const about = { id: uuidOf(bob.userId), name: "bob", erased: false };
  const pins = await glance({ account: alice, store, person: about, pin, bundles: {}, shown: bob.bundle, ...fields });
  return { pins, store };
}

test("a list says who is verified, in a browser that has never met them", async () => {
  const { pins, store } = await glanceAtBob();
  assert.equal(pins.state, "verified");
  assert.equal(store.pins.size, 0);
});

test("a list says that keys have changed, and decides nothing", async () => {
  const { pins, store } = await glanceAtBob({ shown: newBob.bundle, bundles: listed(bob.bundle, newBob.bundle) });
  assert.deepEqual([pins.state, pins.trusts(newBob.bundle)], ["changed", false]);
  assert.equal(store.pins.size, 0);
});

test("a list shows nobody as verified under a false name, with false keys, or unseen", async () => {
  const id = uuidOf(bob.userId);
  for (const fields of [{ person: { id, name: "carol", erased: false } }, { shown: impostor.bundle }, { shown: null }, { pin: null }, { pin: "AAAA" }]) {
    assert.equal((await glanceAtBob(fields)).pins.state, "unverified", JSON.stringify(fields));
  }
  const { pins } = await glanceAtBob({ shown: robert, person: { id, name: "robert", erased: false } });
  assert.equal(pins.state, "verified");
});
