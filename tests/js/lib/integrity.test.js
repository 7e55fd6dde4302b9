import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { Integrity } from "../../../static/js/lib/integrity.js";
import { having, next, stored, told, unopened, ZEROS } from "./written.js";

/** @typedef {import("./written.js").Told} Told */
/** @typedef {import("./written.js").ToldEntry} ToldEntry */
/** @typedef {import("../../../static/js/lib/heads.js").Heads} Heads */
/** @typedef {import("../../../static/js/lib/notes.js").Note} Note */

const PARTIES = { own: "a", peer: "b", name: "bob" };
const MINUTE = 60_000;

/** What happens next: who writes, how many of the other's messages are still on their way to them, after how long, and under the next key? */
const step = fc.record({ mine: fc.boolean(), unseen: fc.nat(3), minutes: fc.nat(30_000), rotates: fc.nat(5).map((dice) => dice === 0) });
const histories = fc.array(step, { minLength: 1, maxLength: 40 }).map(written);

/**
 * What two honest people write.
 * @param {{mine: boolean, unseen: number, minutes: number, rotates: boolean}[]} steps
 */
function written(steps) {
  /** @type {Told[]} */
  const history = [];
  let time = 1_700_000_000_000;
  for (const { mine, unseen, minutes, rotates } of steps) {
    time += minutes * MINUTE;
    const own = history.filter((message) => message.mine === mine).at(-1)?.envelope;
    const others = history.filter((message) => message.mine !== mine);
    const seen = others[Math.max(others.length - unseen, own?.seenCounter ?? 0) - 1];
    const newest = Math.max(1, ...history.map(({ envelope }) => envelope.epoch));
    // Who has not seen the newest message may still write under the key before.
    const least = Math.max(1, own?.epoch ?? 1, seen?.envelope.epoch ?? 1);
    const epoch = unseen > 0 ? Math.max(least, newest - 1) : newest + Number(rotates);
    history.push(next(history, mine, { time, epoch, ...(seen ? having(seen) : {}), parties: { ...PARTIES, epoch } }));
  }
  return history;
}

/** @param {Told[]} messages */
function headsOf(messages) {
  /** @type {Heads} */
  const heads = { mine: null, theirs: null, newest: null };
  for (const { mine, envelope, hash } of messages) heads[mine ? "mine" : "theirs"] = { counter: envelope.counter, hash, at: 0 };
  return heads;
}

const NO_HEADS = headsOf([]);

/**
 * What a browser that has seen `seen` says about a page.
 * @param {object} setting
 * @param {ToldEntry[]} setting.page
 * @param {boolean} [setting.reached]
 * @param {ToldEntry[]} [setting.all] what the server stores, from which it tells the newest messages
 * @param {number} [setting.begins]
 * @param {Heads} [setting.seen]
 * @param {import("../../../static/js/lib/feed.js").Run[]} [setting.withheld]
 */
function inspected({ page, reached = true, all = page, begins = 1, seen = NO_HEADS, withheld = [] }) {
  const integrity = new Integrity({ name: "bob", begins, withheld, memory: { seen, due: seen }, now: () => PARTIES });
  const newest = (/** @type {boolean} */ mine) => all.filter(({ opened }) => opened.mine === mine).at(-1) ?? null;
  integrity.know({ mine: newest(true), theirs: newest(false) });
  return integrity.inspect(page, reached);
}

/** @param {ReturnType<typeof inspected>} findings */
function sentences({ shown, beginning, end }) {
  const marks = shown.flatMap(({ mark }) => [mark.arrived === null ? [] : ["arrived"], mark.early ? ["early"] : []].flat());
  return [...[...shown.flatMap(({ notes }) => notes), ...beginning, ...end].map(({ words }) => words), ...marks];
}

/** @param {ReturnType<typeof inspected>} findings */
function isAsItShouldBe(findings, /** @type {ToldEntry[]} */ page) {
  assert.deepEqual(sentences(findings), []);
  assert.deepEqual(findings.repeated, []);
  assert.deepEqual(findings.shown.map(({ entry }) => entry.seq), page.map(({ seq }) => seq));
}

/** @param {ReturnType<typeof inspected>} findings */
const isSaid = (findings) => assert.notDeepEqual(sentences(findings), []);

/** @param {Told[]} messages under new numbers, as if nothing had happened */
const numbered = (messages) => stored(messages);

const place = fc.nat(1_000_000);

test("an honest history raises nothing, whole or in pages, and whatever was seen of it before", () => {
  fc.assert(
    fc.property(histories, place, place, (history, cut, known) => {
      const all = stored(history);
      const seen = headsOf(history.slice(0, known % (history.length + 1)));
      isAsItShouldBe(inspected({ page: all, seen }), all);
      for (let first = all.length - 1 - (cut % all.length); first > 0; first = Math.max(0, first - 3)) {
        const page = all.slice(first);
        isAsItShouldBe(inspected({ page, reached: false, all, seen }), page);
      }
    }),
  );
});

test("an honest history that comes live raises nothing at any moment", () => {
  fc.assert(
    fc.property(histories, place, place, (history, loaded, first) => {
      const all = stored(history);
      const at = loaded % (all.length + 1);
      const from = at === 0 ? 0 : first % at;
      for (let until = at; until <= all.length; until++) {
        const page = all.slice(from, until);
        const seen = headsOf(history.slice(0, until));
        isAsItShouldBe(inspected({ page, reached: from === 0, all: all.slice(0, at), seen }), page);
      }
    }),
  );
});

test("a block that was taken back leaves a line where messages were kept back", () => {
  fc.assert(
    fc.property(histories, place, place, (history, from, many) => {
      const all = stored(history);
      const theirs = all.filter(({ opened }) => !opened.mine);
      const begun = theirs.length === 0 ? 0 : from % theirs.length;
      const gone = theirs.slice(begun, begun + 1 + (many % 4));
      const [first, last] = [gone[0]?.opened.envelope.counter ?? 0, gone.at(-1)?.opened.envelope.counter ?? 0];
      const hidden = new Set(gone);
      // Who blocks writes nothing meanwhile, and names nothing of it later.
      const blind = all.filter(({ opened }) => !opened.mine || opened.envelope.seenCounter < first);
      const page = blind.filter((entry) => !hidden.has(entry));
      const findings = inspected({ page, withheld: gone.length > 0 ? [[first, last]] : [] });
      const said = findings.shown.flatMap(({ notes }) => notes).filter(({ words }) => words.startsWith("The server says that bob wrote"));
      assert.equal(said.length, page.some(({ opened }) => !opened.mine && opened.envelope.counter > last) && gone.length > 0 ? 1 : 0);
    }),
  );
});

test("after a deletion there stands how much is gone, and nothing else", () => {
  fc.assert(
    fc.property(histories, place, (history, deleted) => {
      const all = stored(history);
      const count = 1 + (deleted % all.length);
      const page = all.slice(count);
      const findings = inspected({ page, all, begins: count + 1, seen: headsOf(history) });
      const gone = count === 1 ? "1 earlier message is gone: the server says that you deleted it." : `${count} earlier messages are gone: the server says that you deleted them.`;
      assert.deepEqual(sentences(findings), [gone]);
    }),
  );
});

test("a message that was dropped is missed, wherever it was", () => {
  fc.assert(
    fc.property(histories, place, (history, dropped) => {
      const at = dropped % history.length;
      isSaid(inspected({ page: numbered(history.filter((_message, index) => index !== at)), seen: headsOf(history) }));
    }),
  );
});

test("a tail that was cut off is missed, to the message", () => {
  fc.assert(
    fc.property(histories, place, (history, from) => {
      const left = history.slice(0, from % history.length);
      const { end } = inspected({ page: stored(left), seen: headsOf(history) });
      const said = end.map(({ words }) => Number(/last (\d+) messages/u.exec(words)?.[1] ?? 1));
      assert.equal(said.reduce((sum, count) => sum + count, 0), history.length - left.length);
    }),
  );
});

test("a message that comes twice is shown once", () => {
  fc.assert(
    fc.property(histories, place, place, (history, which, where) => {
      const copy = /** @type {Told} */ (history[which % history.length]);
      const after = (which % history.length) + 1;
      const to = after + (where % (history.length - after + 1));
      const page = numbered([...history.slice(0, to), copy, ...history.slice(to)]);
      const findings = inspected({ page, seen: headsOf(history) });
      assert.deepEqual(findings.repeated.map(({ seq }) => seq), [to + 1]);
      assert.deepEqual(findings.shown.map(({ entry }) => entry.opened), history);
    }),
  );
});

test("two messages of one sender that change places are shown in their order, and it is said", () => {
  fc.assert(
    fc.property(histories, place, place, (history, one, other) => {
      const [a, b] = [one % history.length, other % history.length];
      fc.pre(a !== b && history[a]?.mine === history[b]?.mine);
      const swapped = [...history];
      [swapped[a], swapped[b]] = [/** @type {Told} */ (history[b]), /** @type {Told} */ (history[a])];
      const findings = inspected({ page: numbered(swapped), seen: headsOf(history) });
      for (const mine of [true, false]) {
        const counters = findings.shown.filter(({ entry }) => entry.opened.mine === mine).map(({ entry }) => entry.opened.envelope.counter);
        assert.deepEqual(counters, counters.map((_counter, index) => index + 1));
      }
      assert.ok(sentences(findings).some((words) => words.includes("in another order")));
    }),
  );
});

test("an answer that comes before what it answers is put after it, and it is said", () => {
  fc.assert(
    fc.property(histories, place, (history, which) => {
      const answers = history.flatMap(({ envelope }, index) => (envelope.seenCounter > 0 ? [index] : []));
      fc.pre(answers.length > 0);
      const at = /** @type {number} */ (answers[which % answers.length]);
      const answer = /** @type {Told} */ (history[at]);
      const moved = [answer, ...history.filter((message) => message !== answer)];
      const { shown } = inspected({ page: numbered(moved), seen: headsOf(history) });
      const order = shown.map(({ entry }) => entry.opened);
      const seen = order.findIndex(({ mine, envelope }) => mine !== answer.mine && envelope.counter === answer.envelope.seenCounter);
      assert.ok(seen < order.indexOf(answer));
      assert.ok(shown.some(({ notes }) => notes.some(({ words }) => words.includes("in another order"))));
    }),
  );
});

test("a message that another one stands in the place of is said", () => {
  fc.assert(
    fc.property(histories, place, (history, which) => {
      const at = which % history.length;
      const { mine, envelope, parties } = /** @type {Told} */ (history[at]);
      const other = told(mine, { ...envelope, time: envelope.time + 1, parties });
      isSaid(inspected({ page: numbered(history.with(at, other)), seen: headsOf(history) }));
    }),
  );
});

test("a false time of the server's is said beside the message, and changes nothing else", () => {
  fc.assert(
    fc.property(histories, place, fc.integer({ min: 6, max: 1_000_000 }), fc.boolean(), (history, which, minutes, later) => {
      const at = which % history.length;
      const page = stored(history).map((entry, index) => (index === at ? { ...entry, at: entry.at + (later ? minutes : -minutes) * MINUTE } : entry));
      assert.deepEqual(sentences(inspected({ page, seen: headsOf(history) })), ["arrived"]);
    }),
  );
});

test("a page that does not open says nothing of itself", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const page = stored(history.map((message) => unopened(message, "untrusted")));
      assert.deepEqual(sentences(inspected({ page, seen: headsOf(history) })), []);
    }),
  );
});

test("a server that says there is nothing earlier must show the first message", () => {
  const history = written([1, 2, 3, 4].map(() => ({ mine: false, unseen: 0, minutes: 1, rotates: false })));
  const page = stored(history).slice(2);
  assert.deepEqual(sentences(inspected({ page })), ["2 messages are missing here."]);
  assert.deepEqual(sentences(inspected({ page, reached: false })), []);
});

test("a conversation that the server no longer knows is missed", () => {
  const seen = headsOf([told(true), told(false)]);
  assert.equal(sentences(inspected({ page: [], seen })).length, 2);
});

test("a newest message that the server shows beside the page, and not on it, is missed", () => {
  const history = written([{ mine: false, unseen: 0, minutes: 1, rotates: false }, { mine: true, unseen: 0, minutes: 1, rotates: false }]);
  const all = stored(history);
  const seen = headsOf(history);
  assert.deepEqual(sentences(inspected({ page: all.slice(0, 1), all, seen })), ["The server no longer shows your last message, which this browser has seen."]);
});

test("a message under a new identity's key is said to be one, beside everything else", () => {
  const first = told(false, { parties: { ...PARTIES, peer: "before", epoch: 1 } });
  const third = told(false, { counter: 3, previous: ZEROS.with(0, 1), epoch: 2, parties: { ...PARTIES, epoch: 2 } });
  assert.deepEqual(sentences(inspected({ page: stored([first, third]) })), ["1 message is missing here.", "bob's keys changed here."]);
});
