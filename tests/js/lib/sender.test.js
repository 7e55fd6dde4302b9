import assert from "node:assert/strict";
import { test } from "node:test";

import { equal, fromBase64url } from "../../../static/js/crypto/bytes.js";
import { envelopeHash, parseEnvelope } from "../../../static/js/crypto/envelope.js";
import { HttpError } from "../../../static/js/lib/http.js";
import { envelopeOf } from "./cast.js";
import { alice, bob, keys, say, settled, setUp, tooFast } from "./sending.js";

test("messages typed quickly go out in order, one chain", async () => {
  const { server, sender, states } = setUp();
  for (const text of ["one", "two", "three"]) sender.send(say(text));
  await settled(states);
  assert.deepEqual(await server.read(), [["one", 1], ["two", 2], ["three", 3]]);
  const [first, second] = server.stored.map(fromBase64url);
  const { previous } = parseEnvelope(/** @type {Uint8Array} */ (second));
  assert.deepEqual(previous, await envelopeHash(/** @type {Uint8Array} */ (first)));
  assert.equal(sender.waiting, false);
});

for (const refusal of ["key_gone", "key_worn", "key_superseded", "stale_identity"]) {
  test(`after ${refusal} the same message goes out once, under another key, and its state never shows it`, async () => {
    const { server, sender, states, seen } = setUp();
    server.refusals.push(refusal);
    const item = sender.send(say("hello"));
    await settled(states);
    const [before, after] = server.posted.map((text) => parseEnvelope(fromBase64url(text)));
    assert.ok(before && after && equal(before.messageId, after.messageId) && equal(after.messageId, item.messageId));
    assert.deepEqual([before.keyId, after.keyId], [keys[0]?.keyId, keys[1]?.keyId]);
    assert.deepEqual(await server.read(), [["hello", 1]]);
    assert.deepEqual(new Set(seen), new Set(["sending", "sent"]));
  });
}

test("a message names as seen nothing that came after its key was asked for", async () => {
  const theirs = await envelopeOf(/** @type {any} */ (keys[1]), bob, alice, "under a later key", { epoch: 2 });
  const { server, sender, states, chain } = setUp({ during: async () => chain.see({ mine: false, ...theirs, failure: null }) });
  sender.send(say("hello"));
  await settled(states);
  assert.deepEqual(parseEnvelope(fromBase64url(String(server.stored[0]))).seenCounter, 0);
  sender.send(say("next"));
  await settled(states);
  assert.deepEqual(parseEnvelope(fromBase64url(String(server.stored[1]))).seenCounter, 1);
});

test("when no key can be had, the message is not tried again by itself", async () => {
  let asked = 0;
  const { server, sender, states } = setUp({
    during: async () => {
      asked += 1;
      throw new HttpError(409, { code: "stale_identity", message: "stale" });
    },
  });
  sender.send(say("hello"));
  await settled(states);
  assert.deepEqual([asked, server.posted.length, states.get("hello")], [1, 0, "failed: stale"]);
});

test("a counter that another tab has taken is followed by the next one", async () => {
  const { server, sender, states } = setUp();
  server.stored.push((await envelopeOf(/** @type {any} */ (keys[0]), alice, bob, "from another tab")).text);
  sender.send(say("hello"));
  await settled(states);
  assert.deepEqual(await server.read(), [["from another tab", 1], ["hello", 2]]);
});

test("what cannot be sent stays, in order, and goes out on retrying", async () => {
  const { server, sender, states } = setUp();
  server.refusals.push("offline");
  sender.send(say("one"));
  sender.send(say("two"));
  await settled(states);
  assert.deepEqual([states.get("one"), states.get("two")], ["failed: offline", "failed: offline"]);
  assert.equal(sender.waiting, true);
  sender.retry();
  await settled(states);
  assert.deepEqual(await server.read(), [["one", 1], ["two", 2]]);
});

test("what was on its way when it was asked to try again, and fails then, is tried once more", async () => {
  const { server, sender, states, seen } = setUp();
  const lost = () => {
    throw new HttpError(0, { code: "offline", message: "offline" });
  };
  server.refusals.push(() => {
    sender.retry();
    lost();
  });
  sender.send(say("hello"));
  await settled(states);
  assert.deepEqual([states.get("hello"), server.posted.length], ["sent", 2]);
  assert.deepEqual(new Set(seen), new Set(["sending", "sent"]));
  server.refusals.push(() => {
    sender.retry();
    lost();
  }, lost);
  sender.send(say("next"));
  await settled(states);
  assert.deepEqual([states.get("next"), server.posted.length], ["failed: offline", 4]);
  assert.deepEqual(await server.read(), [["hello", 1], ["next", 2]]);
});

test("after a lost answer the same bytes go again and are stored once", async () => {
  const { server, sender, states } = setUp();
  server.refusals.push(() => {
    throw new HttpError(0, { code: "offline", message: "offline" });
  });
  sender.send(say("hello"));
  await settled(states);
  sender.retry();
  await settled(states);
  assert.equal(server.posted[0], server.posted[1]);
  sender.send(say("next"));
  await settled(states);
  assert.deepEqual(await server.read(), [["hello", 1], ["next", 2]]);
});

test("a message found stored, though its answer was lost, is not sent again", async () => {
  const { server, sender, states } = setUp();
  server.refusals.push(() => {
    throw new HttpError(0, { code: "offline", message: "offline" });
  });
  const item = sender.send(say("hello"));
  await settled(states);
  sender.settle(item.messageId);
  sender.retry();
  assert.deepEqual([states.get("hello"), sender.waiting, server.posted.length], ["sent", false, 1]);
});

test("a server that refuses for ever is not asked for ever", async () => {
  const { server, sender, states } = setUp();
  server.refusals = Array.from({ length: 100 }, () => "counter_taken");
  sender.send(say("hello"));
  await settled(states);
  assert.equal(states.get("hello"), "failed: counter_taken");
  assert.ok(server.posted.length < 10);
});

test("a message that disappears and was sealed long ago is dated anew, and a clock that is wrong is said to be at once", async (t) => {
  const { server, sender, states } = setUp();
  server.refusals.push("offline");
  sender.send(say("hello"), 300);
  await settled(states);
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 3_600_000 });
  server.refusals.push("clock_differs");
  sender.retry();
  await settled(states);
  const [first, again, anew] = server.posted.map((envelope) => parseEnvelope(fromBase64url(envelope)));
  assert.equal(first?.time, again?.time);
  assert.deepEqual([states.get("hello"), anew?.time], ["sent", Date.now()]);
  assert.deepEqual(await server.read(), [["hello", 1]]);
  server.refusals = Array.from({ length: 9 }, () => "clock_differs");
  sender.send(say("next"), 300);
  await settled(states);
  assert.deepEqual([states.get("next"), server.posted.length], ["failed: clock_differs", 4]);
});

test("a refusal that no new try can mend is shown at once", async () => {
  const { server, sender, states } = setUp();
  server.refusals.push("refused");
  sender.send(say("hello"));
  await settled(states);
  assert.equal(states.get("hello"), "failed: refused");
  assert.equal(server.posted.length, 1);
});

test("a server that asks to slow down is given its time, and everything goes out once, in order", async () => {
  const { server, sender, states, seen, pauses } = setUp();
  server.refusals.push(tooFast(1), tooFast(3));
  for (const text of ["one", "two", "three"]) sender.send(say(text));
  await settled(states);
  assert.deepEqual(await server.read(), [["one", 1], ["two", 2], ["three", 3]]);
  assert.deepEqual(pauses, [1, 3]);
  assert.deepEqual(new Set(server.posted.slice(0, 3)).size, 1);
  assert.deepEqual(new Set(seen), new Set(["sending", "sent"]));
});

test("a message that was held back is sealed anew when another tab has written meanwhile", async () => {
  const { server, sender, states } = setUp();
  server.refusals.push(tooFast(1));
  server.stored.push((await envelopeOf(/** @type {any} */ (keys[0]), alice, bob, "from another tab")).text);
  sender.send(say("hello"));
  await settled(states);
  assert.deepEqual(await server.read(), [["from another tab", 1], ["hello", 2]]);
});

for (const seconds of [11, -1, NaN, "1", undefined, null]) {
  test(`a pause of ${seconds} seconds is not made: the message fails, and stays`, async () => {
    const { server, sender, states, pauses } = setUp();
    server.refusals.push(tooFast(seconds));
    sender.send(say("hello"));
    await settled(states);
    assert.deepEqual([pauses, states.get("hello"), sender.waiting], [[], "failed: too fast", true]);
    sender.retry();
    await settled(states);
    assert.deepEqual(await server.read(), [["hello", 1]]);
  });
}

test("a server that never has enough of pauses is not waited for for ever", async () => {
  const { server, sender, states, pauses } = setUp();
  server.refusals = Array.from({ length: 100 }, () => tooFast(1));
  sender.send(say("hello"));
  await settled(states);
  assert.equal(states.get("hello"), "failed: too fast");
  assert.ok(pauses.length > 1 && pauses.length <= 10);
});

test("it says when nothing is on its way any more, and what has failed", async () => {
  const { server, sender, states } = setUp();
  await sender.drained;
  server.refusals.push(new HttpError(0, { code: "offline", message: "no connection" }));
  sender.send(say("one"));
  sender.send(say("two"));
  await sender.drained;
  assert.deepEqual([...states.values()], ["failed: no connection", "failed: no connection"]);
  sender.retry();
  sender.send(say("three"));
  await sender.drained;
  assert.deepEqual((await server.read()).map(([text]) => text), ["one", "two", "three"]);
  assert.equal(sender.waiting, false);
});
