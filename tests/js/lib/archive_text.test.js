import assert from "node:assert/strict";
import { test } from "node:test";

import { randomBytes } from "../../../static/js/crypto/bytes.js";
import { conversationText } from "../../../static/js/lib/archive_text.js";

/** @typedef {import("../../../static/js/lib/opener.js").Opened} Opened */

const AT = Date.UTC(2026, 10, 28, 16, 53);
const names = { mine: "alice", theirs: "bob" };
let counter = 0;

/**
 * A message that opened.
 * @param {boolean} mine
 * @param {import("../../../static/js/lib/opener.js").Content | null} content
 * @param {import("../../../static/js/lib/opener.js").Failure | null} [failure]
 * @returns {Opened}
 */
function said(mine, content, failure = null) {
  const envelope = /** @type {any} */ ({ messageId: randomBytes(16), counter: ++counter });
  return { mine, envelope, hash: null, content, failure, parties: null };
}

/** @param {Opened[]} opened */
const textOf = (opened) =>
  conversationText(
    opened,
    opened.map(() => AT),
    names,
  );

test("each message is a line with its time and its author", () => {
  const talk = [said(true, { kind: "text", text: "hello" }), said(false, { kind: "text", text: "hi" })];
  assert.equal(textOf(talk), "2026-11-28 16:53 UTC  alice: hello\n2026-11-28 16:53 UTC  bob: hi\n");
});

test("a text of several lines passes for no other message", () => {
  for (const end of ["\n", "\r\n", "\u2028"]) {
    const text = textOf([said(false, { kind: "text", text: `one${end}2026-11-28 16:54 UTC  alice: two` })]);
    assert.equal(text.split("\n").filter((line) => line.startsWith("2026")).length, 1);
  }
});

test("what was edited, deleted and reacted to stands as it is now", () => {
  const [first, second] = [said(true, { kind: "text", text: "one" }), said(true, { kind: "text", text: "a secret" })];
  const target = (/** @type {Opened} */ message) => /** @type {any} */ (message.envelope).messageId;
  const talk = [
    first,
    second,
    said(true, { kind: "edit", target: target(first), text: "1" }),
    said(true, { kind: "deletion", target: target(second) }),
    said(false, { kind: "reaction", target: target(first), author: "receiver", emoji: "👍" }),
  ];
  const text = textOf(talk);
  assert.equal(text, "2026-11-28 16:53 UTC  alice: 1 [edited] [bob 👍]\n2026-11-28 16:53 UTC  alice: [deleted]\n");
});

test("what cannot be read is said to be there", () => {
  const text = textOf([said(false, null, "altered"), said(false, { kind: "disappeared" }), said(false, { kind: "unknown", number: 99 })]);
  assert.match(text, /bob: \[could not be opened: it was altered on the way\]\n/);
  assert.match(text, /bob: \[has disappeared\]\n/);
  assert.match(text, /bob: \[of a kind that this version of Sotto does not know\]\n/);
});
