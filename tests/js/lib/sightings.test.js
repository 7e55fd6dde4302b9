import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { STATE } from "../../../static/js/crypto/pin.js";
import { isSame, merge, withState } from "../../../static/js/lib/sightings.js";

/** @typedef {import("../../../static/js/crypto/pin.js").Seen} Seen */

const bytes = (/** @type {number} */ value) => new Uint8Array(32).fill(value);

/**
 * @param {Partial<Seen>} [fields]
 * @returns {Seen}
 */
const sighting = (fields = {}) => ({ version: 1, hash: bytes(1), fingerprint: bytes(9), state: STATE.unverified, time: 0, ...fields });

const anyState = fc.record({ state: fc.constantFrom(...Object.values(STATE)), time: fc.nat(3) });
const anyVersion = fc.integer({ min: 1, max: 3 }).map((version) => ({ version, hash: bytes(version) }));
const anySighting = fc.tuple(anyVersion, anyState).map(([version, state]) => sighting({ ...version, ...state }));

test("two browsers that tell each other of the same keys come to the same, whoever is first and however often", () => {
  fc.assert(
    fc.property(anySighting, anySighting, anySighting, (one, other, third) => {
      const join = (/** @type {Seen} */ a, /** @type {Seen} */ b) => merge(a, b, { erased: false }).seen;
      const joined = join(one, other);
      assert.ok(isSame(joined, join(other, one)));
      assert.ok(isSame(joined, join(joined, other)));
      assert.ok(isSame(join(joined, third), join(one, join(other, third))));
      assert.equal(joined.time, Math.max(one.time, other.time));
      assert.equal(joined.version, Math.max(one.version, other.version));
    }),
  );
});

test("of two states that were set in one millisecond the more careful counts", () => {
  const { unverified, verified, changed } = STATE;
  for (const [one, other, counts] of /** @type {const} */ ([
    [verified, unverified, unverified],
    [verified, changed, changed],
    [unverified, changed, changed],
  ])) {
    assert.equal(merge(sighting({ state: one }), sighting({ state: other }), { erased: false }).seen.state, counts);
  }
});

test("a state that is set counts as later, whatever the clock of another browser said", () => {
  const ahead = sighting({ state: STATE.verified, time: Date.now() + 1e9 });
  assert.ok(withState(ahead, STATE.unverified).time > ahead.time);
  assert.ok(withState(sighting(), STATE.verified).time >= Date.now() - 1000);
  assert.equal(withState(sighting({ time: Number.MAX_SAFE_INTEGER }), STATE.verified).time, Number.MAX_SAFE_INTEGER);
});
