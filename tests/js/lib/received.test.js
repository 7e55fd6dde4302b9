import assert from "node:assert/strict";
import { test } from "node:test";

import { Received } from "../../../static/js/lib/received.js";

/** A server, and a clock that goes on when it is told to. */
function setting() {
  /** @type {(() => void)[]} */
  let due = [];
  /** @type {Record<string, number>[]} */
  const told = [];
  const server = { away: false };
  const post = async (/** @type {Record<string, number>} */ received) => {
    if (server.away) throw new Error("away");
    told.push(received);
  };
  const received = new Received({ post, later: (work) => due.push(work) });
  const pass = async () => {
    const works = due;
    due = [];
    works.forEach((work) => work());
    // Everything that the works have begun goes on in microtasks.
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { received, told, server, pass, waiting: () => due.length };
}

test("what comes within a moment is told together, the highest of each conversation", async () => {
  const { received, told, pass, waiting } = setting();
  received.reach("a", 1);
  received.reach("b", 7);
  received.reach("a", 3);
  received.reach("a", 2);
  assert.equal(waiting(), 1);
  assert.deepEqual(told, []);
  await pass();
  assert.deepEqual(told, [{ a: 3, b: 7 }]);
  received.reach("a", 3);
  received.reach("b", 1);
  assert.equal(waiting(), 0);
});

test("what is read meanwhile is not told as received", async () => {
  const { received, told, pass } = setting();
  received.reach("a", 3);
  received.know("a", 3);
  await pass();
  assert.deepEqual(told, []);
  received.know("a", 2);
  received.reach("a", 4);
  await pass();
  assert.deepEqual(told, [{ a: 4 }]);
});

test("what the server could not be told is told with the next", async () => {
  const { received, told, server, pass } = setting();
  server.away = true;
  received.reach("a", 3);
  await pass();
  server.away = false;
  received.reach("a", 3);
  await pass();
  assert.deepEqual(told, [{ a: 3 }]);
});

test("what comes while it is being told is told after it", async () => {
  const { received, told, pass } = setting();
  received.reach("a", 1);
  const passing = pass();
  received.reach("a", 2);
  await passing;
  await pass();
  assert.deepEqual(told, [{ a: 1 }, { a: 2 }]);
});

test("more conversations than the server takes at once are told one batch after the other", async () => {
  const { received, told, pass } = setting();
  for (let number = 0; number < 120; number++) received.reach(`person ${number}`, 1);
  for (let time = 0; time < 4; time++) await pass();
  assert.deepEqual(told.map((numbers) => Object.keys(numbers).length), [50, 50, 20]);
  assert.equal(new Set(told.flatMap((numbers) => Object.keys(numbers))).size, 120);
});

test("once the server knows nothing any more, the same is told again", async () => {
  const { received, told, pass } = setting();
  received.know("a", 3);
  received.forget("a");
  received.reach("a", 3);
  await pass();
  assert.deepEqual(told, [{ a: 3 }]);
});
