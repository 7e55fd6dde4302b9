import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { randomBytes } from "../../static/js/crypto/bytes.js";
import { changesIn } from "../../static/js/lib/changes.js";
import { timeMarks } from "../../static/js/lib/clocks.js";
import { examine, repeatsIn } from "../../static/js/lib/continuity.js";
import { asWritten, disorderIn } from "../../static/js/lib/order.js";

/** @typedef {import("../../static/js/lib/opener.js").Opened} Opened */

/** Few hashes and few numbers, so that messages name each other, themselves, and in circles. */
const hashes = Array.from({ length: 6 }, () => randomBytes(32));
const anyHash = fc.constantFrom(new Uint8Array(32), ...hashes);
const anyCount = fc.constantFrom(0, 1, 2, 3, 4, 5, 2 ** 53 - 1);

const anyEnvelope = fc.record({
  keyId: fc.constantFrom(...hashes.map((hash) => hash.slice(16))),
  epoch: fc.constantFrom(1, 2, 2 ** 32 - 1),
  messageId: fc.constantFrom(...hashes.map((hash) => hash.slice(16))),
  counter: anyCount.map((count) => Math.max(count, 1)),
  previous: anyHash,
  seenCounter: anyCount,
  seen: anyHash,
  time: fc.constantFrom(0, 1_700_000_000_000, 8.64e15),
  lifetime: fc.constantFrom(0, 2 ** 32 - 1),
});

/** What the server shows, in whatever order, opened or not. */
const anyHistory = fc.array(
  fc
    .record({
      mine: fc.boolean(),
      envelope: fc.option(anyEnvelope, { freq: 9 }),
      hash: anyHash,
      failure: fc.option(fc.constantFrom("missing", "untrusted", "altered", "elsewhere", "broken"), { freq: 2 }),
      parties: fc.record({ epoch: fc.nat(3), own: fc.constantFrom("a", "b"), peer: fc.constantFrom("c", "d"), name: fc.constantFrom("bob", "bo") }),
    })
    .map(({ envelope, hash, parties, ...rest }) => /** @type {Opened} */ (
      /** @type {unknown} */ ({ ...rest, envelope, hash: envelope && hash, content: null, parties: rest.failure === null && envelope !== null ? parties : null })
    )),
  { maxLength: 12 },
);

const anyHead = fc.option(fc.record({ counter: anyCount, hash: anyHash }));
const anyKnown = fc.record({ before: fc.constant(null), seen: anyHead, due: anyHead });
const unbroken = /** @param {Opened[]} history */ (history) => history.map((one) => (one.envelope === null ? { ...one, failure: /** @type {const} */ ("altered") } : one));

test("in whatever order the server shows messages, each is shown once", () => {
  fc.assert(
    fc.property(anyHistory.map(unbroken), (history) => {
      const order = asWritten(history);
      assert.deepEqual([...order].sort((one, other) => one - other), [...history.keys()]);
      for (const place of disorderIn(order)) assert.ok(order.includes(place));
    }),
    { numRuns: 500 },
  );
});

test("whatever messages say of each other, something is said of each, or nothing", () => {
  fc.assert(
    fc.property(anyHistory.map(unbroken), fc.boolean(), anyKnown, anyKnown, (history, complete, mine, theirs) => {
      const { notes, end } = examine(history, { name: "bob", complete, mine, theirs });
      const changes = changesIn(history, { name: "bob", before: null, reached: complete, now: null });
      assert.deepEqual([notes.length, changes.notes.length, repeatsIn(history).length], [history.length, history.length, history.length]);
      for (const { words, advice } of [...notes.flat(), ...end, ...changes.notes.flat()]) assert.ok(words.endsWith(".") && !/NaN|undefined|null/.test(words + advice));
    }),
    { numRuns: 500 },
  );
});

test("whatever the times are, each message has its mark", () => {
  const times = fc.constantFrom(0, 1_700_000_000_000, 8.64e15, NaN);
  fc.assert(
    fc.property(fc.array(times), anyHistory.map(unbroken), (given, history) => {
      const marks = timeMarks(history.map((opened, index) => ({ at: given[index] ?? 0, opened })));
      assert.equal(marks.length, history.length);
    }),
  );
});

test("a long history in the worst of orders is put in order", () => {
  const many = 20_000;
  /** @param {number} index */
  const hashOf = (index) => {
    const hash = new Uint8Array(32);
    new DataView(hash.buffer).setUint32(0, index + 1);
    return hash;
  };
  const history = Array.from({ length: many }, (_, index) => {
    const envelope = { counter: Math.floor(index / 2) + 1, seen: hashOf(index - 1), messageId: hashOf(index).slice(0, 16) };
    return /** @type {Opened} */ (/** @type {unknown} */ ({ mine: index % 2 === 0, envelope, hash: hashOf(index), failure: null, content: null, parties: null }));
  });
  const order = asWritten(history.toReversed());
  assert.deepEqual(order, [...history.keys()].toReversed());
});
