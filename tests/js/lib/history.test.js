import assert from "node:assert/strict";
import { test } from "node:test";

import { OlderMessages } from "../../../static/js/lib/history.js";

test("who comes near the beginning sees older messages, also when the browser tells only then that they had been elsewhere", async () => {
  /** @type {(entries: {isIntersecting: boolean}[]) => void} */
  let tell = () => assert.fail("nobody looks");
  class Observer {
    constructor(/** @type {typeof tell} */ told) {
      tell = told;
    }
    observe() {}
    unobserve() {}
  }
  Object.assign(globalThis, { IntersectionObserver: Observer, document: { activeElement: null } });
  /** @type {number[]} */
  const asked = [];
  const load = async (/** @type {number} */ before) => {
    asked.push(before);
    const messages = [{ seq: before - 50, at: 0, envelope: "" }];
    return { messages, keys: {}, bundles: {}, withheld: [], more: true, begins: 1, current_key: null, marks: null, contact: null };
  };
  const page = { log: {}, button: { hidden: false, addEventListener: () => undefined } };
  const older = new OlderMessages(/** @type {ConstructorParameters<typeof OlderMessages>[0]} */ (/** @type {unknown} */ ({ ...page, first: 101, load, take: async () => undefined })));
  tell([{ isIntersecting: true }, { isIntersecting: false }]);
  assert.deepEqual(asked, []);
  tell([{ isIntersecting: false }, { isIntersecting: true }]);
  await older.page();
  assert.deepEqual(asked, [101]);
});
