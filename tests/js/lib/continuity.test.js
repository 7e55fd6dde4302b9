import assert from "node:assert/strict";
import { test } from "node:test";

import { randomBytes } from "../../../static/js/crypto/bytes.js";
import { countIn, examine, repeatsIn } from "../../../static/js/lib/continuity.js";
import { having, next, told, unopened, ZEROS } from "./written.js";

/** @typedef {import("./written.js").Told} Told */
/** @typedef {import("../../../static/js/lib/continuity.js").Known} Known */

/** @type {Known} */
const NOTHING = { before: null, seen: null, due: null };

/**
 * A sender's messages from the first on.
 * @param {boolean} mine
 * @param {number} count
 */
function line(mine, count) {
  /** @type {Told[]} */
  const made = [];
  while (made.length < count) made.push(next(made, mine));
  return made;
}

const [b1, b2, b3, b4] = /** @type {[Told, Told, Told, Told]} */ (line(false, 4));
const [a1, a2] = /** @type {[Told, Told]} */ (line(true, 2));

/**
 * @param {Told[]} history
 * @param {{complete?: boolean, mine?: Partial<Known>, theirs?: Partial<Known>}} [setting]
 */
function findings(history, { complete = true, mine = {}, theirs = {} } = {}) {
  return examine(history, { name: "bob", complete, mine: { ...NOTHING, ...mine }, theirs: { ...NOTHING, ...theirs } });
}

/**
 * @param {Told[]} history
 * @param {Parameters<typeof findings>[1]} [setting]
 */
const words = (history, setting) => findings(history, setting).notes.map((notes) => notes.map((note) => note.words).join(" "));

/**
 * @param {Told[]} history
 * @param {Parameters<typeof findings>[1]} [setting]
 */
const end = (history, setting) => findings(history, setting).end.map((note) => note.words);

/** @param {Told} message */
const headOf = ({ envelope, hash }) => ({ counter: envelope.counter, hash });

const PART = { complete: false };
const TWICE = "The next message carries the same number as another one of its sender.";

test("two lines in their order are as they should be", () => {
  assert.deepEqual(findings([a1, b1, b2, a2, b3]), { notes: [[], [], [], [], []], end: [] });
  assert.deepEqual(words([b3, a2, b4], PART), ["", "", ""]);
});

test("what is there already, byte for byte, is repeated, whether it opens or not", () => {
  assert.deepEqual(repeatsIn([b1, b2, b1, a1, a1, b3]), [false, false, true, false, true, false]);
  assert.deepEqual(repeatsIn([b1, unopened(b2), unopened(b2)]), [false, false, true]);
  const elsewhere = unopened(b1, "elsewhere");
  assert.deepEqual(repeatsIn([elsewhere, b1, elsewhere]), [false, false, false]);
});

test("what is missing is counted, and it is said whom to ask", () => {
  assert.deepEqual(words([b1, b3]), ["", "1 message is missing here."]);
  assert.deepEqual(words([b1, a1, b4]), ["", "", "2 messages are missing here."]);
  assert.deepEqual(words([b2, b3]), ["1 message is missing here.", ""]);
  assert.deepEqual(words([b2, b3], PART), ["", ""]);
  assert.equal(findings([b1, b3]).notes[1]?.[0]?.advice, "Ask bob outside Sotto what is missing.");
  assert.equal(findings([a2]).notes[0]?.[0]?.advice, "It is your own: ask bob outside Sotto whether they have it.");
});

test("a message that stands before the page is where the page goes on from", () => {
  assert.deepEqual(words([b3], { ...PART, theirs: { before: b2 } }), [""]);
  assert.deepEqual(words([b4], { ...PART, theirs: { before: b2 } }), ["1 message is missing here."]);
  assert.deepEqual(words([b4], { ...PART, theirs: { before: unopened(b2) } }), [""]);
});

test("a message that the server shows after the newest one of its sender is not where it was sent", () => {
  assert.deepEqual(words([b3], { ...PART, theirs: { before: b4 } }), ["The next message is not where its sender sent it."]);
});

test("two messages of one number, and two of one id, are said, and so is one that names another before it", () => {
  const other = told(false, { counter: 2, previous: b1.hash });
  assert.deepEqual(words([b1, b2, other]), ["", "", TWICE]);
  assert.match(String(words([b1, other, b3])[2]), /not written after/);
  const { messageId } = b1.envelope;
  assert.deepEqual(words([b1, told(false, { counter: 2, previous: b1.hash, messageId })]), ["", TWICE]);
});

test("what does not open keeps its place, and can not make a gap up", () => {
  assert.deepEqual(words([b1, unopened(b2), b3]), ["", "", ""]);
  assert.deepEqual(words([b1, unopened(told(false, { counter: 900 })), b2]), ["", "", ""]);
  const malformed = /** @type {any} */ ({ mine: false, envelope: null, hash: null, content: null, failure: "altered", parties: null });
  assert.deepEqual(words([unopened(b1, "elsewhere"), malformed, b1, b2]), ["", "", "", ""]);
  assert.deepEqual(words([unopened(told(false, { counter: 1 })), b1]), ["", TWICE]);
});

test("a message of mine that they have seen, and that is not shown, is missing where they name it", () => {
  const b5 = told(false, { ...having(a2) });
  assert.deepEqual(words([b5]), ["2 messages are missing here."]);
  assert.deepEqual(words([a1, b5]), ["", "1 message is missing here."]);
  assert.deepEqual(words([a1, a2, b5]), ["", "", ""]);
  assert.equal(findings([a1, b5]).notes[1]?.[0]?.advice, "It is your own: ask bob outside Sotto whether they have it.");
});

test("what was said to be missing is not counted again", () => {
  const a4 = told(true, { counter: 4 });
  const b5 = told(false, { ...having(a2) });
  assert.deepEqual(words([b5, a4]), ["2 messages are missing here.", "1 message is missing here."]);
  assert.deepEqual(words([b5, told(true, { counter: 3, previous: a2.hash })]), ["2 messages are missing here.", ""]);
  assert.match(String(words([b5, told(true, { counter: 3 })])[1]), /not written after/);
});

test("where the page does not begin with the first message, only what is known of the rest counts", () => {
  const b5 = told(false, { counter: 7, ...having(a2) });
  assert.deepEqual(words([b5], PART), [""]);
  assert.deepEqual(words([b5], { ...PART, mine: { before: a2 } }), [""]);
  assert.deepEqual(words([b5], { ...PART, mine: { before: a1 } }), ["1 message is missing here."]);
});

test("a message from another browser of mine shows what it has seen", () => {
  assert.deepEqual(words([told(true, having(b2)), b3]), ["2 messages are missing here.", ""]);
});

test("who answers another message than the one shown is said, before it comes or after", () => {
  const other = told(true, { counter: 1 });
  const b5 = told(false, having(other));
  assert.match(String(words([a1, b5])[1]), /answers another message of yours than the one that is shown here/);
  assert.match(String(words([b5, a1], PART)[1]), /Another message was seen in the place of the next one/);
  assert.match(String(words([b1, told(true, having(told(false)))])[1]), /answers another message from bob/);
});

test("another message than the one that this browser has seen under a number is said", () => {
  const seen = headOf(told(false, { counter: 2 }));
  assert.match(String(words([b1, b2], { theirs: { seen } })[1]), /Another message was seen in the place of the next one/);
  assert.deepEqual(words([b1, b2], { theirs: { seen: headOf(b2) } }), ["", ""]);
});

test("a sender who has seen less than before is said, but for one who has new keys", () => {
  const parties = { epoch: 1, own: "a", peer: "b", name: "bob" };
  const before = told(false, { counter: 1, ...having(a2), parties });
  const after = told(false, { counter: 2, previous: before.hash, ...having(a1), parties });
  assert.match(String(words([a1, a2, before, after])[3]), /without what its sender had seen before/);
  const later = told(false, { counter: 3, previous: after.hash, ...having(a1), parties });
  assert.match(String(words([a1, a2, before, after, later])[4]), /without what its sender had seen before/);
  const anew = { ...after, parties: { ...parties, peer: "c" } };
  assert.deepEqual(words([a1, a2, before, anew]), ["", "", "", ""]);
});

test("the end that this browser has seen, and that is not shown, is said", () => {
  const due = headOf(b3);
  assert.deepEqual(end([b1, b2, b3], { theirs: { due } }), []);
  assert.deepEqual(end([b1, b2], { theirs: { due } }), ["The server no longer shows the last message from bob, which this browser has seen."]);
  assert.deepEqual(end([b1], { theirs: { due } }), ["The server no longer shows the last 2 messages from bob, which this browser has seen."]);
  assert.deepEqual(end([], { mine: { due: headOf(a2) } }), ["The server no longer shows your last 2 messages, which this browser has seen."]);
  assert.deepEqual(end([b1, b2, b4], { theirs: { due } }), []);
});

test("an end that lies before the page, or does not open any more, is there", () => {
  assert.deepEqual(end([a1], { ...PART, theirs: { due: headOf(b3), before: b3 } }), []);
  assert.deepEqual(end([b1, unopened(b3)], { theirs: { due: headOf(b3) } }), []);
  assert.deepEqual(end([a1], { ...PART, theirs: { due: headOf(b3), before: unopened(b3) } }), []);
  assert.deepEqual(end([a1], { ...PART, theirs: { due: headOf(b3), before: b2 } }).length, 1);
});

/** A conversation that goes on to its second epoch: two messages of Bob's under the first key, one of Alice's and one of Bob's under the second. */
function twoEpochs() {
  const after = told(true, { counter: 1, epoch: 2, ...having(b1) });
  const answer = told(false, { counter: 3, previous: b2.hash, epoch: 2, ...having(after) });
  return { after, answer };
}

const OUTDATED = "The next message is locked with an old key, though its sender knew a newer one.";

test("a message that was on its way when the next epoch began is as it should be", () => {
  const { after, answer } = twoEpochs();
  assert.deepEqual(words([b1, after, b2, answer]), ["", "", "", ""]);
});

test("a message under a key that its sender had left behind is said, and so is the next", () => {
  const { after, answer } = twoEpochs();
  const late = told(false, { counter: 4, previous: answer.hash, ...having(after) });
  const later = told(false, { counter: 5, previous: late.hash, ...having(after) });
  assert.deepEqual(words([b1, after, b2, answer, late, later]), ["", "", "", "", OUTDATED, OUTDATED]);
});

test("a message under a key that its sender had seen left behind is said", () => {
  const { after } = twoEpochs();
  const late = told(false, { counter: 2, previous: b1.hash, ...having(after) });
  assert.deepEqual(words([b1, after, late]), ["", "", OUTDATED]);
  assert.deepEqual(words([b1, late], PART), ["", ""]);
});

test("who had left a key behind is told by the numbers, in whatever order the messages are shown", () => {
  const { after, answer } = twoEpochs();
  const late = told(false, { counter: 4, previous: answer.hash, ...having(after) });
  /** @type {(history: Told[]) => Told[]} */
  const outdated = (history) => history.filter((_message, index) => words(history)[index]?.includes(OUTDATED));
  assert.deepEqual(outdated([answer, after, b2, b1]), []);
  assert.deepEqual(outdated([late, answer, after, b2, b1]), [late]);
});

test("all that is wrong with a message is said", () => {
  const { after } = twoEpochs();
  const late = told(false, { counter: 4, previous: randomBytes(32), ...having(after) });
  assert.deepEqual(words([b1, after, late])[2], `2 messages are missing here. ${OUTDATED}`);
});

test("what does not open, and claims an epoch to come, makes no other message late", () => {
  const madeUp = unopened(told(false, { counter: 3, previous: b2.hash, epoch: 9 }));
  assert.deepEqual(words([b1, b2, madeUp, told(false, { counter: 4, previous: madeUp.hash })]), ["", "", "", ""]);
  const seen = unopened(told(true, { counter: 1, epoch: 9 }));
  assert.deepEqual(words([seen, told(false, having(seen))]), ["", ""]);
});

test("a message claims nothing of what it has seen until it opens", () => {
  assert.deepEqual(words([unopened(told(false, { seenCounter: 900, seen: randomBytes(32) }))]), [""]);
  assert.deepEqual(words([told(false, { seenCounter: 0, seen: ZEROS })]), [""]);
});

test("what the server says it keeps back from somebody who had blocked is said to be that, and only so much of it", () => {
  const [one, two, three, four, five] = /** @type {[Told, Told, Told, Told, Told]} */ (line(false, 5));
  const withheld = /** @type {[number, number][]} */ ([[2, 3]]);
  const said = "The server says that bob wrote 2 messages here while you had blocked bob. They are not shown.";
  assert.deepEqual(words([one, four], { theirs: { withheld } }), ["", said]);
  assert.deepEqual(words([one, five], { theirs: { withheld } }), ["", `${said} 1 message is missing here.`]);
  assert.deepEqual(words([one, four], { mine: { withheld } }), ["", "2 messages are missing here."]);
  assert.deepEqual(words([one, two, three, four], { theirs: { withheld } }), ["", "", "", ""]);
  assert.deepEqual(words([three, five], { theirs: { withheld: [[1, 2], [4, 9]] } }).map((text) => text.match(/wrote (a|2)/)?.[1]), ["2", "a"]);
});

test("the numbers of runs are counted within two bounds", () => {
  const runs = /** @type {[number, number][]} */ ([[2, 4], [7, 7]]);
  for (const [after, upTo, count] of [[0, 9, 4], [2, 7, 3], [4, 6, 0], [3, 3, 0], [6, 7, 1], [9, 3, 0]]) {
    assert.equal(countIn(runs, Number(after), Number(upTo)), count);
  }
});
