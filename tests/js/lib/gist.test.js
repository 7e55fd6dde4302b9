import assert from "node:assert/strict";
import { test } from "node:test";

import { gistOf, sameGist } from "../../../static/js/lib/gist.js";
import { remark } from "../../../static/js/lib/notes.js";

const PLAIN = {
  notes: [],
  mark: { arrived: null, early: false },
  amended: { carrier: false, open: true, text: "hello", edited: false, deleted: false, reactions: [], quote: null, notes: [] },
};
const amended = (/** @type {object} */ changes) => ({ ...PLAIN, amended: { ...PLAIN.amended, ...changes } });

test("where a message stands in the history is not seen on it", () => {
  const [here, there] = [3, 53].map((place) =>
    gistOf(amended({ quote: { mine: true, place }, reactions: [{ emoji: "🙏", mine: true, place }] }), "a quote"),
  );
  assert.ok(sameGist(here, /** @type {any} */ (there)));
});

test("whatever is said about a message makes another one of it", () => {
  const reaction = (/** @type {string} */ emoji, /** @type {boolean} */ mine) => ({ emoji, mine, place: 1 });
  const gists = [
    gistOf(PLAIN, null),
    gistOf({ ...PLAIN, notes: [remark("bob is called robert from here on.")] }, null),
    gistOf({ ...PLAIN, notes: [remark("bob's keys changed here.")] }, null),
    gistOf({ ...PLAIN, mark: { arrived: 7, early: false } }, null),
    gistOf({ ...PLAIN, mark: { arrived: null, early: true } }, null),
    gistOf(amended({ text: "hallo" }), null),
    gistOf(amended({ text: "hallo", edited: true }), null),
    gistOf(amended({ text: null, deleted: true, open: false }), null),
    gistOf(amended({ reactions: [reaction("🙏", true)] }), null),
    gistOf(amended({ reactions: [reaction("🙏", false)] }), null),
    gistOf(amended({ reactions: [reaction("🙏", false), reaction("🙏", true)] }), null),
    gistOf(amended({ quote: { mine: true, place: null } }), null),
    gistOf(amended({ quote: { mine: true, place: 1 } }), "an original"),
    gistOf(amended({ quote: { mine: true, place: 1 } }), "the original, edited"),
  ];
  gists.forEach((one, place) => gists.forEach((other, index) => assert.equal(sameGist(one, other), place === index)));
  assert.equal(sameGist(undefined, /** @type {any} */ (gists[0])), false);
});
