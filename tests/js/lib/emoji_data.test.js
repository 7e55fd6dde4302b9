import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { GROUPS, readEmoji, searchEmoji, stepInGrid } from "../../../static/js/lib/emoji_data.js";

const FILE = new URL("../../../node_modules/emoji-picker-element-data/en/cldr/data.json", import.meta.url);
const all = readEmoji(JSON.parse(readFileSync(FILE, "utf8")));

/** @param {string} query */
const found = (query) => searchEmoji(all, query).map(({ emoji }) => emoji);

test("the package's emoji are read, and every category has some", () => {
  assert.ok(all.length > 1700);
  for (const { group, emoji } of GROUPS) assert.ok(all.some((one) => one.group === group), emoji);
  assert.ok(all.every(({ group }) => group !== 2), "parts of emoji are none");
});

test("what is not as expected is left out", () => {
  assert.deepEqual(readEmoji(null), []);
  assert.deepEqual(readEmoji({}), []);
  const rest = { annotation: "a face", tags: [], group: 0, version: 1 };
  assert.deepEqual(readEmoji([{ ...rest, emoji: 7 }, { ...rest, emoji: "x", tags: "y" }, { ...rest, emoji: "x", group: 77 }]), []);
  assert.deepEqual(readEmoji([{ ...rest, emoji: "🫩", version: 16 }]), []);
});

test("emoji are found by the beginnings of their words, in any order and case", () => {
  assert.ok(found("Grin").includes("😀"));
  assert.ok(found("fac grinn").includes("😀"));
  assert.ok(found("CÔTE").includes("🇨🇮"));
  assert.ok(!found("rin").includes("😀"));
  assert.deepEqual(found("  "), []);
  assert.deepEqual(found("nosuchemoji"), []);
});

test("arrows go over the grid and not out of it", () => {
  const grid = { at: 9, count: 20, columns: 8 };
  assert.equal(stepInGrid("ArrowLeft", grid), 8);
  assert.equal(stepInGrid("ArrowRight", grid), 10);
  assert.equal(stepInGrid("ArrowUp", grid), 1);
  assert.equal(stepInGrid("ArrowDown", grid), 17);
  assert.equal(stepInGrid("Home", grid), 8);
  assert.equal(stepInGrid("End", { ...grid, at: 17 }), 19);
  assert.equal(stepInGrid("ArrowUp", { ...grid, at: 3 }), null);
  assert.equal(stepInGrid("ArrowDown", { ...grid, at: 14 }), null);
  assert.equal(stepInGrid("a", grid), null);
});
