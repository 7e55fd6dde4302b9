//# allFunctionsCalledOnLoad
/**
 * A conversation's timer: after how many seconds what the two write from now on disappears (docs/protocol.md, *A message that has gone*).
 *
 * @typedef {import("./opener.js").Opened} Opened
 * @typedef {import("./sender.js").Item} Item
 */

import { uuidOf } from "../crypto/bytes.js";

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
  /** @type {Map<string, number>} those that this person has set and that are on their way, by message id, in the order of writing */
  #coming = new Map();
  #changed;

  /** @param {() => void} [changed] */
  constructor(changed = () => undefined) {
    this.#changed = changed;
  }

  /** In seconds, 0 for off. What is still on its way counts: what is written after it is sent after it. */
  get seconds() {
    return [...this.#coming.values()].at(-1) ?? this.#seconds;
  }

  /**
   * Takes what the messages on the page say.
   * @param {Opened[]} history in the order in which it was written
   */
  learn(history) {
    this.#change(() => {
      if (this.#coming.size > 0) for (const { mine, envelope } of history) if (mine && envelope !== null) this.#coming.delete(uuidOf(envelope.messageId));
      this.#seconds = timerIn(history) ?? this.#seconds;
    });
  }

  /**
   * Takes note of a message of this person's that is on its way, in whatever tab it was written, or is no more: then it was taken back.
   * @param {Pick<Item, "messageId" | "content" | "state">} item
   */
  note({ messageId, content, state }) {
    if (content.kind !== "timer") return;
    this.#change(() => {
      if (state === "gone") this.#coming.delete(uuidOf(messageId));
      // One that is stored counts on until it is there.
      else if (state !== "sent") this.#coming.set(uuidOf(messageId), content.seconds);
    });
  }

  /** @param {() => void} work */
  #change(work) {
    const { seconds } = this;
    work();
    if (this.seconds !== seconds) this.#changed();
  }
}
