import assert from "node:assert/strict";
import { test } from "node:test";

import { foldedIn, partOf } from "../../../static/js/lib/groups.js";

const MINUTE = 60_000;

/**
 * @param {number} minute
 * @param {Partial<import("../../../static/js/lib/groups.js").Place>} [changes]
 */
const at = (minute, changes) => ({ mine: false, time: minute * MINUTE, follows: true, apart: false, ...changes });

/** @param {import("../../../static/js/lib/groups.js").Place[]} places */
const partsOf = (places) => places.map((place, index) => partOf(places[index - 1] ?? null, place, places[index + 1] ?? null));

test("what one person writes within a few minutes stands together", () => {
  assert.deepEqual(partsOf([at(0, { follows: false }), at(1), at(5)]), ["first", "middle", "last"]);
  assert.deepEqual(partsOf([at(0), at(6), at(10)]), ["alone", "first", "last"]);
});

test("the other person's message, and one long after, begin anew", () => {
  assert.deepEqual(partsOf([at(0), at(1, { mine: true }), at(2, { mine: true }), at(3)]), ["alone", "first", "last", "alone"]);
  assert.deepEqual(partsOf([at(0), at(5.1)]), ["alone", "alone"]);
});

test("a line between two messages parts them, and so does trouble", () => {
  assert.deepEqual(partsOf([at(0), at(1), at(2, { follows: false }), at(3)]), ["first", "last", "first", "last"]);
  assert.deepEqual(partsOf([at(0), at(1, { apart: true }), at(2)]), ["alone", "alone", "alone"]);
});

test("a clock that was put back does not join what was written hours before", () => {
  assert.deepEqual(partsOf([at(600), at(0)]), ["alone", "alone"]);
  assert.deepEqual(partsOf([at(0), at(NaN)]), ["alone", "alone"]);
});

/** @typedef {import("../../../static/js/lib/opener.js").Content} Content */

const GONE = /** @type {Content} */ ({ kind: "disappeared" });
const SPENT = /** @type {Content} */ ({ kind: "spent" });
const TEXT = /** @type {Content} */ ({ kind: "text", text: "hello" });
const REMOVED = /** @type {Content} */ ({ kind: "removed" });

/** @param {...(Content | null)} contents */
const fold = (...contents) => foldedIn(contents.map((content) => ({ content, noted: false })));

test("several that have disappeared in a row are one line, whatever only spoke about them", () => {
  assert.deepEqual(fold(GONE, GONE, GONE), [false, true, true]);
  assert.deepEqual(fold(GONE, SPENT, GONE), [false, false, true]);
});

test("whatever can be seen between them parts them", () => {
  assert.deepEqual(fold(GONE, TEXT, GONE, GONE), [false, false, false, true]);
  assert.deepEqual(fold(GONE, null, GONE), [false, false, false]);
  const noted = foldedIn([{ content: GONE, noted: false }, { content: GONE, noted: true }, { content: SPENT, noted: true }, { content: GONE, noted: false }]);
  assert.deepEqual(noted, [false, false, false, false]);
});

test("what the server has removed before its time is said of each", () => {
  assert.deepEqual(fold(GONE, REMOVED, REMOVED), [false, false, false]);
});
