import assert from "node:assert/strict";
import { test } from "node:test";

import { foldAt, isEmojiOnly, splitAddresses } from "../../../static/js/lib/links.js";

/** @param {string} text */
const addresses = (text) => splitAddresses(text).filter(({ address }) => address).map((piece) => piece.text);

test("addresses are found without the sentence around them", () => {
  assert.deepEqual(addresses("See https://example.org/a?b=c#d, or (http://example.org/x_(y))."), [
    "https://example.org/a?b=c#d",
    "http://example.org/x_(y)",
  ]);
});

test("only web addresses become links", () => {
  for (const text of ["javascript:alert(1)", "data:text/html,x", "example.org", "https://", "http:// x", "file:///etc"]) {
    assert.deepEqual(addresses(text), []);
  }
});

test("what begins with www. is an address, and no part of another word, name or address is", () => {
  assert.deepEqual(addresses("See www.example.org/a, or WWW.EXAMPLE.ORG."), ["www.example.org/a", "WWW.EXAMPLE.ORG"]);
  assert.deepEqual(addresses("https://www.example.org"), ["https://www.example.org"]);
  for (const text of ["www.", "www. what?", "www.nothing", "awww.so.sweet", "me@www.example.org", "ftp://www.example.org", "a.www.example.org"]) {
    assert.deepEqual(addresses(text), [], text);
  }
});

test("an address is not shown as another one by turning its letters around", () => {
  assert.deepEqual(addresses("https://example.org/\u202Egpj.exe and \u2066https://a.b/c\u2069"), ["https://example.org/", "https://a.b/c"]);
});

test("however much punctuation or brackets follow an address, it takes next to no time", () => {
  for (const tail of [".", ")", "(", ")(", "…", "]}"]) {
    const text = `http://a${tail.repeat(30_000)}`;
    const before = performance.now();
    assert.equal(splitAddresses(text).map((piece) => piece.text).join(""), text);
    assert.ok(performance.now() - before < 200, tail);
  }
  assert.deepEqual(addresses("http://a.b/x((y)))))."), ["http://a.b/x((y))"]);
});

test("the pieces together are the text", () => {
  for (const text of ["", "a", "https://example.org", "x https://example.org/ y\nhttps://example.org/!", "<https://a.b>"]) {
    assert.equal(splitAddresses(text).map((piece) => piece.text).join(""), text);
  }
});

test("of a long text the beginning is shown, up to a space, and of one that is a little longer all", () => {
  const words = "words and ".repeat(90);
  assert.equal(foldAt(words), words.length);
  assert.equal(foldAt(words + words), 999);
  assert.equal(foldAt(`${"line\n".repeat(100)}`), 114);
  assert.equal(foldAt(`short ${"x".repeat(5000)}`), 5);
});

test("what has no space is shown whole: an address is not cut", () => {
  const address = `https://example.org/${"x".repeat(5000)}`;
  assert.equal(foldAt(address), address.length);
  assert.equal(foldAt(`${address} and more`), address.length + 9);
});

test("one emoji to three, of any make, are nothing but emoji", () => {
  for (const text of ["👍", "🎉🥳", "❤️ 😂 🙏", "👩🏽‍🚀", "🇩🇪🇫🇷", "1️⃣", " 👨‍👩‍👧‍👦\n"]) assert.equal(isEmojiOnly(text), true, text);
});

test("four, letters, digits, signs, and nothing at all are not", () => {
  for (const text of ["🎉🎉🎉🎉", "ok 👍", "1", "©", "#", "", "  ", "😂".repeat(1000)]) assert.equal(isEmojiOnly(text), false, text);
});
