import assert from "node:assert/strict";
import { test } from "node:test";

import { endOf } from "../../../static/js/lib/list_end.js";

test("a list that is seen whole begins at its beginning", () => {
  assert.deepEqual(endOf([0, 40, 80], { length: 120, height: 300 }), { top: 0, room: 0 });
  assert.deepEqual(endOf([], { length: 0, height: 300 }), { top: 0, room: 0 });
});

test("a longer one begins with the first item that is seen whole, and leaves room after the last one", () => {
  assert.deepEqual(endOf([0, 40, 80, 120], { length: 160, height: 100 }), { top: 80, room: 20 });
  assert.deepEqual(endOf([0, 40, 80, 120], { length: 160, height: 80 }), { top: 80, room: 0 });
});

test("what would leave half of it empty begins with the item before", () => {
  assert.deepEqual(endOf([0, 40, 300], { length: 320, height: 100 }), { top: 40, room: 0 });
  assert.deepEqual(endOf([0, 40], { length: 400, height: 100 }), { top: 40, room: 0 });
});
