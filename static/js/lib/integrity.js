//# allFunctionsCalledOnLoad
/**
 * Looks at all of a conversation's messages on the page together, and says what is to be said about them: see order.js, continuity.js, clocks.js
 * and changes.js for each of the rules.
 *
 * @typedef {import("./epochs.js").Parties} Parties
 * @typedef {import("./chain.js").Head} Head
 * @typedef {import("./heads.js").Memory} Memory
 * @typedef {import("./notes.js").Note} Note
 * @typedef {import("./opener.js").Opened} Opened
 *
 * @typedef {object} Entry a stored message on the page
 * @property {number} seq
 * @property {number} at the server's time, milliseconds since 1970
 * @property {Opened} opened
 */

/**
 * @template {Entry} T
 * @typedef {object} Shown
 * @property {T} entry
 * @property {Note[]} notes what is to be said before it
 * @property {import("./clocks.js").TimeMark} mark
 * @property {import("./amendments.js").Amended} amended what the others say about it
 */

/**
 * @template {Entry} T
 * @typedef {object} Findings
 * @property {Shown<T>[]} shown in the order in which the messages are to be shown
 * @property {T[]} repeated those that are shown already
 * @property {Note[]} beginning
 * @property {Note[]} end
 */

import { amend } from "./amendments.js";
import { changesIn } from "./changes.js";
import { timeMarks } from "./clocks.js";
import { countIn, examine, repeatsIn } from "./continuity.js";
import { deleted, disordered } from "./notes.js";
import { asWritten, disorderIn } from "./order.js";

/**
 * @param {Entry | null} head the newest message of somebody
 * @param {Opened[]} messages theirs on the page
 * @returns {number} how many come before those on the page, as far as it can be told
 */
function countBefore(head, messages) {
  const counters = messages.flatMap(({ envelope, failure }) => (failure === null && envelope !== null ? [envelope.counter - 1] : []));
  if (counters.length > 0) return Math.min(...counters);
  return head?.opened.failure === null ? (head.opened.envelope?.counter ?? 0) : 0;
}

export class Integrity {
  #name;
  #begins;
  #withheld;
  #memory;
  #now;
  /** @type {{mine: Entry | null, theirs: Entry | null}} */
  #newest = { mine: null, theirs: null };

  /**
   * @param {object} setting
   * @param {string} setting.name the other person's
   * @param {number} setting.begins the first `seq` that the server says this person has not deleted
   * @param {import("./feed.js").Run[]} setting.withheld of the other person's counters, as the server says
   * @param {Pick<Memory, "seen" | "due">} setting.memory
   * @param {() => Omit<Parties, "epoch"> | null} setting.now the identities that the next message is for
   */
  constructor({ name, begins, withheld, memory, now }) {
    this.#name = name;
    this.#begins = begins;
    this.#withheld = withheld;
    this.#memory = memory;
    this.#now = now;
  }

  /**
   * Takes the newest message of each side, which may lie before the page, or be deleted.
   * @param {{mine: Entry | null, theirs: Entry | null}} newest
   */
  know(newest) {
    this.#newest = newest;
  }

  /**
   * Takes what the server says now that it keeps back, because this account blocked its writer.
   * @param {import("./feed.js").Run[]} withheld
   */
  withhold(withheld) {
    this.#withheld = withheld;
  }

  /**
   * @template {Entry} T
   * @param {T[]} stored by `seq`
   * @param {boolean} reached whether nothing is left to be loaded before them
   * @returns {Findings<T>}
   */
  inspect(stored, reached) {
    const repeats = repeatsIn(stored.map(({ opened }) => opened));
    const once = stored.filter((_entry, index) => !repeats[index]);
    const order = asWritten(once.map(({ opened }) => opened));
    const disorder = disorderIn(order);
    const entries = order.map((place) => /** @type {T} */ (once[place]));
    const before = this.#before(stored[0]?.seq ?? this.#begins);
    const { notes, end } = this.#examine(entries.map(({ opened }) => opened), reached, before);
    const marks = timeMarks(entries);
    const amended = amend(entries.map(({ opened }) => opened), this.#name);
    const shown = entries.map((entry, index) => ({
      entry,
      notes: [...(disorder.has(/** @type {number} */ (order[index])) ? [disordered()] : []), ...(notes[index] ?? []), ...(amended[index]?.notes ?? [])],
      mark: /** @type {import("./clocks.js").TimeMark} */ (marks[index]),
      amended: /** @type {import("./amendments.js").Amended} */ (amended[index]),
    }));
    const repeated = stored.filter((_entry, index) => repeats[index]);
    return { shown, repeated, beginning: reached ? this.#beginning(entries, before) : [], end };
  }

  /**
   * The newest message of each side, if it lies before the page.
   * @param {number} first the lowest `seq` on the page
   */
  #before(first) {
    const { mine, theirs } = this.#newest;
    return { mine: mine !== null && mine.seq < first ? mine : null, theirs: theirs !== null && theirs.seq < first ? theirs : null };
  }

  /**
   * @param {Opened[]} history
   * @param {boolean} reached
   * @param {{mine: Entry | null, theirs: Entry | null}} before
   * @returns {{notes: Note[][], end: Note[]}}
   */
  #examine(history, reached, before) {
    const name = this.#name;
    const complete = reached && this.#begins <= 1;
    const continuity = examine(history, { name, complete, mine: this.#known("mine", before), theirs: this.#known("theirs", before) });
    const parties = [before.mine, before.theirs].map((entry) => entry?.opened.parties ?? null);
    const newest = parties.reduce((one, other) => ((other?.epoch ?? 0) > (one?.epoch ?? 0) ? other : one), null);
    const changes = changesIn(history, { name, before: newest, reached, now: this.#now() });
    const notes = continuity.notes.map((found, index) => [...found, ...(changes.notes[index] ?? [])]);
    return { notes, end: [...continuity.end, ...changes.end] };
  }

  /**
   * @param {"mine" | "theirs"} whose
   * @param {{mine: Entry | null, theirs: Entry | null}} before
   */
  #known(whose, before) {
    const { seen, due } = this.#memory;
    const withheld = whose === "theirs" ? this.#withheld : [];
    return { before: before[whose]?.opened ?? null, seen: seen[whose], due: due[whose], withheld };
  }

  /**
   * @param {Entry[]} entries
   * @param {{mine: Entry | null, theirs: Entry | null}} before
   */
  #beginning(entries, before) {
    if (this.#begins <= 1) return [];
    const opened = entries.map((entry) => entry.opened);
    const mine = countBefore(before.mine, opened.filter((one) => one.mine));
    const theirs = countBefore(before.theirs, opened.filter((one) => !one.mine));
    const count = mine + theirs - countIn(this.#withheld, 0, theirs);
    return [deleted(count)];
  }
}
