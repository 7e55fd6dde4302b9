//# allFunctionsCalledOnLoad
/**
 * The order in which the messages of a conversation were written, as far as they themselves say it: each counts its sender's, and names what
 * its sender had seen (docs/protocol.md, section 5). The server's order says the rest.
 *
 * @typedef {import("./opener.js").Opened} Opened
 */

import { nameOf } from "../crypto/bytes.js";

class Sorter {
  #history;
  /** @type {{places: number[], taken: number}[]} those of each sender that open, by their numbers, and how many of them are taken */
  #lines;
  /** @type {(number | null)[]} by place, where it stands in its line, if it opens */
  #ranks;
  /** @type {Map<string, number>} places by envelope hash */
  #places = new Map();
  /** @type {boolean[]} by place */
  #taken;
  /** @type {number[]} */
  #order = [];

  /** @param {Opened[]} history */
  constructor(history) {
    this.#history = history;
    this.#ranks = history.map(() => null);
    this.#taken = history.map(() => false);
    this.#lines = [true, false].map((mine) => ({ places: this.#line(mine), taken: 0 }));
  }

  sort() {
    this.#history.forEach((_message, place) => this.#take(place));
    return this.#order;
  }

  /** @param {boolean} mine */
  #line(mine) {
    /** @type {{place: number, counter: number}[]} */
    const counted = [];
    for (const [place, { mine: own, envelope, hash, failure }] of this.#history.entries()) {
      if (own !== mine || failure !== null || envelope === null || hash === null) continue;
      this.#places.set(nameOf(hash), place);
      counted.push({ place, counter: envelope.counter });
    }
    const places = counted.sort((one, other) => one.counter - other.counter).map(({ place }) => place);
    for (const [rank, place] of places.entries()) this.#ranks[place] = rank;
    return places;
  }

  /**
   * Takes a message, after those that it comes after. Who names each other in a circle is taken as they come.
   * @param {number} place
   */
  #take(place) {
    if (this.#taken[place]) return;
    this.#taken[place] = true;
    const { mine, envelope } = /** @type {Opened} */ (this.#history[place]);
    const rank = this.#ranks[place] ?? null;
    if (rank !== null && envelope !== null) {
      this.#takeBefore(rank, mine);
      const seen = this.#places.get(nameOf(envelope.seen));
      if (seen !== undefined && this.#history[seen]?.mine !== mine) this.#take(seen);
    }
    this.#order.push(place);
  }

  /**
   * @param {number} rank
   * @param {boolean} mine
   */
  #takeBefore(rank, mine) {
    const line = /** @type {{places: number[], taken: number}} */ (this.#lines[mine ? 0 : 1]);
    while (line.taken < rank) this.#take(/** @type {number} */ (line.places[line.taken++]));
  }
}

/**
 * @param {Opened[]} history as the server orders it. What does not open may be made up: it stays between those that the server puts it between
 * @returns {number[]} the places in `history`, in the order in which they were written
 */
export function asWritten(history) {
  return new Sorter(history).sort();
}

/**
 * Where an order is not the server's.
 * @param {number[]} order
 * @returns {Set<number>} the places of messages that the server puts after one that comes later: of several in a row, the first
 */
export function disorderIn(order) {
  let lowest = Infinity;
  const early = order.map(() => false);
  for (let index = order.length - 1; index >= 0; index--) {
    const place = /** @type {number} */ (order[index]);
    early[index] = place > lowest;
    lowest = Math.min(lowest, place);
  }
  return new Set(order.filter((_place, index) => early[index] && !early[index - 1]));
}
