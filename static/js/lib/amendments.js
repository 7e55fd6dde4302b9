//# allFunctionsCalledOnLoad
/**
 * What messages say about other messages (docs/protocol.md, *What a message says about another one*): edits, deletions, reactions and replies,
 * laid over the messages that they are about.
 *
 * @typedef {import("../crypto/content.js").Content} Content
 * @typedef {import("./notes.js").Note} Note
 * @typedef {import("./opener.js").Opened} Opened
 *
 * @typedef {object} Amended how one message is to be shown
 * @property {boolean} carrier whether it only says something about another one, and is not shown itself
 * @property {boolean} open whether it can be reacted to, quoted and deleted
 * @property {string | null} text what it says now; null when it holds no text, or no longer does
 * @property {boolean} edited
 * @property {boolean} deleted by its sender
 * @property {Reacted[]} reactions one for each person at most, in the order in which they came
 * @property {Quote | null} quote for a reply
 * @property {Note[]} notes what is to be said where it stands
 *
 * @typedef {object} Reacted
 * @property {string} emoji
 * @property {boolean} mine whether this account reacted so
 * @property {number} place in the history
 *
 * @typedef {object} Quote
 * @property {boolean} mine whether this account wrote the quoted message
 * @property {number | null} place of that in the history; null when it is not there
 */

import { nameOf } from "../crypto/bytes.js";
import { Notes } from "./notes.js";

/** Kinds that are not shown as messages of their own. */
const CARRIERS = new Set(["edit", "deletion", "reaction", "spent"]);

/** What others can be about. */
const TARGETS = new Set(["text", "reply", "unknown", "disappeared", "removed"]);

/**
 * @param {{kind: string} | null} content
 * @returns {boolean} whether it only says something about another message
 */
export const isCarrier = (content) => content !== null && CARRIERS.has(content.kind);

/** What can be reacted to, quoted and deleted from now on. */
const OPEN = new Set(["text", "reply", "unknown"]);

/** What a deletion leaves. */
const NOTHING_LEFT = { open: false, text: null, edited: false, reactions: [], quote: null };

/**
 * @param {Opened} message
 * @returns {Amended}
 */
function untouched({ content }) {
  const text = content?.kind === "text" || content?.kind === "reply" ? content.text : null;
  const open = content !== null && OPEN.has(content.kind);
  // Written out, not spread: it is made for every message of a long history, again and again.
  return { carrier: isCarrier(content), open, text, edited: false, deleted: false, reactions: [], quote: null, notes: [] };
}

/**
 * Everything that opened, each sender's in the order of its numbers: of two that say something about the same, the later one comes last.
 * @param {Opened[]} history
 */
function readable(history) {
  const opened = history.flatMap(({ mine, envelope, content }, place) => (envelope === null || content === null ? [] : [{ mine, envelope, content, place }]));
  return opened.sort((one, other) => one.envelope.counter - other.envelope.counter);
}

/** @typedef {ReturnType<typeof readable>[number]} Readable */

class Layers {
  #amended;
  #notes;
  /** What others can be about, by author and message id. @type {Record<"true" | "false", Map<string, Readable>>} */
  #targets = { true: new Map(), false: new Map() };

  /**
   * @param {Amended[]} amended
   * @param {Readable[]} opened
   * @param {string} name
   */
  constructor(amended, opened, name) {
    this.#amended = amended;
    this.#notes = { true: new Notes(name, true), false: new Notes(name, false) };
    for (const message of opened) {
      const [targets, id] = [this.#targets[`${message.mine}`], nameOf(message.envelope.messageId)];
      if (TARGETS.has(message.content.kind) && !targets.has(id)) targets.set(id, message);
    }
    for (const message of opened) this.#lay(message);
  }

  /** @param {Readable} message */
  #lay(message) {
    const { mine, content, place } = message;
    if (content.kind === "edit" || content.kind === "deletion") this.#change(message, content);
    if (content.kind !== "reaction" && content.kind !== "reply") return;
    const own = (content.author === "sender") === mine;
    const target = this.#targets[`${own}`].get(nameOf(content.target));
    if (content.kind === "reply") this.#at(place).quote = { mine: own, place: target?.place ?? null };
    else if (target !== undefined && this.#at(target.place).open) this.#react(this.#at(target.place), { emoji: content.emoji, mine, place });
  }

  /**
   * @param {Readable} message
   * @param {import("../crypto/content.js").Edit | import("../crypto/content.js").Deletion} content
   */
  #change({ mine, envelope, place }, content) {
    const target = this.#targets[`${mine}`].get(nameOf(content.target));
    const notes = this.#notes[`${mine}`];
    if (target === undefined) {
      if (this.#targets[`${!mine}`].has(nameOf(content.target))) this.#at(place).notes.push(notes.presumptuous());
    } else if (target.envelope.counter >= envelope.counter) {
      this.#at(place).notes.push(notes.premature());
    } else if (content.kind === "deletion") {
      this.#at(target.place).deleted = true;
    } else if (this.#at(target.place).text !== null) {
      Object.assign(this.#at(target.place), { text: content.text, edited: true });
    }
  }

  /**
   * @param {Amended} target
   * @param {Reacted} reacted
   */
  #react(target, reacted) {
    const others = target.reactions.filter(({ mine }) => mine !== reacted.mine);
    const all = reacted.emoji === "" ? others : [...others, reacted];
    target.reactions = all.sort((one, other) => one.place - other.place);
  }

  /** @param {number} place */
  #at(place) {
    return /** @type {Amended} */ (this.#amended[place]);
  }
}

/**
 * @param {Opened[]} history in the order in which it is shown, nothing twice
 * @param {string} name the other person's
 * @returns {Amended[]} one for each
 */
export function amend(history, name) {
  const amended = history.map(untouched);
  new Layers(amended, readable(history), name);
  return amended.map((one) => (one.deleted ? { ...one, ...NOTHING_LEFT } : one));
}
