import assert from "node:assert/strict";
import { test } from "node:test";

import { randomBytes, uuidOf } from "../../../static/js/crypto/bytes.js";
import { encodeContent } from "../../../static/js/crypto/content.js";
import { Previews } from "../../../static/js/lib/previews.js";
import { isNews, UnreadCount } from "../../../static/js/lib/unread_count.js";
import { envelopeOf, exchanged, makeStore, person } from "./cast.js";

const alice = await person("alice");
const bob = await person("bob");
const key = await exchanged(alice, bob);
const target = randomBytes(16);

/** @param {import("../../../static/js/crypto/content.js").Content} content what Alice has written to Bob */
const written = async (content) => (await envelopeOf(key, alice, bob, "-", { content: encodeContent(content) })).text;

test("what only says something about another message, one's own, and what has disappeared are no messages to be read", () => {
  const count = (/** @type {string} */ kind) => isNews({ mine: false, content: /** @type {any} */ ({ kind }) });
  assert.deepEqual(["text", "reply", "timer", "unknown", "removed"].filter(count), ["text", "reply", "timer", "unknown", "removed"]);
  assert.deepEqual(["edit", "deletion", "reaction", "spent", "disappeared"].filter(count), []);
  assert.equal(isNews({ mine: true, content: { kind: "text", text: "mine" } }), false);
  assert.equal(isNews({ mine: false, content: null }), true);
});

test("a list takes from the server's number what it finds to be no message, and nothing for what it cannot open", async () => {
  const texts = await Promise.all([
    written({ kind: "text", text: "hello" }),
    written({ kind: "edit", target, text: "hello!" }),
    written({ kind: "reaction", target, author: "sender", emoji: "👍" }),
    written({ kind: "deletion", target }),
  ]);
  const peer = { id: uuidOf(alice.userId), name: "alice", erased: false };
  const data = { keys: key.keys, bundles: key.bundles, unread: { [peer.id]: [...texts, "AAAA", "not an envelope"] } };
  const previews = new Previews({ account: bob, store: /** @type {any} */ (makeStore()), data, asked: Date.now() });
  assert.deepEqual(await previews.unread(peer), { others: 3, ends: [] });
  assert.deepEqual(await previews.unread({ ...peer, id: uuidOf(randomBytes(16)) }), { others: 0, ends: [] });
});

test("what is unread is what the server says but for what is no message, and what has come and is one", () => {
  const unread = new UnreadCount(3);
  unread.except(2);
  unread.come(7);
  assert.deepEqual([unread.messages, unread.any], [1, true]);
  unread.come(8);
  unread.count(8);
  unread.count(8);
  assert.equal(unread.messages, 2);
});

test("what disappears is not unread any more, whether the server has counted it or it has come since", async (t) => {
  const now = Date.now();
  t.mock.timers.enable({ apis: ["Date"], now });
  const disappearing = await envelopeOf(key, alice, bob, "hello", { time: now, lifetime: 300 });
  const peer = { id: uuidOf(alice.userId), name: "alice", erased: false };
  const data = { keys: key.keys, bundles: key.bundles, unread: { [peer.id]: [disappearing.text, await written({ kind: "text", text: "stays" })] } };
  const { others, ends } = await new Previews({ account: bob, store: /** @type {any} */ (makeStore()), data, asked: now }).unread(peer);
  const unread = new UnreadCount(2);
  unread.except(others, ends);
  unread.come(7);
  unread.count(7, now + 60_000);
  unread.come(8);
  assert.deepEqual([unread.messages, unread.changes], [3, now + 60_000]);
  t.mock.timers.setTime(now + 60_000);
  assert.deepEqual([unread.messages, unread.changes], [2, now + 300_000]);
  t.mock.timers.setTime(now + 300_000);
  assert.deepEqual([unread.messages, unread.changes, unread.any], [1, Infinity, true]);
});

test("reactions alone are unread, and no message", () => {
  const unread = new UnreadCount(0);
  assert.equal(unread.any, false);
  unread.come(5);
  assert.deepEqual([unread.messages, unread.any], [0, true]);
});

test("what was read while it was being opened is not counted afterwards, and a server cannot have less than nothing unread", () => {
  const unread = new UnreadCount(1);
  unread.come(5);
  unread.clear();
  unread.count(5);
  unread.except(1);
  assert.deepEqual([unread.messages, unread.any], [0, false]);
});
