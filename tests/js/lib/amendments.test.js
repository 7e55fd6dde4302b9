import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { amend } from "../../../static/js/lib/amendments.js";
import { told, unopened } from "./written.js";

/** @typedef {import("../../../static/js/crypto/content.js").Content} Content */
/** @typedef {import("./written.js").Told} Told */

const ALICE = true;
const BOB = false;

/**
 * A message of Alice's (whose browser it is) or Bob's.
 * @param {boolean} mine
 * @param {number} counter
 * @param {Content | {kind: "unknown", number: number} | {kind: "disappeared" | "spent"}} content
 * @returns {Told}
 */
const message = (mine, counter, content) => ({ ...told(mine, { counter }), content });

/**
 * @param {boolean} mine
 * @param {number} counter
 * @param {string} text
 */
const says = (mine, counter, text) => message(mine, counter, { kind: "text", text });

/** @param {Told} about */
const idOf = (about) => about.envelope.messageId;

/**
 * @param {boolean} mine
 * @param {number} counter
 * @param {Told} about
 * @param {string} text
 */
const edits = (mine, counter, about, text) => message(mine, counter, { kind: "edit", target: idOf(about), text });

/**
 * @param {boolean} mine
 * @param {number} counter
 * @param {Told} about
 */
const deletes = (mine, counter, about) => message(mine, counter, { kind: "deletion", target: idOf(about) });

/**
 * @param {boolean} mine
 * @param {number} counter
 * @param {Told} about
 * @param {string} emoji
 */
const reacts = (mine, counter, about, emoji) =>
  message(mine, counter, { kind: "reaction", target: idOf(about), author: about.mine === mine ? "sender" : "receiver", emoji });

/**
 * @param {boolean} mine
 * @param {number} counter
 * @param {Told} about
 * @param {string} text
 */
const replies = (mine, counter, about, text) =>
  message(mine, counter, { kind: "reply", target: idOf(about), author: about.mine === mine ? "sender" : "receiver", text });

/**
 * What is to be seen of a history, in short.
 * @param {...Told} history
 */
function shown(...history) {
  return amend(history, "bob").flatMap(({ carrier, text, edited, deleted, reactions }) => {
    if (carrier) return [];
    const faces = reactions.map(({ emoji, mine }) => `${mine ? "alice" : "bob"} ${emoji}`);
    return [[deleted ? "deleted" : text, ...(edited ? ["edited"] : []), ...faces].join(", ")];
  });
}

/** @param {...Told} history */
const sentences = (...history) => amend(history, "bob").flatMap(({ notes }) => notes.map(({ words }) => words));

test("an edit puts its text in the place of the one before, and is not shown itself", () => {
  const first = says(BOB, 1, "hello");
  assert.deepEqual(shown(first, edits(BOB, 2, first, "hello Alice"), says(ALICE, 1, "hi")), ["hello Alice, edited", "hi"]);
  assert.deepEqual(sentences(first, edits(BOB, 2, first, "hello Alice")), []);
});

test("of several edits the one with the highest number counts, however they are put", () => {
  const first = says(BOB, 1, "one");
  const [two, three] = [edits(BOB, 2, first, "two"), edits(BOB, 3, first, "three")];
  for (const order of [[first, two, three], [three, first, two], [two, three, first]]) {
    assert.deepEqual(shown(...order), ["three, edited"]);
  }
});

test("a deletion is final, also for an edit that follows it, and takes reactions with it", () => {
  const first = says(ALICE, 1, "secret");
  const gone = deletes(ALICE, 2, first);
  assert.deepEqual(shown(first, gone), ["deleted"]);
  assert.deepEqual(shown(first, reacts(BOB, 1, first, "👍"), gone, edits(ALICE, 3, first, "back again"), reacts(BOB, 2, first, "❤️")), ["deleted"]);
  assert.equal(amend([first, gone], "bob")[0]?.text, null);
});

test("an edit of a reply keeps what it quotes; a deleted one quotes nothing", () => {
  const first = says(BOB, 1, "hello");
  const answer = replies(ALICE, 1, first, "hi");
  const edited = amend([first, answer, edits(ALICE, 2, answer, "hi Bob")], "bob")[1];
  assert.deepEqual([edited?.text, edited?.edited, edited?.quote], ["hi Bob", true, { mine: false, place: 0 }]);
  assert.equal(amend([first, answer, deletes(ALICE, 2, answer)], "bob")[1]?.quote, null);
});

test("one who edits or deletes what the other has written changes nothing, and it is said", () => {
  const mine = says(ALICE, 1, "I owe you 10");
  for (const forged of [edits(BOB, 1, mine, "I owe you 1000"), deletes(BOB, 1, mine)]) {
    assert.deepEqual(shown(mine, forged), ["I owe you 10"]);
    assert.deepEqual(sentences(mine, forged), [
      "bob sent a change of a message of yours here. It was left out: your message stands as you wrote it.",
    ]);
  }
  const theirs = says(BOB, 1, "I owe you 10");
  assert.deepEqual(shown(theirs, deletes(ALICE, 1, theirs)), ["I owe you 10"]);
  assert.equal(sentences(theirs, deletes(ALICE, 1, theirs)).length, 1);
});

test("two messages of the two people under one id are not taken for each other", () => {
  const mine = says(ALICE, 1, "mine");
  const theirs = { ...says(BOB, 1, "theirs"), envelope: { ...told(BOB).envelope, messageId: idOf(mine) } };
  assert.deepEqual(shown(mine, theirs, edits(BOB, 2, theirs, "changed"), reacts(BOB, 3, mine, "👍")), ["mine, bob 👍", "changed, edited"]);
});

test("a change that is numbered before its message changes nothing, and it is said", () => {
  const late = says(BOB, 5, "hello");
  assert.deepEqual(shown(edits(BOB, 4, late, "no"), late), ["hello"]);
  assert.deepEqual(sentences(deletes(BOB, 4, late), late), [
    "A change is numbered before the message that it is about here. It was left out.",
  ]);
});

test("a change of a message that is not loaded waits for it, without a word", () => {
  const early = says(BOB, 1, "hello");
  const change = edits(BOB, 7, early, "hello Alice");
  assert.deepEqual([shown(change), sentences(change)], [[], []]);
  assert.deepEqual(shown(early, change), ["hello Alice, edited"]);
});

test("each person has one reaction to a message, the one with the highest number; the empty one takes it back", () => {
  const first = says(BOB, 1, "cake?");
  const [thumb, heart] = [reacts(ALICE, 1, first, "👍"), reacts(ALICE, 2, first, "❤️")];
  assert.deepEqual(shown(first, thumb, reacts(BOB, 2, first, "👍")), ["cake?, alice 👍, bob 👍"]);
  assert.deepEqual(shown(first, heart, thumb), ["cake?, alice ❤️"]);
  assert.deepEqual(shown(first, reacts(BOB, 9, first, "👍"), heart), ["cake?, bob 👍, alice ❤️"]);
  assert.deepEqual(shown(first, thumb, heart, reacts(ALICE, 3, first, "")), ["cake?"]);
});

test("what does not open changes nothing", () => {
  const first = says(BOB, 1, "hello");
  assert.deepEqual(shown(first, unopened(deletes(BOB, 2, first)), unopened(says(BOB, 3, "x"))), ["hello", "", ""]);
});

test("what has no text is deleted and reacted to, and not edited", () => {
  const first = message(BOB, 1, { kind: "unknown", number: 9 });
  assert.deepEqual(shown(first, edits(BOB, 2, first, "text")), [""]);
  assert.deepEqual(shown(first, reacts(ALICE, 1, first, "👍")), [", alice 👍"]);
  assert.deepEqual(shown(first, deletes(BOB, 2, first)), ["deleted"]);
});

test("what has disappeared comes back by no edit and is not reacted to, and what was about it shows nothing of itself", () => {
  const first = message(BOB, 1, { kind: "disappeared" });
  const spent = message(BOB, 4, { kind: "spent" });
  assert.deepEqual(shown(first, edits(BOB, 2, first, "text"), reacts(ALICE, 1, first, "👍"), spent), [""]);
});

test("an edit, a deletion and a reaction can not be reacted to, quoted or changed", () => {
  const first = says(BOB, 1, "hello");
  const change = edits(BOB, 2, first, "hello Alice");
  const history = [first, change, edits(BOB, 3, change, "no"), deletes(BOB, 4, change), reacts(ALICE, 1, change, "👍")];
  assert.deepEqual(shown(...history), ["hello Alice, edited"]);
  assert.deepEqual(amend([first, change, replies(ALICE, 1, change, "what?")], "bob")[2]?.quote, { mine: false, place: null });
});

test("a reply names whose message it quotes, and where that stands if it is there", () => {
  const [first, own] = [says(BOB, 1, "hello"), says(ALICE, 1, "hi")];
  const quotes = (/** @type {Told[]} */ ...history) => amend(history, "bob").map(({ quote }) => quote);
  assert.deepEqual(quotes(first, own, replies(ALICE, 2, first, "a"), replies(ALICE, 3, own, "b")), [
    null,
    null,
    { mine: false, place: 0 },
    { mine: true, place: 1 },
  ]);
  assert.deepEqual(quotes(replies(ALICE, 2, first, "a")), [{ mine: false, place: null }]);
});

test("the server's order changes nothing about what is shown", () => {
  const first = says(BOB, 1, "one");
  const answer = replies(ALICE, 1, first, "two");
  const history = [
    first,
    answer,
    edits(BOB, 2, first, "uno"),
    edits(BOB, 3, first, "un"),
    reacts(BOB, 4, answer, "👍"),
    reacts(BOB, 5, answer, "❤️"),
    deletes(ALICE, 2, answer),
    reacts(ALICE, 3, first, "😂"),
  ];
  const inOrder = shown(...history);
  fc.assert(
    fc.property(fc.shuffledSubarray(history, { minLength: history.length }), (shuffled) => {
      assert.deepEqual(shown(...shuffled).sort(), [...inOrder].sort());
    }),
  );
});
