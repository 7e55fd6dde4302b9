import assert from "node:assert/strict";
import { test } from "node:test";

import { equal, fromBase64url, randomBytes, toBase64url, uuidOf } from "../../../static/js/crypto/bytes.js";
import { decodeContent, encodeContent } from "../../../static/js/crypto/content.js";
import { parseEnvelope } from "../../../static/js/crypto/envelope.js";
import { HttpError } from "../../../static/js/lib/http.js";
import { Draft } from "../../../static/js/lib/draft.js";
import { Outbox } from "../../../static/js/lib/outbox.js";
import { Turns } from "../../../static/js/lib/turns.js";
import { peopleWaiting } from "../../../static/js/lib/unsent_people.js";
import { person } from "./cast.js";
import { alice, AliceBrowser, bob, say, setUp } from "./sending.js";
import { Air, typed } from "./shelves.js";

/** An answer that does not arrive. */
const lost = () => {
  throw new HttpError(0, { code: "offline", message: "no answer" });
};

/** @param {import("../../../static/js/lib/outbox.js").Outbox} outbox */
const textsIn = async (outbox) => (await outbox.entries()).map(({ content }) => decodeContent(content)).map((content) => "text" in content && content.text);

/**
 * @param {AliceBrowser} home
 * @returns {Promise<string[]>} what a page finds after a crash, for each moment of it: the draft, then the messages
 */
async function foundAfterCrashes(home) {
  const found = [];
  for (const moment of [...home.store.moments]) {
    home.store.kept = moment;
    const { draft, outbox } = home.page();
    found.push([(await draft.find()).text, ...(await textsIn(outbox))].join());
  }
  return found;
}

/**
 * @param {{sender: import("../../../static/js/lib/sender.js").Sender}} page
 * @param {import("../../../static/js/crypto/bytes.js").Bytes} [messageId]
 * @returns what is put back into the field
 */
async function takenBack({ sender }, messageId = assert.fail()) {
  /** @type {import("../../../static/js/crypto/content.js").Content[]} */
  const taken = [];
  await sender.takeBack(messageId, ({ content }) => taken.push(content));
  return taken;
}

test("before a message is tried it lies in the outbox with the very bytes that are posted, and when it is stored it is gone", async () => {
  const { server, sender, outbox } = setUp();
  /** @type {boolean[]} */
  const found = [];
  const post = server.post.bind(server);
  server.post = async (envelope) => {
    const [entry] = await outbox.entries();
    found.push(entry?.sealed !== null && entry !== undefined && toBase64url(entry.sealed) === envelope);
    return post(envelope);
  };
  sender.send(say("hello"));
  await sender.drained;
  assert.deepEqual(found, [true]);
  assert.deepEqual(await outbox.entries(), []);
});

test("nothing of it can be read in the browser", async () => {
  const { server, sender, home } = setUp();
  server.refusals.push("offline");
  sender.send(say("meet me at the canal"));
  await sender.drained;
  assert.equal(home.store.kept.size, 1);
  for (const text of ["canal", "bob"]) assert.ok(!home.store.readable.includes(text));
});

test("after a lost answer, a page that is loaded anew posts the same bytes, and the message is there once", async () => {
  const { server, sender, home } = setUp();
  server.refusals.push(lost);
  sender.send(say("hello"));
  await sender.drained;
  const anew = setUp({ server, home });
  await anew.sender.resume();
  await anew.sender.drained;
  assert.equal(server.posted.length, 2);
  assert.equal(server.posted[0], server.posted[1]);
  assert.deepEqual(await server.read(), [["hello", 1]]);
  assert.deepEqual(await anew.outbox.entries(), []);
});

test("what was typed without a connection goes out from the next page, in the order of typing", async () => {
  const { server, sender, home } = setUp();
  server.refusals.push("offline");
  for (const text of ["one", "two", "three"]) sender.send(say(text), 60);
  await sender.drained;
  const anew = setUp({ server, home });
  await anew.sender.resume();
  anew.sender.send(say("four"));
  await anew.sender.drained;
  assert.deepEqual(await server.read(), [["one", 1], ["two", 2], ["three", 3], ["four", 4]]);
  assert.deepEqual(server.stored.map((text) => parseEnvelope(fromBase64url(text)).lifetime), [60, 60, 60, 0]);
});

test("a message that the history shows already is not posted again, and forgotten", async () => {
  const { server, sender, home } = setUp();
  server.refusals.push(lost);
  const { messageId } = sender.send(say("hello"));
  await sender.drained;
  const anew = setUp({ server, home });
  anew.sender.settle(messageId);
  await anew.sender.resume();
  await anew.sender.drained;
  assert.deepEqual([server.posted.length, anew.states.size], [1, 0]);
  assert.deepEqual(await anew.outbox.entries(), []);
});

test("two tabs show what either sends, and each message is posted once, in order", async () => {
  const one = setUp();
  const two = setUp({ server: one.server, home: one.home });
  one.sender.send(say("from the first"));
  await one.home.locks.done;
  two.sender.send(say("from the second"));
  for (const { sender } of [one, two]) {
    while (sender.waiting) await new Promise((resolve) => setTimeout(resolve, 1));
    await sender.drained;
  }
  assert.deepEqual(await one.server.read(), [["from the first", 1], ["from the second", 2]]);
  assert.deepEqual(new Set(one.server.posted.map((text) => uuidOf(parseEnvelope(fromBase64url(text)).messageId))).size, 2);
});

test("another tab goes on with what one has left, under the bytes that it posted", async () => {
  const one = setUp();
  one.server.refusals.push(lost);
  const two = setUp({ server: one.server, home: one.home });
  one.sender.send(say("hello"));
  await one.sender.drained;
  while (two.sender.waiting) await new Promise((resolve) => setTimeout(resolve, 1));
  await two.sender.drained;
  assert.deepEqual(new Set(one.server.posted).size, 1);
  assert.deepEqual(await one.server.read(), [["hello", 1]]);
  assert.deepEqual([one.sender.waiting, one.states.get("hello"), two.states.get("hello")], [false, "sent", "sent"]);
});

test("an entry opens for no other person, message or account", async () => {
  const { server, sender, home, outbox } = setUp();
  server.refusals.push("offline");
  const { messageId } = sender.send(say("hello"));
  await sender.drained;
  const [kept] = await home.store.list("outbox", alice.userId);
  const sealed = kept?.sealed ?? assert.fail();
  const charlie = await person("charlie");
  /** @param {Partial<import("../../../static/js/crypto/unsent.js").Pair>} changes */
  const as = (changes) => {
    const common = { pair: { accountKey: alice.accountKey, owner: alice.userId, peer: bob.userId, ...changes }, store: home.store, turns: new Turns() };
    const draft = new Draft({ ...common, tabs: { id: crypto.randomUUID(), open: async () => new Set() } });
    return new Outbox({ ...common, name: "x", draft, channel: new Air().channel() });
  };
  await home.store.write(alice.userId, [{ shelf: "outbox", peer: uuidOf(charlie.userId), id: uuidOf(messageId), sealed }]);
  assert.deepEqual(await as({ peer: charlie.userId }).entries(), []);
  const other = randomBytes(16);
  await home.store.write(alice.userId, [{ shelf: "outbox", peer: uuidOf(bob.userId), id: uuidOf(other), sealed }]);
  assert.deepEqual((await outbox.entries()).map(({ messageId: id }) => uuidOf(id)), [uuidOf(messageId)]);
  await home.store.write(charlie.userId, [{ shelf: "outbox", peer: uuidOf(bob.userId), id: uuidOf(messageId), sealed }]);
  assert.deepEqual(await as({ owner: charlie.userId, accountKey: charlie.accountKey }).entries(), []);
  assert.equal((await outbox.entries()).length, 1);
  assert.deepEqual(await as({ accountKey: charlie.accountKey }).entries(), []);
  assert.deepEqual(await outbox.entries(), []);
});

test("what is taken back is gone in every tab, and never sent", async () => {
  const one = setUp();
  one.server.refusals.push("refused", "refused");
  const two = setUp({ server: one.server, home: one.home });
  const { messageId } = one.sender.send(say("hello"));
  while (two.states.get("hello") !== "failed: refused") await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(await takenBack(one, messageId), [say("hello")]);
  assert.deepEqual([one.states.get("hello"), two.states.get("hello")], ["gone", "gone"]);
  for (const { sender } of [one, two]) sender.retry();
  await setUp({ server: one.server, home: one.home }).sender.resume();
  assert.deepEqual([one.sender.waiting, two.sender.waiting, one.server.stored], [false, false, []]);
});

test("two tabs that take the same message back at once get its text once", async () => {
  const one = setUp();
  one.server.refusals.push("refused", "refused");
  const two = setUp({ server: one.server, home: one.home });
  const { messageId } = one.sender.send(say("hello"));
  while (two.states.get("hello") !== "failed: refused") await new Promise((resolve) => setTimeout(resolve, 1));
  const taken = await Promise.all([one, two].map((page) => takenBack(page, messageId)));
  assert.deepEqual(taken.flat(), [say("hello")]);
  assert.deepEqual([one.states.get("hello"), two.states.get("hello")], ["gone", "gone"]);
});

test("what is stored cannot be taken back, though its answer was lost", async () => {
  const { server, sender, states } = setUp();
  server.refusals.push(lost);
  const { messageId } = sender.send(say("hello"));
  await sender.drained;
  assert.equal(states.get("hello"), "failed: no answer");
  assert.deepEqual(await takenBack({ sender }, messageId), []);
  assert.equal(states.get("hello"), "sent");
});

test("what another tab has sent or taken back meanwhile is not taken back, though this tab has not heard of it yet", async () => {
  const one = setUp();
  one.server.refusals.push("refused", "refused");
  const messages = [one.sender.send(say("is sent")), one.sender.send(say("is taken back"))];
  await one.sender.drained;
  one.home.air = new Air();
  const two = setUp({ server: one.server, home: one.home });
  await two.sender.resume();
  await two.sender.drained;
  assert.deepEqual([...two.states.values()], ["failed: refused", "failed: refused"]);
  await takenBack(one, messages[1]?.messageId);
  one.sender.retry();
  await one.sender.drained;
  for (const { messageId } of messages) assert.deepEqual(await takenBack(two, messageId), []);
  assert.deepEqual([...two.states.values()], ["sent", "gone"]);
  assert.deepEqual(await one.server.read(), [["is sent", 1]]);
});

test("in every moment of taking back, the text lies in the browser once: as a message, or as a draft", async () => {
  const { server, sender, home, draft } = setUp();
  server.refusals.push("refused");
  const { messageId } = sender.send(say("hello"));
  await sender.drained;
  await draft.keep(typed("typed since"));
  home.store.moments = [new Map(home.store.kept)];
  const kept = draft.keep(typed("typed since!"));
  await sender.takeBack(messageId, () => draft.note(typed("hello, typed since!")));
  await kept;
  assert.deepEqual(await foundAfterCrashes(home), ["typed since,hello", "typed since!,hello", "hello, typed since!"]);
});

test("in every moment of sending, the text lies in the browser once, however quickly it was typed and sent", async () => {
  const home = new AliceBrowser();
  const { draft, outbox } = home.page();
  const write = (/** @type {string} */ text, /** @type {number} */ place) =>
    outbox.keep({ messageId: randomBytes(16), place, time: 1, lifetime: 0, content: encodeContent(say(text)), sealed: null });
  await draft.keep(typed("o"));
  const works = [write("zero", 0), draft.keep(typed("one"))];
  draft.note(typed(""));
  works.push(write("one", 1), draft.keep(typed("two")));
  draft.note(typed(""));
  works.push(write("two", 2));
  await Promise.all(works);
  assert.deepEqual(await foundAfterCrashes(home), ["o", "o,zero", "one,zero", ",zero,one", "two,zero,one", ",zero,one,two"]);
});

test("what the browser cannot keep as a draft stays a message; one that it could not keep either is taken back", async () => {
  const { server, sender, home, states } = setUp();
  server.refusals.push("refused", "refused");
  const { messageId } = sender.send(say("kept"));
  await sender.drained;
  home.store.broken = true;
  const other = sender.send(say("not kept"));
  await sender.drained;
  await assert.rejects(takenBack({ sender }, messageId), { name: "QuotaExceededError" });
  assert.deepEqual(await takenBack({ sender }, other.messageId), [say("not kept")]);
  assert.deepEqual([...states.values()], ["failed: refused", "gone"]);
});

test("a text that becomes a message is no draft any more, and one typed after it stays a draft", async () => {
  const { server, sender, home, draft } = setUp();
  server.refusals.push("offline");
  await draft.keep(typed("hello"));
  draft.note(typed(""));
  sender.send(say("hello"));
  await sender.drained;
  assert.equal((await home.page().draft.find()).text, "");
  await draft.keep(typed("and the next"));
  const { draft: anew, outbox } = home.page();
  assert.equal((await anew.find()).text, "and the next");
  assert.deepEqual(await textsIn(outbox), ["hello"]);
});

test("where nothing can be kept, messages go out from memory, and it is known that they would be lost", async () => {
  const home = new AliceBrowser();
  home.store.broken = true;
  const { server, sender, states } = setUp({ home });
  server.refusals.push("offline");
  sender.send(say("hello"));
  await sender.drained;
  assert.deepEqual([states.get("hello"), sender.unkept.map(({ kept }) => kept)], ["failed: offline", [false]]);
  sender.retry();
  await sender.drained;
  assert.deepEqual(await server.read(), [["hello", 1]]);
  assert.deepEqual([sender.unkept, states.get("hello")], [[], "sent"]);
});

test("when the browser drops what it keeps, messages stay on the page, are known to be lost with it, and go out from memory", async () => {
  const { server, sender, home, states, seen } = setUp();
  server.refusals.push("offline", "offline");
  for (const text of ["one", "two"]) sender.send(say(text));
  await sender.drained;
  assert.deepEqual(sender.unkept, []);
  home.store.drop();
  sender.retry();
  await sender.drained;
  assert.deepEqual([...states.values()], ["failed: offline", "failed: offline"]);
  assert.deepEqual(sender.unkept.map(({ kept }) => kept), [false, false]);
  sender.retry();
  await sender.drained;
  assert.deepEqual(await server.read(), [["one", 1], ["two", 2]]);
  assert.ok(!seen.includes("gone"));
});

test("when the browser has dropped what it kept, a message can be taken back", async () => {
  const { server, sender, home, states } = setUp();
  server.refusals.push("refused");
  const { messageId } = sender.send(say("hello"));
  await sender.drained;
  home.store.drop();
  assert.deepEqual(await takenBack({ sender }, messageId), [say("hello")]);
  assert.equal(states.get("hello"), "gone");
});

test("what the browser has dropped is kept again once its writer has signed in anew, and goes out from the next page", async () => {
  const { server, sender, home } = setUp();
  server.refusals.push("offline");
  for (const text of ["one", "two"]) sender.send(say(text));
  await sender.drained;
  home.store.drop();
  sender.unkeep();
  home.store.left = false;
  await sender.keepAgain();
  assert.deepEqual(sender.unkept, []);
  const anew = setUp({ server, home });
  await anew.sender.resume();
  await anew.sender.drained;
  assert.deepEqual(await server.read(), [["one", 1], ["two", 2]]);
});

test("a message that could not be kept, and is sent from memory, is no draft afterwards", async () => {
  const { server, sender, home, draft } = setUp();
  server.refusals.push("offline");
  await draft.keep(typed("hello"));
  home.store.full = true;
  draft.note(typed(""));
  sender.send(say("hello"));
  await sender.drained;
  assert.equal((await home.page().draft.find()).text, "hello");
  sender.retry();
  await sender.drained;
  assert.deepEqual(await server.read(), [["hello", 1]]);
  assert.equal((await home.page().draft.find()).text, "");
});

test("what a newer version has written waits for one", async () => {
  const { server, sender, outbox } = setUp();
  const messageId = randomBytes(16);
  await outbox.keep({ messageId, place: 1, time: 1, lifetime: 0, content: Uint8Array.of(250, 1), sealed: null });
  await outbox.keep({ messageId: randomBytes(16), place: 2, time: 1, lifetime: 0, content: encodeContent(say("hello")), sealed: null });
  await sender.resume();
  await sender.drained;
  assert.deepEqual(await server.read(), [["hello", 1]]);
  assert.deepEqual((await outbox.entries()).map((entry) => equal(entry.messageId, messageId)), [true]);
});

test("who has messages waiting is known from all that lies in the browser, and nobody else's counts", async () => {
  const { server, sender, home } = setUp();
  server.refusals.push("offline");
  for (const text of ["one", "two"]) sender.send(say(text));
  await sender.drained;
  const waiting = await peopleWaiting(alice, home.store);
  assert.deepEqual([...waiting], [[uuidOf(bob.userId), { name: "bob", count: 2 }]]);
  assert.equal((await peopleWaiting({ ...bob, accountKey: alice.accountKey }, home.store)).size, 0);
  assert.equal((await peopleWaiting({ ...alice, accountKey: bob.accountKey }, home.store)).size, 0);
});
