import assert from "node:assert/strict";
import { test } from "node:test";

import { Timer, timerIn } from "../../../static/js/lib/timer.js";
import { told, unopened } from "./written.js";

const text = (/** @type {boolean} */ mine, /** @type {number} */ lifetime) => told(mine, { lifetime });

/**
 * @param {boolean} mine
 * @param {import("../../../static/js/lib/opener.js").Content} content
 * @param {number} [lifetime]
 */
const saying = (mine, content, lifetime = 0) => ({ ...told(mine, { lifetime }), content });

const timer = (/** @type {boolean} */ mine, /** @type {number} */ seconds) => saying(mine, { kind: "timer", seconds });

test("the timer that was set last counts, whoever set it", () => {
  assert.equal(timerIn([timer(true, 60), text(true, 60), timer(false, 3600)]), 3600);
  assert.equal(timerIn([timer(false, 60), timer(true, 0), text(false, 60)]), 0, "a text that was on its way changes nothing");
});

test("where none is loaded the newest text says it, not what is about another message", () => {
  const reaction = saying(true, { kind: "reaction", target: new Uint8Array(16), author: "receiver", emoji: "x" }, 0);
  assert.equal(timerIn([text(true, 0), text(false, 300), reaction]), 300);
  assert.equal(timerIn([text(true, 300), text(false, 0)]), 0);
});

test("what has gone still says it by its header, if nothing else does", () => {
  assert.equal(timerIn([saying(true, { kind: "disappeared" }, 300)]), 300);
  assert.equal(timerIn([text(true, 0), saying(true, { kind: "disappeared" }, 300)]), 0);
});

test("what does not open says nothing", () => {
  assert.equal(timerIn([unopened(timer(false, 60))]), null);
  assert.equal(timerIn([]), null);
});

/**
 * A message on its way.
 * @param {ReturnType<typeof timer>} message
 * @param {import("../../../static/js/lib/sender.js").Item["state"]} [state]
 */
const onItsWay = ({ envelope: { messageId }, content }, state = "sending") => ({ messageId, content: /** @type {any} */ (content), state });

test("one that was set counts at once, until it is there or the other person's comes after it", () => {
  let changes = 0;
  const state = new Timer(() => changes++);
  const mine = timer(true, 300);
  state.note(onItsWay(mine));
  state.learn([text(false, 0)]);
  assert.deepEqual([state.seconds, changes], [300, 1]);
  state.note(onItsWay(mine, "sent"));
  state.learn([text(false, 0), mine]);
  assert.deepEqual([state.seconds, changes], [300, 1]);
  state.learn([text(false, 0), mine, timer(false, 0)]);
  assert.deepEqual([state.seconds, changes], [0, 2]);
});

test("one that was taken back counts no more, and one before it that is still on its way does again", () => {
  let changes = 0;
  const state = new Timer(() => changes++);
  const [first, second] = [timer(true, 300), timer(true, 3600)];
  for (const one of [first, second]) state.note(onItsWay(one));
  state.note(onItsWay(second, "failed"));
  state.note(onItsWay(second, "gone"));
  assert.deepEqual([state.seconds, changes], [300, 3]);
  state.note(onItsWay(first, "gone"));
  state.learn([timer(false, 60)]);
  assert.deepEqual([state.seconds, changes], [60, 5]);
});

test("a history that says nothing leaves the timer as it is", () => {
  const state = new Timer();
  state.learn([timer(false, 60)]);
  state.learn([]);
  assert.equal(state.seconds, 60);
});
