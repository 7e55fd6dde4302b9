import assert from "node:assert/strict";
import { test } from "node:test";

import { Feed } from "../../../static/js/lib/feed.js";

/** @param {number} seq */
const message = (seq) => ({ seq, at: 0, envelope: String(seq) });

/**
 * A feed over a server that holds `stored` messages and gives `size` at a time.
 * @param {{last?: number, stored: number, size?: number, suffices?: boolean}} setting
 */
function feedOver({ last = 0, stored, size = 50, suffices = true }) {
  /** @type {number[]} */
  const shown = [];
  let asked = 0;
  const server = { stored };
  const feed = new Feed({
    last,
    load: async (after) => {
      asked += 1;
      const left = Math.max(0, server.stored - after);
      const messages = Array.from({ length: Math.min(left, size) }, (_, index) => message(after + 1 + index));
      return { messages, keys: {}, bundles: {}, withheld: [], more: left > size, begins: 1, current_key: null, marks: null, contact: null };
    },
    suffices: async () => suffices,
    take: async ({ messages }) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      shown.push(...messages.map(({ seq }) => seq));
    },
  });
  return { feed, shown, server, asked: () => asked };
}

test("the next message is shown without asking", async () => {
  const { feed, shown, asked } = feedOver({ last: 2, stored: 3 });
  await feed.offer(message(3));
  assert.deepEqual([shown, asked(), feed.last], [[3], 0, 3]);
});

test("a message shown before is not shown again", async () => {
  const { feed, shown } = feedOver({ last: 2, stored: 3 });
  await Promise.all([feed.offer(message(3)), feed.offer(message(3)), feed.catchUp(), feed.offer(message(2))]);
  assert.deepEqual(shown, [3]);
});

test("a message without its key is asked for", async () => {
  const { feed, shown, asked } = feedOver({ last: 2, stored: 3, suffices: false });
  await feed.offer(message(3));
  assert.deepEqual([shown, asked()], [[3], 1]);
});

test("a gap brings in everything that is missing, once", async () => {
  const { feed, shown } = feedOver({ last: 1, stored: 6 });
  await Promise.all([feed.offer(message(4)), feed.offer(message(3)), feed.offer(message(6)), feed.offer(message(5))]);
  assert.deepEqual(shown, [2, 3, 4, 5, 6]);
});

test("a message that has come is shown even if the history leaves it out", async () => {
  const { feed, shown } = feedOver({ last: 1, stored: 2 });
  await feed.offer(message(4));
  assert.deepEqual([shown, feed.last], [[2, 4], 4]);
});

test("a message without its key is not shown as long as no answer brings it", async () => {
  const { feed, shown } = feedOver({ last: 1, stored: 2, suffices: false });
  await feed.offer(message(4));
  assert.deepEqual([shown, feed.last], [[2], 2]);
});

test("catching up goes on until nothing is left", async () => {
  const { feed, shown, asked } = feedOver({ stored: 120 });
  await feed.catchUp();
  assert.equal(shown.length, 120);
  assert.deepEqual([shown.at(-1), asked()], [120, 3]);
});

test("a message that cannot be passed on does not stand before those that follow", async () => {
  /** @type {number[]} */
  const taken = [];
  const take = async (/** @type {{messages: {seq: number}[]}} */ { messages }) => {
    if (messages[0]?.seq === 2) throw new Error("broken");
    taken.push(...messages.map(({ seq }) => seq));
  };
  const load = () => Promise.reject(new Error("nothing is missing"));
  const feed = new Feed({ last: 1, load, suffices: async () => true, take });
  await assert.rejects(feed.offer(message(2)), /broken/);
  await feed.offer(message(3));
  assert.deepEqual(taken, [3]);
});

test("after a failure the next event starts where the last one ended", async () => {
  const { feed, shown, server } = feedOver({ last: 1, stored: 3 });
  const load = () => Promise.reject(new Error("offline"));
  const failing = new Feed({ last: 1, load, suffices: async () => true, take: async () => undefined });
  await assert.rejects(failing.offer(message(3)), /offline/);
  assert.equal(failing.last, 1);
  server.stored = 4;
  await feed.offer(message(4));
  assert.deepEqual(shown, [2, 3, 4]);
});
