import assert from "node:assert/strict";
import { test } from "node:test";

import { Acquaintance } from "../../../static/js/lib/acquaintance.js";
import { HttpError } from "../../../static/js/lib/http.js";

const standing = { pending: true, removed: false, blocked: false };

/**
 * Somebody who asks to be accepted, where the server refuses everything.
 * @param {HttpError} refusal
 */
function asked(refusal) {
  const [looks, changes] = [{ count: 0 }, { count: 0 }];
  const acquaintance = new Acquaintance({
    peer: "00000000-0000-0000-0000-000000000001",
    contact: standing,
    pins: /** @type {any} */ (null),
    changed: () => void changes.count++,
    post: () => Promise.reject(refusal),
    look: async () => void looks.count++,
  });
  return { acquaintance, looks, changes };
}

test("who accepts, blocks or unblocks and is signed out has the page look whether the session is over", async () => {
  const refusal = new HttpError(401, { code: "signed_out" });
  const { acquaintance, looks } = asked(refusal);
  for (const work of [() => acquaintance.accept(), () => acquaintance.block(true), () => acquaintance.block(false)]) await assert.rejects(work, refusal);
  assert.equal(looks.count, 3);
  assert.deepEqual([acquaintance.asks, acquaintance.blocked], [true, false]);
});

test("whatever else is refused says nothing of the session", async () => {
  for (const refusal of [new HttpError(0, { code: "offline" }), new HttpError(404, { code: "not_found" }), new HttpError(401, {})]) {
    const { acquaintance, looks } = asked(refusal);
    await assert.rejects(() => acquaintance.accept(), refusal);
    assert.equal(looks.count, 0);
  }
});

test("what an answer says of the two counts, unless something was learnt while it was asked for", () => {
  const { acquaintance } = asked(new HttpError(0, { code: "offline" }));
  const changed = { ...standing, blocked: true };
  const late = acquaintance.asking();
  acquaintance.asking()(changed);
  assert.equal(acquaintance.blocked, true);
  late(standing);
  assert.equal(acquaintance.blocked, true);
  acquaintance.asking()(standing);
  assert.equal(acquaintance.blocked, false);
});

test("an answer that says what is known changes nothing, and is no reason to pass over another one", () => {
  const { acquaintance, changes } = asked(new HttpError(0, { code: "offline" }));
  const other = acquaintance.asking();
  acquaintance.asking()(standing);
  assert.equal(changes.count, 0);
  other({ ...standing, pending: false });
  assert.deepEqual([changes.count, acquaintance.asks], [1, false]);
});
