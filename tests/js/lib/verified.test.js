import assert from "node:assert/strict";
import { test } from "node:test";

import { uuidOf } from "../../../static/js/crypto/bytes.js";
import { STATE } from "../../../static/js/crypto/pin.js";
import { HttpError } from "../../../static/js/lib/http.js";
import { makeStore, rekeyed, renamed } from "./cast.js";
import { acquainted, alicesPins, bob, impostor, later, makeServer, newBob, sealed, unsealed, visit } from "./pinning.js";

/** @typedef {import("../../../static/js/crypto/identity.js").Bundle} Bundle */

test("what was verified is kept, and is so in every browser", async () => {
  const server = makeServer();
  const [here, there] = [makeStore(), makeStore()];
  const { pins } = await visit(server, here);
  await pins.keep();
  assert.equal((await visit(server, there)).pins.state, "unverified");
  await pins.verify(bob.bundle.fingerprint);
  assert.deepEqual([pins.state, (await unsealed(String(server.pin))).state], ["verified", STATE.verified]);
  for (const store of [here, there, makeStore()]) assert.equal((await visit(server, store)).pins.state, "verified");
  await (await visit(server, there)).pins.unverify();
  for (const store of [here, there, makeStore()]) assert.equal((await visit(server, store)).pins.state, "unverified");
});

test("of two browsers that set the state at once the later counts, and neither loses to what was only seen", async (context) => {
  let now = 1_700_000_000_000;
  context.mock.method(Date, "now", () => (now += 1000));
  const server = makeServer();
  const [here, there] = [await visit(server, makeStore()), await visit(server, makeStore())];
  await here.pins.verify(bob.bundle.fingerprint);
  await there.pins.keep();
  assert.equal(there.pins.state, "verified");
  const [one, other] = [await visit(server, makeStore()), await visit(server, makeStore())];
  await one.pins.unverify();
  await other.pins.verify(bob.bundle.fingerprint);
  assert.deepEqual([other.pins.state, (await visit(server, makeStore())).pins.state], ["verified", "verified"]);
});

test("a server that gives an earlier pin back does not take the mark away, nor give it again", async () => {
  const server = makeServer();
  const store = makeStore();
  const { pins } = await visit(server, store);
  await pins.keep();
  const unverified = server.pin;
  await pins.verify(bob.bundle.fingerprint);
  const verified = server.pin;
  server.pin = unverified;
  const again = await visit(server, store);
  assert.equal(again.pins.state, "verified");
  await again.pins.keep();
  assert.equal((await unsealed(String(server.pin))).state, STATE.verified);
  await again.pins.unverify();
  server.pin = verified;
  assert.equal((await visit(server, store)).pins.state, "unverified");
});

test("when the server cannot be reached nobody is marked, and a lost answer marks them once", async () => {
  const server = makeServer();
  const store = makeStore();
  const { pins } = await visit(server, store);
  await pins.keep();
  const { post } = server;
  server.post = async () => Promise.reject(new HttpError(0, { code: "offline" }));
  const away = await visit(server, store);
  await assert.rejects(away.pins.verify(bob.bundle.fingerprint), { code: "offline" });
  assert.equal(away.pins.state, "unverified");
  server.post = async (url, body) => post(url, body).then(() => Promise.reject(new HttpError(0, { code: "offline" })));
  const lost = await visit(server, store);
  await assert.rejects(lost.pins.verify(bob.bundle.fingerprint), { code: "offline" });
  server.post = post;
  const again = await visit(server, store);
  assert.equal(again.pins.state, "verified");
});

test("only the keys that were compared are verified", async () => {
  const server = makeServer();
  const { pins } = await visit(server, makeStore());
  await assert.rejects(pins.verify(newBob.bundle.fingerprint), { code: "key_changed" });
  assert.deepEqual([pins.state, server.posts], ["unverified", 0]);
  server.pin = await sealed(newBob.bundle, STATE.verified);
  await assert.rejects(pins.verify(bob.bundle.fingerprint), { code: "key_changed" });
  assert.equal(pins.comparable, null);
});

test("a server that is ever faster than this browser does not make it go on for ever", async () => {
  let posts = 0;
  const store = await acquainted();
  const post = async () => {
    posts += 1;
    throw new HttpError(409, { code: "pin_changed", pin: await sealed(bob.bundle, STATE.unverified, 1) });
  };
  const pins = alicesPins({ store, post });
  await pins.open(await sealed(bob.bundle));
  await pins.meet(bob.bundle);
  await assert.rejects(pins.verify(bob.bundle.fingerprint), { code: "pin_changed" });
  assert.deepEqual([posts, pins.state, store.pins.get(uuidOf(bob.userId))?.seen.state], [3, "unverified", STATE.unverified]);
});

test("new keys of somebody verified are asked about in other words, and are marked as changed from Continue on", async () => {
  const server = makeServer();
  const store = makeStore();
  const { pins } = await visit(server, store);
  await pins.verify(bob.bundle.fingerprint);
  const changed = await visit(server, store, newBob.bundle);
  assert.match(changed.question.message, /^You had verified bob, .* Nobody but bob can tell you/u);
  assert.deepEqual([changed.question.asks, changed.question.compareAt], [true, "/contacts/bob/"]);
  assert.deepEqual([changed.pins.state, changed.pins.comparable], ["changed", newBob.bundle.fingerprint]);
  await changed.pins.confirm();
  await changed.pins.keep();
  assert.equal(changed.pins.state, "changed");
  for (const browser of [store, makeStore()]) assert.equal((await visit(server, browser, newBob.bundle)).pins.state, "changed");
  const third = await rekeyed(newBob);
  const again = await visit(server, store, third.bundle);
  await again.pins.confirm();
  assert.equal(again.pins.state, "changed");
  await again.pins.verify(third.bundle.fingerprint);
  assert.equal((await visit(server, makeStore(), third.bundle)).pins.state, "verified");
});

test("new keys of somebody never verified are asked about once, and stay unverified", async () => {
  const server = makeServer();
  const store = makeStore();
  await (await visit(server, store)).pins.keep();
  const { pins, question } = await visit(server, store, newBob.bundle);
  assert.deepEqual([question.compareAt, pins.state], [null, "unverified"]);
  await pins.confirm();
  assert.equal(pins.state, "unverified");
});

test("marking the new keys as verified is Continue too", async () => {
  const server = makeServer();
  const store = makeStore();
  await (await visit(server, store)).pins.verify(bob.bundle.fingerprint);
  const { pins } = await visit(server, store, newBob.bundle);
  await pins.verify(newBob.bundle.fingerprint);
  assert.deepEqual([pins.state, pins.trusts(newBob.bundle)], ["verified", true]);
});

test("a browser that comes after another one's Continue asks, and then takes over what was found there", async () => {
  for (const verified of [true, false]) {
    const server = makeServer();
    const [here, there] = [makeStore(), makeStore()];
    await (await visit(server, here)).pins.verify(bob.bundle.fingerprint);
    await visit(server, there);
    const { pins } = await visit(server, here, newBob.bundle);
    await pins.confirm();
    await pins.keep();
    if (verified) await pins.verify(newBob.bundle.fingerprint);
    const second = await visit(server, there, newBob.bundle);
    assert.deepEqual([second.pins.state, second.question.compareAt === null], ["changed", verified]);
    await second.pins.confirm();
    await second.pins.keep();
    assert.equal(second.pins.state, verified ? "verified" : "changed");
  }
});

test("keys that were verified elsewhere while this browser went on to the next ones count as verified before", async () => {
  const server = makeServer();
  const [here, there] = [makeStore(), makeStore()];
  await (await visit(server, here)).pins.keep();
  await visit(server, there);
  const older = server.pin;
  const gone = await visit({ ...server, pin: older, post: async () => undefined }, here, newBob.bundle);
  await gone.pins.confirm();
  await (await visit(server, there)).pins.verify(bob.bundle.fingerprint);
  const { pins } = await visit(server, here, newBob.bundle);
  assert.equal(pins.state, "changed");
});

test("a renaming keeps what was verified, and is known as a renaming", async () => {
  const server = makeServer();
  const store = makeStore();
  await (await visit(server, store)).pins.verify(bob.bundle.fingerprint);
  const robert = await renamed(bob, "robert");
  const { pins, question } = await visit(server, store, robert);
  await pins.keep();
  assert.deepEqual([question, pins.state, pins.renamedFrom], [null, "verified", "bob"]);
  const again = await visit(server, store, robert);
  assert.deepEqual([again.pins.state, again.pins.renamedFrom], ["verified", null]);
  assert.equal((await visit(server, makeStore(), robert)).pins.state, "verified");
});

test("nobody is shown as verified while the server shows something false of them", async () => {
  const { pin } = await (async () => {
    const server = makeServer();
    await (await visit(server, makeStore())).pins.verify(bob.bundle.fingerprint);
    return server;
  })();
  /** @type {[string | null, Bundle, string][]} */
  const cases = [
    [pin, impostor.bundle, "bob"],
    [pin, bob.bundle, "carol"],
    ["AAAA", bob.bundle, "bob"],
    [null, bob.bundle, "bob"],
  ];
  for (const [shown, bundle, name] of cases) {
    const pins = alicesPins({ store: await acquainted({ verified: true }), name, asked: later() });
    await pins.open(shown);
    await assert.rejects(pins.meet(bundle));
    assert.deepEqual([pins.state, pins.comparable], ["unverified", null]);
    await assert.rejects(pins.verify(bob.bundle.fingerprint));
    await assert.rejects(pins.unverify());
  }
  const unmet = alicesPins({ name: "carol" });
  await unmet.open(pin);
  assert.equal(unmet.state, "unverified");
});
