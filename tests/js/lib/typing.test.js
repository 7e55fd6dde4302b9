import assert from "node:assert/strict";
import { test } from "node:test";

import { TypingShown, TypingTeller } from "../../../static/js/lib/typing.js";

/** A teller, what it tells, and its clock. */
function telling() {
  /** @type {boolean[]} */
  const told = [];
  const clock = { now: 100_000 };
  const teller = new TypingTeller({ post: async (active) => told.push(active), now: () => clock.now });
  return { told, clock, teller };
}

test("while somebody types it is told at once, and then once in four seconds", () => {
  const { told, clock, teller } = telling();
  for (let time = 0; time < 12_000; time += 100) {
    teller.typed(false);
    clock.now += 100;
  }
  assert.deepEqual(told, [true, true, true]);
});

for (const [what, end] of /** @type {[string, (teller: TypingTeller) => void][]} */ ([
  ["an emptied field", (teller) => teller.typed(true)],
  ["sending, or leaving the field", (teller) => teller.ended()],
])) {
  test(`${what} ends it, once, and whatever is typed next begins anew at once`, () => {
    const { told, teller } = telling();
    teller.typed(false);
    end(teller);
    end(teller);
    teller.typed(false);
    assert.deepEqual(told, [true, false, true]);
  });
}

test("what was never begun, or has faded by itself, is not ended", () => {
  const { told, clock, teller } = telling();
  teller.ended();
  teller.typed(true);
  teller.typed(false);
  clock.now += 6000;
  teller.ended();
  assert.deepEqual(told, [true]);
});

test("a server that does not answer disturbs nothing", async () => {
  const teller = new TypingTeller({ post: () => Promise.reject(new Error("away")), now: () => 0 });
  teller.typed(false);
  teller.ended();
  await new Promise((resolve) => setImmediate(resolve));
});

/** What is shown, and the timers that are set. */
function showing() {
  /** @type {boolean[]} */
  const shows = [];
  /** @type {Map<number, {work: () => void, milliseconds: number}>} */
  const timers = new Map();
  let next = 0;
  const shown = new TypingShown({
    show: (active) => shows.push(active),
    later: (work, milliseconds) => {
      timers.set(++next, { work, milliseconds });
      return next;
    },
    cancel: (timer) => timers.delete(timer),
  });
  return { shows, timers, shown };
}

test("it is shown until it ends, and fades after six seconds when its end was lost", () => {
  const { shows, timers, shown } = showing();
  shown.take(true);
  assert.deepEqual([shows, [...timers.values()].map(({ milliseconds }) => milliseconds)], [[true], [6000]]);
  shown.take(false);
  assert.deepEqual([shows, timers.size], [[true, false], 0]);
  shown.take(true);
  for (const { work } of timers.values()) work();
  assert.deepEqual(shows, [true, false, true, false]);
});

test("told again, it is shown for as long again", () => {
  const { shows, timers, shown } = showing();
  shown.take(true);
  shown.take(true);
  assert.deepEqual([shows, timers.size], [[true, true], 1]);
});
