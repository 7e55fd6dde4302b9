import assert from "node:assert/strict";
import { test } from "node:test";

import { foldedIn } from "../../../static/js/lib/folding.js";

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
