import assert from "node:assert/strict";
import { test } from "node:test";

import { Delivery } from "../../../static/js/lib/delivery.js";

/**
 * @param {Delivery} delivery
 * @param {number} most
 */
const marks = (delivery, most) => Array.from({ length: most }, (_, index) => delivery.of(index + 1));

test("what was read was delivered, and what is after both is sent", () => {
  const delivery = new Delivery();
  assert.deepEqual(marks(delivery, 2), ["sent", "sent"]);
  assert.equal(delivery.learn({ delivered: 2, read: 1 }, 3), 0);
  assert.deepEqual(marks(delivery, 3), ["read", "delivered", "sent"]);
  delivery.learn({ delivered: 0, read: 3 }, 3);
  assert.deepEqual(marks(delivery, 3), ["read", "read", "read"]);
});

test("a mark never goes back, and what is known already changes nothing", () => {
  const delivery = new Delivery();
  delivery.learn({ delivered: 3, read: 2 }, 3);
  assert.equal(delivery.learn({ delivered: 1, read: 1 }, 3), Infinity);
  assert.deepEqual(marks(delivery, 3), ["read", "read", "delivered"]);
});

test("of a long history only what was not marked so before may have another mark", () => {
  const delivery = new Delivery();
  delivery.learn({ delivered: 5000, read: 4998 }, 5000);
  assert.equal(delivery.learn({ delivered: 5001, read: 4998 }, 5001), 5000);
  assert.equal(delivery.learn({ delivered: 5001, read: 5001 }, 5001), 4998);
});

test("nothing is marked that this page does not know yet, whatever the server says", () => {
  const delivery = new Delivery();
  delivery.learn({ delivered: Number.MAX_SAFE_INTEGER, read: Number.MAX_SAFE_INTEGER }, 2);
  assert.deepEqual(marks(delivery, 4), ["read", "read", "sent", "sent"]);
});

test("for whoever has receipts off there are none, until they are on again", () => {
  const delivery = new Delivery();
  delivery.learn({ delivered: 2, read: 2 }, 2);
  assert.equal(delivery.learn(null, 2), 0);
  assert.deepEqual(marks(delivery, 2), ["sent", "sent"]);
  delivery.learn({ delivered: 1, read: 0 }, 2);
  assert.deepEqual(marks(delivery, 2), ["delivered", "sent"]);
});
