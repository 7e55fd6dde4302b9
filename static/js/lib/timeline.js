/**
 * The history on the page: puts messages in their places, with a line between days and one wherever something is wrong with their order, and
 * keeps what the reader looks at where it is.
 *
 * @typedef {import("./opener.js").Opened} Opened
 * @typedef {import("./sender.js").Stored} Stored
 * @typedef {import("./sender.js").Item} Item
 */

import { uuidOf } from "../crypto/bytes.js";
import { SottoMessage } from "../elements/sotto-message.js";
import { examine } from "./continuity.js";
import { dayName, dayOf } from "./dates.js";
import { readEnvelope } from "./opener.js";

/** What a message holds that cannot be looked into. @type {Opened} */
const NOTHING = { mine: false, envelope: null, hash: null, content: null, failure: "broken" };

/** How far from its end, in pixels, the history still counts as being at its end. */
const NEAR = 80;

/**
 * The next message before or after an element.
 * @param {Element} element
 * @param {"previousElementSibling" | "nextElementSibling"} direction
 * @returns {SottoMessage | null}
 */
function neighbour(element, direction) {
  let next = element[direction];
  while (next !== null && !(next instanceof SottoMessage)) next = next[direction];
  return next;
}

const LINES = ".day-line, .event-line";

/**
 * The first of a message's lines, or the message.
 * @param {SottoMessage} message
 * @returns {Element}
 */
function startOf(message) {
  /** @type {Element} */
  let start = message;
  while (start.previousElementSibling?.matches(LINES)) start = start.previousElementSibling;
  return start;
}

/**
 * The line of a kind that belongs to a message. Those of all kinds stand right before it.
 * @param {SottoMessage} message
 * @param {"day-line" | "event-line"} kind
 * @returns {Element | null}
 */
function lineOf(message, kind) {
  let line = message.previousElementSibling;
  while (line?.matches(LINES) && !line.classList.contains(kind)) line = line.previousElementSibling;
  return line?.classList.contains(kind) ? line : null;
}

/**
 * @param {SottoMessage} message
 * @param {"day-line" | "event-line"} kind
 * @param {string} text empty for none
 */
function placeLine(message, kind, text) {
  const line = lineOf(message, kind);
  if ((line?.textContent ?? "") === text) return;
  line?.remove();
  if (text === "") return;
  const fresh = document.createElement("p");
  fresh.className = kind;
  fresh.textContent = text;
  message.before(fresh);
}

/** @param {SottoMessage} message */
function placeDayLine(message) {
  const before = neighbour(message, "previousElementSibling");
  const same = before !== null && dayOf(before.time) === dayOf(message.time);
  placeLine(message, "day-line", same ? "" : dayName(message.time));
}

/**
 * Takes a message and its lines away.
 * @param {SottoMessage} message
 */
function remove(message) {
  placeLine(message, "day-line", "");
  placeLine(message, "event-line", "");
  const after = neighbour(message, "nextElementSibling");
  message.remove();
  if (after !== null) placeDayLine(after);
}

/** @param {SottoMessage} message */
function placeDayLines(message) {
  placeDayLine(message);
  const after = neighbour(message, "nextElementSibling");
  if (after !== null) placeDayLine(after);
}

export class Timeline {
  #log;
  #template;
  #last;
  /** @type {Map<string, SottoMessage>} messages on their way, by message id */
  #pending = new Map();
  /** @type {WeakMap<SottoMessage, Opened>} */
  #opened = new WeakMap();

  /**
   * @param {object} setting
   * @param {HTMLElement} setting.log scrolls
   * @param {HTMLTemplateElement} setting.template one message
   */
  constructor({ log, template }) {
    this.#log = log;
    this.#template = template;
    this.#last = this.#stored().at(-1)?.seq ?? 0;
  }

  /** The lowest `seq` on the page, 0 for none. */
  get first() {
    return this.#stored()[0]?.seq ?? 0;
  }

  /** The highest `seq` on the page, 0 for none. */
  get last() {
    return this.#last;
  }

  /** The stored messages on the page, base64url, oldest first. */
  get envelopes() {
    return this.#stored().map(({ dataset }) => dataset.envelope ?? "");
  }

  /** Whether the reader is at the end of the history. */
  get atEnd() {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR;
  }

  /** Goes to the end of the history. */
  toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  /**
   * Waits until the messages that came with the page are open, and lays lines between their days.
   * @returns {Promise<Opened[]>} oldest first
   */
  async begin() {
    const messages = this.#stored();
    const opened = await Promise.all(messages.map((message) => message.opened));
    messages.forEach(placeDayLine);
    this.#examine(messages, opened);
    this.toEnd();
    return opened.filter((one) => one !== null);
  }

  /**
   * Adds messages at the end, before those that are still on their way.
   * @param {Stored[]} messages oldest first
   * @returns {Promise<Opened[]>}
   */
  async append(messages) {
    const elements = messages.map((message) => this.#elementFor(message));
    const opened = await Promise.all(elements.map((element, index) => element.show(/** @type {Stored} */ (messages[index]))));
    const follow = this.atEnd;
    for (const element of elements) this.#place(element);
    this.#examine(elements, opened);
    this.#last = messages.at(-1)?.seq ?? this.#last;
    if (follow) this.toEnd();
    return opened;
  }

  /**
   * Adds messages at the beginning, without moving what the reader sees.
   * @param {Stored[]} messages oldest first
   */
  async prepend(messages) {
    const elements = messages.map(() => this.#make());
    const opened = await Promise.all(elements.map((element, index) => element.show(/** @type {Stored} */ (messages[index]))));
    const [first] = this.#stored();
    const fromEnd = this.#log.scrollHeight - this.#log.scrollTop;
    if (first === undefined) this.#log.append(...elements);
    else startOf(first).before(...elements);
    for (const element of [...elements, ...(first ? [first] : [])]) placeDayLine(element);
    this.#examine(elements, opened);
    this.#log.scrollTop = this.#log.scrollHeight - fromEnd;
  }

  /**
   * Shows a message of one's own in its state, until `append` brings it as stored.
   * @param {Item} item
   */
  showItem(item) {
    const id = uuidOf(item.messageId);
    const known = this.#pending.get(id);
    if (known !== undefined) return known.showItem(item);
    if (item.state === "sent") return;
    const element = this.#make();
    this.#pending.set(id, element);
    element.showItem(item);
    this.#log.append(element);
    placeDayLines(element);
    this.toEnd();
  }

  /**
   * Takes away what is repeated, and says where something is wrong, once more of the history is on the page.
   * @param {SottoMessage[]} elements the new ones
   * @param {(Opened | null)[]} opened what each holds
   */
  #examine(elements, opened) {
    elements.forEach((element, index) => this.#opened.set(element, opened[index] ?? NOTHING));
    const stored = this.#stored().filter((element) => this.#opened.has(element));
    const findings = examine(stored.map((element) => this.#opened.get(element) ?? NOTHING), this.first <= 1);
    stored.forEach((element, index) => {
      const { repeated, words } = findings[index] ?? { repeated: false, words: "" };
      if (repeated) remove(element);
      else placeLine(element, "event-line", words);
    });
  }

  /**
   * The element for a stored message: what was shown of it while it was on its way, or a new one.
   * @param {Stored} message
   */
  #elementFor({ envelope }) {
    const read = readEnvelope(envelope);
    return (read && this.#pending.get(uuidOf(read.messageId))) ?? this.#make();
  }

  /**
   * Puts a stored message where it belongs: after the other stored ones, before those on their way.
   * @param {SottoMessage} element
   */
  #place(element) {
    this.#pending.delete(element.dataset.messageId ?? "");
    const [next] = this.#pending.values();
    if (next !== undefined) next.before(element);
    else if (element.nextElementSibling !== null || !element.isConnected) this.#log.append(element);
    placeDayLines(element);
  }

  /** @returns {SottoMessage[]} the stored messages on the page, oldest first */
  #stored() {
    const all = [...this.#log.querySelectorAll("sotto-message")].filter((element) => element instanceof SottoMessage);
    return all.filter(({ seq }) => seq > 0);
  }

  /** @returns {SottoMessage} */
  #make() {
    const element = document.importNode(this.#template.content, true).firstElementChild;
    if (!(element instanceof SottoMessage)) throw new TypeError("the template holds no message");
    return element;
  }
}
