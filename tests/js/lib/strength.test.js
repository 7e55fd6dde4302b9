import assert from "node:assert/strict";
import { test } from "node:test";

import { LEAST_SCORE, strengthOf } from "../../../static/js/lib/strength.js";

/**
 * @param {string} password
 * @param {string[]} [known]
 */
const wordsOf = async (password, known = []) => (await strengthOf(password, known)).words;

test("what many people use is called easy to guess, with the reason", async () => {
  assert.equal(await wordsOf("password12"), "Easy to guess: many people use it");
  assert.equal(await wordsOf("qwertyuiop"), "Easy to guess: many people use it");
  assert.equal(await wordsOf("aaaaaaaaaaaa"), "Easy to guess: it repeats itself");
  assert.equal(await wordsOf("2024-01-01x"), "Easy to guess: it is a date");
});

test("a password made of what others know of the person is easy to guess", async () => {
  const known = ["Annabeth.42", "annabeth@newsroom.example"];
  for (const password of ["annabethannabeth", "newsroomnewsroom", "annabeth.42"]) {
    assert.equal(await wordsOf(password, known), "Easy to guess: it is made of your name or your address", password);
  }
  assert.ok((await strengthOf("annabethannabeth", [])).score > 1, "unless nobody knows it");
});

test("a few words are good, and a reason is given for weak ones only", async () => {
  assert.equal(await wordsOf("correct horse battery staple"), "Strong");
  assert.equal(await wordsOf("sunflower garden"), "Good");
  assert.equal(await wordsOf("iloveyouverymuch"), "Could be stronger");
  assert.ok((await strengthOf("iloveyouverymuch", [])).score >= LEAST_SCORE);
});

test("a very long password is judged too, soon", async () => {
  assert.equal((await strengthOf("ab".repeat(5000), [])).score >= 0, true);
  assert.equal((await strengthOf("horse staple 42 ".repeat(40), [])).score, 4);
});
