import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { randomBytes, toBase64url, uuidOf } from "../../../static/js/crypto/bytes.js";
import { readContact, readHistory, readKey, readMarks, readPeerMarks, readRead, readReceipt, readStanding, readStored, readTyping } from "../../../static/js/lib/answers.js";
import { HttpError, understood } from "../../../static/js/lib/http.js";
import { mutatedJson } from "../fuzz.js";
import { assertRefused, assertTotal } from "../helpers.js";

const text = () => toBase64url(randomBytes(20));
const id = uuidOf(randomBytes(16));
const stored = { seq: 7, at: 1_700_000_000_000, envelope: text() };
const key = { exchange: text(), bundles: { [text()]: text() }, used: false };
const marks = { delivered: 8, read: 7 };
const standing = { pending: false, removed: false, blocked: true };
const page = { messages: [stored, { ...stored, seq: 8 }], keys: { [id]: text() }, bundles: { [text()]: text() }, withheld: [[3, 3], [5, 9]], more: true, begins: 2, current_key: id, marks, contact: standing };

/** @type {Record<string, {valid: Record<string, unknown>, read: (json: unknown) => unknown}>} */
const READERS = {
  history: { valid: page, read: readHistory },
  stored: { valid: stored, read: readStored },
  receipt: { valid: { seq: 7, at: 0 }, read: readReceipt },
  key: { valid: { key }, read: readKey },
  "what the key is": { valid: key, read: (json) => readKey({ key: json }) },
  "a message of a page": { valid: stored, read: (json) => readHistory({ ...page, messages: [json] }) },
  "the keys of a page": { valid: page.keys, read: (json) => readHistory({ ...page, keys: json }) },
  "the marks of a page": { valid: marks, read: readMarks },
  read: { valid: { peer: id, seq: 0 }, read: readRead },
  contact: { valid: { peer: id, ...standing }, read: readContact },
  "the standing of a page": { valid: standing, read: readStanding },
  marks: { valid: { peer: id, ...marks }, read: readPeerMarks },
  typing: { valid: { peer: id, active: true }, read: readTyping },
};

for (const [name, { valid, read }] of Object.entries(READERS)) {
  test(`${name}: what is right is read as it is, whatever stands beside it`, () => {
    assert.deepEqual(read({ ...valid }), read(JSON.parse(JSON.stringify(valid))));
    if (name === "history") assert.deepEqual(readHistory({ ...page, last_seq: 8, others: null }), page);
  });

  test(`${name}: whatever else the server answers is one typed error`, async () => {
    await fc.assert(fc.asyncProperty(mutatedJson(valid), (json) => assertTotal(() => read(json))), { numRuns: 300 });
  });
}

test("each field must be there, and of its kind", async () => {
  for (const name of Object.keys(page)) {
    for (const wrong of [undefined, 7, "", {}, [7], [null], { a: 7 }, [{}]]) {
      const fits = (name === "current_key" && wrong === "") || (name === "begins" && wrong === 7) || (["keys", "bundles"].includes(name) && JSON.stringify(wrong) === "{}");
      if (!fits) await assertRefused(() => readHistory({ ...page, [name]: wrong }), "form");
    }
  }
});

test("numbers and times are those that a page can count and a calendar can name", async () => {
  for (const seq of [0, -1, 1.5, 2 ** 53, NaN, Infinity, "1", null]) await assertRefused(() => readStored({ ...stored, seq }), "form");
  for (const at of [-1, 8.64e15 + 1, 0.5, "0", null]) await assertRefused(() => readStored({ ...stored, at }), "form");
  assert.deepEqual(readStored({ ...stored, seq: 2 ** 53 - 1, at: 8.64e15 }), { ...stored, seq: 2 ** 53 - 1, at: 8.64e15 });
});

test("an answer that is none of these counts as the server not answering", async () => {
  assert.deepEqual(await understood(Promise.resolve({ seq: 1, at: 2 }), readReceipt), { seq: 1, at: 2 });
  await assert.rejects(understood(Promise.resolve({ seq: "1" }), readReceipt), (error) => error instanceof HttpError && error.code === "unavailable");
  await assert.rejects(understood(Promise.reject(new TypeError("mine")), readReceipt), TypeError);
});

test("a run of numbers has two ends, the later one last", async () => {
  for (const wrong of [[[1]], [[1, 2, 3]], [[2, 1]], [[0, 1]], [[1, "2"]], [[1, 2.5]], [{ 0: 1, 1: 2, length: 2 }]]) {
    await assertRefused(() => readHistory({ ...page, withheld: wrong }), "form");
  }
  assert.deepEqual(readHistory({ ...page, withheld: [] }).withheld, []);
});
