import assert from "node:assert/strict";
import { test } from "node:test";

import { equal, fromBase64url } from "../../../static/js/crypto/bytes.js";
import { envelopeHash, parseEnvelope } from "../../../static/js/crypto/envelope.js";
import { Chain } from "../../../static/js/lib/chain.js";
import { HttpError } from "../../../static/js/lib/http.js";
import { Sender } from "../../../static/js/lib/sender.js";
import { browser, envelopeOf, exchanged, person } from "./cast.js";

const alice = await person("alice");
const bob = await person("bob");
const keys = [await exchanged(alice, bob), await exchanged(alice, bob)];

/** A server that keeps what docs/http.md says of `/messages/send/`, and refuses first with what a test puts into `refusals`. */
class Server {
  /** @type {string[]} */
  stored = [];
  /** @type {(string | HttpError | (() => void))[]} */
  refusals = [];
  /** @type {string[]} */
  posted = [];

  /** @param {string} envelope */
  async post(envelope) {
    this.posted.push(envelope);
    const refusal = this.refusals.shift();
    if (refusal instanceof HttpError) throw refusal;
    if (typeof refusal === "string") throw new HttpError(refusal === "offline" ? 0 : 409, { code: refusal, message: refusal });
    const answer = await this.store(envelope);
    if (refusal !== undefined) refusal();
    return answer;
  }

  /** @param {string} envelope */
  async store(envelope) {
    const { messageId, counter } = parseEnvelope(fromBase64url(envelope));
    for (const [index, other] of this.stored.entries()) {
      const before = parseEnvelope(fromBase64url(other));
      if (equal(before.messageId, messageId)) return { seq: index + 1, at: 1 };
      if (before.counter === counter) throw new HttpError(409, { code: "counter_taken" });
    }
    this.stored.push(envelope);
    return { seq: this.stored.length, at: 1 };
  }

  /** The texts stored, each with its counter. */
  async read() {
    const { opener, epochs, pins } = browser(bob, alice);
    await pins.meet(alice.bundle);
    for (const key of keys) epochs.add(key);
    const opened = await Promise.all(this.stored.map((text) => opener.open(text)));
    return opened.map(({ content, envelope }) => [content?.kind === "text" && content.text, envelope?.counter]);
  }
}

/**
 * @param {string} text
 * @returns {import("../../../static/js/crypto/content.js").Content}
 */
const say = (text) => ({ kind: "text", text });

/**
 * A refusal of one who sends too fast.
 * @param {unknown} seconds
 */
const tooFast = (seconds) => new HttpError(429, { code: "slow_down", message: "too fast", retry_after: seconds });

/** Alice's sender. `keys` go in order: the next one is used after one was refused. */
function setUp({ during = async () => {} } = {}) {
  const server = new Server();
  const chain = new Chain();
  let current = 0;
  /** @type {Map<string, string>} */
  const states = new Map();
  /** @type {string[]} every state that was shown */
  const seen = [];
  /** @type {number[]} how long was waited, in seconds */
  const pauses = [];
  /** @type {Sender} */
  const sender = new Sender({
    me: alice.userId,
    peer: bob.userId,
    chain,
    keys: {
      current: async () => {
        await during();
        return /** @type {any} */ (keys[current]);
      },
      refuse: (keyId) => {
        assert.deepEqual(keyId, keys[current]?.keyId);
        current += 1;
      },
    },
    post: (envelope) => server.post(envelope),
    prepare: async () => undefined,
    catchUp: async () => {
      for (const text of server.stored) {
        const envelope = parseEnvelope(fromBase64url(text));
        chain.see({ mine: true, envelope, hash: await envelopeHash(fromBase64url(text)), failure: null });
        sender.settle(envelope.messageId);
      }
    },
    exclusive: (work) => work(),
    changed: ({ content, state, reason }) => {
      seen.push(state);
      states.set("text" in content ? content.text : content.kind, reason ? `${state}: ${reason}` : state);
    },
    stored: () => undefined,
    pause: async (seconds) => void pauses.push(seconds),
  });
  return { server, sender, states, seen, chain, pauses };
}

/** @param {Map<string, string>} states */
async function settled(states) {
  while ([...states.values()].includes("sending")) await new Promise((resolve) => setTimeout(resolve, 1));
}

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
  assert.deepEqual(sender.failed, []);
  await sender.drained;
  assert.deepEqual([...states.values()], ["failed: no connection", "failed: no connection"]);
  assert.deepEqual(sender.failed, [say("one"), say("two")]);
  sender.retry();
  assert.deepEqual(sender.failed, []);
  sender.send(say("three"));
  await sender.drained;
  assert.deepEqual((await server.read()).map(([text]) => text), ["one", "two", "three"]);
  assert.deepEqual(sender.failed, []);
});
