import assert from "node:assert/strict";
import { mock, test } from "node:test";

/** The browser's side of a stream. */
class Source extends EventTarget {
  static CLOSED = 2;
  /** @type {Source[]} every one that was opened */
  static all = [];
  readyState = 1;

  /** @param {string} address */
  constructor(address) {
    super();
    assert.equal(address, "/live/");
    Source.all.push(this);
  }

  /**
   * @param {string} type
   * @param {string} [data]
   */
  say(type, data = "{}") {
    this.dispatchEvent(new MessageEvent(type, { data }));
  }

  close() {
    this.readyState = Source.CLOSED;
  }

  /** The server answers an error. */
  refuse() {
    this.close();
    this.dispatchEvent(new Event("error"));
  }
}

class Channel extends EventTarget {
  postMessage() {}
}

const locks = { request: async (/** @type {string} */ _name, /** @type {() => unknown} */ work) => work() };
for (const [name, value] of Object.entries({ EventSource: Source, BroadcastChannel: Channel, navigator: { locks }, window: new EventTarget(), document: new EventTarget() })) {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}

const { listen } = await import("../../../static/js/lib/live.js");

/** A browser's look whether the session is over. @type {(signal: AbortSignal | null | undefined) => Promise<Response>} */
let look = async () => new Response(null, { status: 200 });
mock.method(globalThis, "fetch", (/** @type {string} */ _address, /** @type {RequestInit} */ { signal }) => look(signal));
mock.timers.enable({ apis: ["setTimeout"] });

/** @type {string[]} */
const heard = [];
listen(({ type }) => heard.push(type));

const current = () => /** @type {Source} */ (Source.all.at(-1));

/** @param {number} seconds */
async function pass(seconds) {
  for (let passed = 0; passed < seconds; passed++) {
    mock.timers.tick(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("a stream in which nothing is heard is given up for another one, and one that gives signs of life is not", async () => {
  const first = current();
  first.say("ready");
  for (let beats = 0; beats < 10; beats++) {
    await pass(20);
    first.say("beat");
  }
  assert.deepEqual([heard, Source.all.length], [["ready"], 1]);
  await pass(59);
  assert.deepEqual(heard, ["ready"]);
  await pass(3);
  assert.deepEqual([heard, first.readyState, Source.all.length], [["ready", "lost"], Source.CLOSED, 2]);
  current().say("ready");
  await pass(50);
  assert.deepEqual([heard, Source.all.length], [["ready", "lost", "ready"], 2]);
});

test("one that was refused is opened again once, even if the look whether the session is over is swallowed", async (context) => {
  context.mock.method(AbortSignal, "timeout", () => AbortSignal.abort(new DOMException("too late", "TimeoutError")));
  look = (signal) => new Promise((_resolve, reject) => signal?.aborted && reject(signal.reason));
  const before = Source.all.length;
  current().refuse();
  await pass(50);
  assert.equal(Source.all.length, before + 1);
});
