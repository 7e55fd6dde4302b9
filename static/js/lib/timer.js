//# allFunctionsCalledOnLoad
/**
 * A conversation's timer: after how many seconds what the two write from now on disappears (docs/protocol.md, *A message that has gone*).
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("./opener.js").Opened} Opened
 */

import { equal } from "../crypto/bytes.js";

/** What carries the timer's time in its header, as far as it can be told. */
const DATED = new Set(["text", "reply"]);

/**
 * @param {Opened[]} history in the order in which it was written
 * @returns {number | null} seconds, 0 for off; null when nothing in it says so
 */
export function timerIn(history) {
  const opened = history.filter(({ failure }) => failure === null).reverse();
  for (const { content } of opened) if (content?.kind === "timer") return content.seconds;
  const last = opened.find(({ content }) => content !== null && DATED.has(content.kind)) ?? opened[0];
  return last?.envelope?.lifetime ?? null;
}

export class Timer {
  #seconds = 0;
  /** @type {{messageId: Bytes, seconds: number} | null} set by this person, and on its way */
  #coming = null;
  #changed;

  /** @param {() => void} [changed] */
  constructor(changed = () => undefined) {
    this.#changed = changed;
  }

  /** In seconds, 0 for off. What is still on its way counts: what is written after it is sent after it. */
  get seconds() {
    return this.#coming?.seconds ?? this.#seconds;
  }

  /**
   * Takes what the messages on the page say.
   * @param {Opened[]} history in the order in which it was written
   */
  learn(history) {
    const { seconds } = this;
    const coming = this.#coming;
    if (coming !== null && history.some(({ mine, envelope }) => mine && envelope !== null && equal(envelope.messageId, coming.messageId))) this.#coming = null;
    this.#seconds = timerIn(history) ?? this.#seconds;
    if (this.seconds !== seconds) this.#changed();
  }

  /**
   * Takes note that this person has set it, by a message that is on its way.
   * @param {Bytes} messageId 16 bytes
   * @param {number} seconds
   */
  expect(messageId, seconds) {
    this.#coming = { messageId, seconds };
    this.#changed();
  }
}
