import assert from "node:assert/strict";
import { test } from "node:test";

import { changesIn } from "../../../static/js/lib/changes.js";
import { told } from "./written.js";

const FIRST = { epoch: 1, own: "a1", peer: "b1", name: "bob" };
const SECOND = { ...FIRST, epoch: 2 };
const NEW = "What you write from here on is locked with the new ones.";

/** @param {typeof FIRST | null} parties */
const under = (parties) => told(false, { parties });

/**
 * @param {(typeof FIRST | null)[]} epochs of the messages
 * @param {Partial<Parameters<typeof changesIn>[1]>} [setting]
 */
function changes(epochs, setting = {}) {
  const { notes, end } = changesIn(epochs.map(under), { name: "bob", before: null, reached: true, now: null, ...setting });
  return [...notes, end].map((found) => found.map(({ words }) => words).join(" "));
}

test("a new epoch for the same identities is no change", () => {
  assert.deepEqual(changes([FIRST, SECOND, SECOND], { now: SECOND }), ["", "", "", ""]);
});

test("where an epoch is for other keys than the one before stands whose keys changed", () => {
  assert.deepEqual(changes([FIRST, { ...SECOND, peer: "b2" }, { ...SECOND, peer: "b2" }]), ["", "bob's keys changed here.", "", ""]);
  assert.deepEqual(changes([FIRST, { ...SECOND, own: "a2" }]), ["", "Your keys changed here.", ""]);
  const both = { ...SECOND, own: "a2", peer: "b2" };
  assert.deepEqual(changes([FIRST, both]), ["", "bob's keys changed here. Your keys changed here.", ""]);
});

test("a renaming is no change of keys", () => {
  assert.deepEqual(changes([FIRST, { ...SECOND, name: "robert" }]), ["", "bob is called robert from here on.", ""]);
});

test("a message that comes late changes nothing, and neither does one of which nothing is certain", () => {
  const second = { ...SECOND, peer: "b2" };
  assert.deepEqual(changes([FIRST, second, FIRST, null, second]), ["", "bob's keys changed here.", "", "", "", ""]);
  assert.deepEqual(changes([null, FIRST]), ["", "", ""]);
});

test("at the end stands what has changed since the last message", () => {
  assert.deepEqual(changes([FIRST], { now: { ...FIRST, peer: "b2" } }), ["", `bob's keys have changed. ${NEW}`]);
  assert.deepEqual(changes([FIRST], { now: { ...FIRST, own: "a2" } }), ["", `Your keys have changed. ${NEW}`]);
  assert.deepEqual(changes([], { before: FIRST, now: { ...FIRST, peer: "b2" } }), [`bob's keys have changed. ${NEW}`]);
  assert.deepEqual(changes([null], { before: FIRST, reached: false, now: { ...FIRST, peer: "b2" } }), ["", `bob's keys have changed. ${NEW}`]);
  assert.deepEqual(changes([], { now: FIRST }), [""]);
});

test("the message before the page counts when nothing lies between", () => {
  const second = { ...SECOND, peer: "b2" };
  assert.deepEqual(changes([second], { before: FIRST }), ["bob's keys changed here.", ""]);
  assert.deepEqual(changes([second], { before: FIRST, reached: false }), ["", ""]);
});
