import assert from "node:assert/strict";
import { test } from "node:test";

import { randomBytes } from "../../../static/js/crypto/bytes.js";
import { examine } from "../../../static/js/lib/continuity.js";
import { envelopeOf, exchanged, person } from "./cast.js";

/** @typedef {import("../../../static/js/lib/opener.js").Opened} Opened */

const alice = await person("alice");
const bob = await person("bob");
const key = await exchanged(alice, bob);

/**
 * @param {boolean} mine
 * @param {Partial<import("../../../static/js/crypto/envelope.js").Header>} fields
 * @returns {Promise<Opened & {hash: Uint8Array<ArrayBuffer>}>}
 */
async function message(mine, fields) {
  const [sender, receiver] = mine ? [alice, bob] : [bob, alice];
  const { envelope, hash } = await envelopeOf(key, sender, receiver, "hello", fields);
  return { mine, envelope, hash, content: { kind: "text", text: "hello" }, failure: null };
}

/**
 * A sender's messages from the first on.
 * @param {boolean} mine
 * @param {number} count
 */
async function line(mine, count) {
  const made = [await message(mine, { counter: 1 })];
  while (made.length < count) made.push(await message(mine, { counter: made.length + 1, previous: /** @type {Opened} */ (made.at(-1)).hash ?? randomBytes(32) }));
  return made;
}

/** @param {Opened} one */
const unopened = (one) => ({ ...one, content: null, failure: /** @type {const} */ ("missing") });

const [b1, b2, b3, b4] = /** @type {[Opened, Opened, Opened, Opened]} */ (await line(false, 4));
const [a1, a2] = /** @type {[Opened, Opened]} */ (await line(true, 2));
const none = { repeated: false, words: "" };

/**
 * @param {Opened[]} history
 * @param {boolean} [complete]
 */
const words = (history, complete = true) => examine(history, complete).map((finding) => (finding.repeated ? "repeated" : finding.words));

test("two lines in their order are as they should be", () => {
  assert.deepEqual(examine([a1, b1, b2, a2, b3], true), [none, none, none, none, none]);
  assert.deepEqual(words([b3, a2, b4], false), ["", "", ""]);
});

test("a message that was shown before is not shown again", () => {
  assert.deepEqual(words([b1, b2, b1, a1, a1, b3]), ["", "", "repeated", "", "repeated", ""]);
  assert.deepEqual(words([b1, unopened(b2), unopened(b2)]), ["", "", "repeated"]);
});

test("one message id is shown once", async () => {
  const { messageId } = /** @type {NonNullable<Opened["envelope"]>} */ (b1.envelope);
  assert.deepEqual(words([b1, await message(false, { counter: 2, messageId }), a1]), ["", "repeated", ""]);
  assert.deepEqual(words([unopened(await message(false, { counter: 1, messageId })), b1])[1], "The next message carries the same number as another one of its sender.");
});

test("what is missing is counted", () => {
  assert.deepEqual(words([b1, b3]), ["", "1 message is missing here."]);
  assert.deepEqual(words([b1, a1, b4]), ["", "", "2 messages are missing here."]);
  assert.deepEqual(words([b2, b3]), ["1 message is missing here.", ""]);
  assert.deepEqual(words([b2, b3], false), ["", ""]);
});

test("an exchanged order is said", () => {
  assert.match(String(words([b2, b1, b3], false)[1]), /not where its sender sent it/);
  assert.deepEqual(words([b2, b1, b3], false)[2], "");
});

test("two messages of one number, and one that names another before it, are said", async () => {
  const other = await message(false, { counter: 2, previous: b1.hash ?? randomBytes(32) });
  assert.match(String(words([b1, b2, other])[2]), /same number/);
  assert.match(String(words([b1, other, b3])[2]), /not written after/);
});

test("what does not open keeps its place, and can not make a gap up", async () => {
  assert.deepEqual(words([b1, unopened(b2), b3]), ["", "", ""]);
  assert.deepEqual(words([b1, unopened(await message(false, { counter: 900 })), b2]), ["", "", ""]);
  const elsewhere = { ...b1, failure: /** @type {const} */ ("elsewhere"), content: null };
  const malformed = { mine: false, envelope: null, hash: null, content: null, failure: /** @type {const} */ ("altered") };
  assert.deepEqual(words([elsewhere, malformed, b1, b2]), ["", "", "", ""]);
});

/** A conversation that goes on to its second epoch: two messages of Bob's under the first key, one of Alice's and one of Bob's under the second. */
async function twoEpochs() {
  const second = { epoch: 2, seenCounter: 1, seen: b1.hash ?? randomBytes(32) };
  const after = await message(true, { counter: 1, ...second });
  const answer = await message(false, { counter: 3, previous: b2.hash ?? randomBytes(32), epoch: 2, seenCounter: 1, seen: after.hash });
  return { after, answer };
}

const OUTDATED = "The next message is locked with an old key, though its sender knew a newer one.";

test("a message that was on its way when the next epoch began is as it should be", async () => {
  const { after, answer } = await twoEpochs();
  assert.deepEqual(words([b1, after, b2, answer]), ["", "", "", ""]);
});

test("a message under a key that its sender had left behind is said, wherever it stands", async () => {
  const { after, answer } = await twoEpochs();
  const late = await message(false, { counter: 4, previous: answer.hash });
  assert.deepEqual(words([b1, after, b2, answer, late]), ["", "", "", "", OUTDATED]);
  assert.equal(words([late, b1, after, b2, answer], false)[0], OUTDATED);
  const later = await message(false, { counter: 5, previous: late.hash });
  assert.deepEqual(words([b1, after, b2, answer, late, later]), ["", "", "", "", OUTDATED, OUTDATED]);
});

test("a message under a key that its sender had seen left behind is said", async () => {
  const { after } = await twoEpochs();
  const late = await message(false, { counter: 2, previous: b1.hash ?? randomBytes(32), seenCounter: 1, seen: after.hash });
  assert.deepEqual(words([b1, after, late]), ["", "", OUTDATED]);
  assert.deepEqual(words([b1, late, after]), ["", OUTDATED, ""]);
  assert.deepEqual(words([b1, late], false), ["", ""]);
});

test("all that is wrong with a message is said", async () => {
  const { after } = await twoEpochs();
  const late = await message(false, { counter: 4, previous: randomBytes(32), seenCounter: 1, seen: after.hash });
  assert.deepEqual(words([b1, after, late])[2], `2 messages are missing here. ${OUTDATED}`);
});

test("what does not open, and claims an epoch to come, makes no other message late", async () => {
  const madeUp = unopened(await message(false, { counter: 3, previous: b2.hash ?? randomBytes(32), epoch: 9 }));
  assert.deepEqual(words([b1, b2, madeUp, await message(false, { counter: 4, previous: madeUp.hash ?? randomBytes(32) })]), ["", "", "", ""]);
  const seen = unopened(await message(true, { counter: 1, epoch: 9 }));
  assert.deepEqual(words([seen, await message(false, { counter: 1, seenCounter: 1, seen: seen.hash ?? randomBytes(32) })]), ["", ""]);
});
