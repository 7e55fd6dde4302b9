import assert from "node:assert/strict";
import { test } from "node:test";

import { atOnce, loadPages } from "../../../static/js/lib/pages.js";

const PAGE = 50;
const NOTHING = { keys: {}, bundles: {}, withheld: [], begins: 1, current_key: null, marks: null, contact: null };
const message = (/** @type {number} */ seq) => ({ seq, at: 0, envelope: "" });

/** A server with messages 1, 2, 3… */
const load = async (/** @type {number} */ before) => {
  const first = Math.max(1, before - PAGE);
  return { ...NOTHING, messages: Array.from({ length: before - first }, (_none, index) => message(first + index)), more: first > 1 };
};

test("pages come as one, in their order, until they are enough", async () => {
  const { page, failure } = await loadPages(load, 1001, 120);
  assert.deepEqual(page.messages.map(({ seq }) => seq), Array.from({ length: 150 }, (_none, index) => 851 + index));
  assert.deepEqual([page.more, failure], [true, null]);
  const all = await loadPages(load, 81, 120);
  assert.deepEqual([all.page.messages.length, all.page.more], [80, false]);
});

test("ten thousand messages are looked at as a whole some dozen times, not two hundred, and not many times their number", async () => {
  let [before, there, looks, looked] = [9951, 50, 0, 0];
  for (let more = true; more; ) {
    const { page } = await loadPages(load, before, atOnce(there));
    before = page.messages[0]?.seq ?? before;
    there += page.messages.length;
    looks += 1;
    looked += there;
    more = page.more;
  }
  assert.equal(there, 10_000);
  assert.ok(looks < 40, `${looks} times`);
  assert.ok(looked < 8 * there, `${looked} messages`);
});

test("what has come before a failure is kept, and a server that does not go back is left", async () => {
  const failure = new Error("away");
  const breaks = async (/** @type {number} */ before) => (before < 900 ? Promise.reject(failure) : load(before));
  const found = await loadPages(breaks, 1001, 1000);
  assert.deepEqual([found.page.messages.length, found.page.messages[0]?.seq, found.failure], [150, 851, failure]);
  await assert.rejects(loadPages(breaks, 800, 1000), failure);

  let asked = 0;
  const stuck = async () => ({ ...(await load(1001)), more: ++asked > 0 });
  assert.equal((await loadPages(stuck, 1001, 1000)).page.more, false);
  assert.equal(asked, 2);
});
