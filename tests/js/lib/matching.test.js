import assert from "node:assert/strict";
import { test } from "node:test";

import { excerptOf, findIn, fold, foldQuery, wordsOfHits, wordsOfScope } from "../../../static/js/lib/matching.js";

/**
 * @param {string} text
 * @param {string} query
 * @returns {string[]} the pieces of the text that are found
 */
const found = (text, query) => findIn(fold(text), foldQuery(query)).map(({ start, end }) => text.slice(start, end));

test("case and accents do not matter, however they are encoded", () => {
  assert.deepEqual(found("Déjà vu, DEJA VU, de\u0301ja\u0300 vu", "deja"), ["Déjà", "DEJA", "de\u0301ja\u0300"]);
  assert.deepEqual(found("Zoe", "ZOË"), ["Zoe"]);
  assert.deepEqual(found("İstanbul", "istanbul"), ["İstanbul"]);
  assert.deepEqual(found("ΟΔΟΣ οδός", "οδος"), ["ΟΔΟΣ", "οδός"]);
});

test("what has several letters for one is found by either", () => {
  assert.deepEqual(found("Die Straße", "strasse"), ["Straße"]);
  assert.deepEqual(found("STRASSE", "straße"), ["STRASSE"]);
  assert.deepEqual(found("ﬁne", "fine"), ["ﬁne"]);
});

test("a part of such a letter is marked as the whole letter", () => {
  assert.deepEqual(found("Maß", "mas"), ["Maß"]);
});

test("letters that other scripts write with marks stay what they are", () => {
  assert.deepEqual(found("ガラス", "カ"), []);
  assert.deepEqual(found("की", "कि"), []);
  assert.deepEqual(found("हिन्दी", "हिन्दी"), ["हिन्दी"]);
});

test("a line's end is a space, and emoji count as what they show", () => {
  assert.deepEqual(found("half\npast", "half past"), ["half\npast"]);
  assert.deepEqual(found("I ❤️ it, 👍🏽", "❤"), ["❤️"]);
  assert.deepEqual(found("a 👍 b", "👍"), ["👍"]);
});

test("every place is found once, and nothing is found by nothing", () => {
  assert.deepEqual(found("aaaa", "aa"), ["aa", "aa"]);
  assert.deepEqual(found("abc", "  "), []);
  assert.deepEqual(found("", "a"), []);
  assert.deepEqual(found("a.c abc", "a.c"), ["a.c"]);
});

test("of a long message what is around the place found is read out, and no half of a character", () => {
  assert.equal(excerptOf("Lunch at\nnoon?", 0), "Lunch at noon?");
  const long = `${"before ".repeat(100)}here${" after".repeat(100)}`;
  const middle = excerptOf(long, long.indexOf("here"));
  assert.match(middle, /^….*before here after.*…$/u);
  assert.ok(middle.length < 210);
  assert.match(excerptOf(long, 0), /^before .*…$/u);
  assert.match(excerptOf(long, long.length - 5), /^….* after$/u);
  assert.doesNotMatch(excerptOf("👍".repeat(300), 301), /\p{Cs}/u);
});

test("it is said what was searched", () => {
  assert.equal(wordsOfHits(0, 0), "Nothing found");
  assert.equal(wordsOfHits(14, 2), "2 of 14");
  assert.equal(wordsOfScope(120, false), "Searched 120 messages loaded in this browser.");
  assert.equal(wordsOfScope(1, true), "Searched all 1 message.");
});
