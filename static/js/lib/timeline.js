//# allFunctionsCalledOnLoad
/**
 * The history on the page: puts messages in their places, with a line between days and one wherever there is something to be said about them,
 * and keeps what the reader looks at where it is.
 *
 * @typedef {import("./integrity.js").Entry & {element: SottoMessage, said: Said | null}} Entry
 * @typedef {import("./integrity.js").Shown<Entry>} Shown
 * @typedef {import("./amendments.js").Amended} Amended
 * @typedef {import("./opener.js").Opened} Opened
 * @typedef {{amended: Amended, quoted: SottoMessage | null, gist: import("./gist.js").Gist}} Said what others say about a message, what it quotes,
 *   and what is to be seen of that
 * @typedef {import("./sender.js").Stored} Stored
 * @typedef {import("./sender.js").Item} Item
 * @typedef {(stored: Entry[], reached: boolean) => import("./integrity.js").Findings<Entry>} Inspect as `Integrity` does
 */

import { uuidOf } from "../crypto/bytes.js";
import { SottoMessage } from "../elements/sotto-message.js";
import { EARLIER, lineOf, showAmended, showQuote } from "./amended_view.js";
import { inBlocks } from "./blocks.js";
import { onNewDay } from "./dates.js";
import { foldedIn } from "./groups.js";
import { KeptView } from "./kept_view.js";
import { gistOf, sameGist } from "./gist.js";
import { fillNotes, neighbour, placeDayLines, placeNotes, removeMessage } from "./lines.js";
import { readEnvelope } from "./opener.js";

/** What a message holds that cannot be looked into. @type {Opened} */
const NOTHING = { mine: false, envelope: null, hash: null, content: null, failure: "broken", parties: null };

export class Timeline {
  #log;
  #template;
  #beginning;
  #end;
  #last;
  #reached;
  #since = Date.now();
  /** @type {Inspect | null} */
  #inspect = null;
  /** @type {Map<string, SottoMessage>} messages on their way, by message id */
  #pending = new Map();
  /** @type {WeakMap<SottoMessage, import("../crypto/content.js").Reply>} what replies on their way say */
  #replies = new WeakMap();
  /** @type {Entry[]} the stored messages on the page that are open, by `seq`: a long history is not looked up in the document again and again */
  #entries = [];
  /** @type {SottoMessage[]} the same, as they stand on the page */
  #shown = [];
  /** @type {WeakMap<SottoMessage, Entry>} */
  #entryOf = new WeakMap();
  #inspecting = false;

  /**
   * @param {object} setting
   * @param {HTMLElement} setting.log scrolls
   * @param {HTMLTemplateElement} setting.template one message
   * @param {HTMLElement} setting.beginning stands before all messages
   * @param {HTMLElement} setting.end stands after those that are stored
   * @param {number} setting.begins the lowest `seq` that there is to be shown
   */
  constructor({ log, template, beginning, end, begins }) {
    this.#log = log;
    /** What the reader sees of it. */
    this.view = new KeptView(log);
    this.#template = template;
    this.#beginning = beginning;
    this.#end = end;
    this.#last = this.#stored().at(-1)?.seq ?? 0;
    this.#reached = this.first <= begins;
    // What others say about a message, or quote of it, goes with it.
    log.addEventListener("sotto-outlived", ({ target }) => {
      const entry = target instanceof SottoMessage ? this.#entryOf.get(target) : undefined;
      if (entry !== undefined) entry.said = null;
      this.#inspectOnce();
    });
    onNewDay(() => this.#shown.forEach(placeDayLines));
  }

  /** The lowest `seq` on the page, 0 for none. */
  get first() {
    return (this.#entries[0] ?? this.#stored()[0])?.seq ?? 0;
  }

  /** The highest `seq` on the page, 0 for none. */
  get last() {
    return this.#last;
  }

  /** Whether nothing is left to be loaded before the first. */
  get reached() {
    return this.#reached;
  }

  /**
   * @param {number} seq
   * @returns {SottoMessage[]} the stored messages on the page after this one, oldest first
   */
  after(seq) {
    const last = this.#entries.findLastIndex((entry) => entry.seq <= seq);
    return this.#entries.slice(last + 1).map(({ element }) => element);
  }

  /** The messages on their way. */
  get pending() {
    return [...this.#pending.values()];
  }

  /** The stored messages on the page, base64url, oldest first. */
  get envelopes() {
    return this.#stored().map(({ dataset }) => dataset.envelope ?? "");
  }

  /**
   * Opens the messages that came with the page, and lays lines between them. Whoever calls goes to the end.
   * @param {Inspect} inspect
   * @returns {Promise<Opened[]>} oldest first
   */
  async begin(inspect) {
    this.#inspect = inspect;
    const messages = this.#stored();
    const opened = await Promise.all(messages.map((message) => message.open()));
    messages.forEach(placeDayLines);
    this.#shown = messages;
    this.#note(messages, opened);
    return opened;
  }

  /**
   * Adds messages at the end, before those that are still on their way.
   * @param {Stored[]} messages oldest first
   * @returns {Promise<Opened[]>}
   */
  async append(messages) {
    const elements = messages.map((message) => this.#elementFor(message));
    const opened = await Promise.all(elements.map((element, index) => element.show(/** @type {Stored} */ (messages[index]))));
    const follow = this.view.atEnd;
    for (const element of elements) this.#place(element);
    this.#note(elements, opened);
    this.#last = messages.at(-1)?.seq ?? this.#last;
    if (follow) this.view.toEnd();
    return opened;
  }

  /**
   * Adds messages at the beginning, without moving what the reader sees.
   * @param {Stored[]} messages oldest first
   * @param {boolean} more whether the server says that there are still earlier ones
   */
  async prepend(messages, more) {
    const elements = messages.map(() => this.#make());
    const opened = await Promise.all(elements.map((element, index) => element.show(/** @type {Stored} */ (messages[index]))));
    this.#reached = !more;
    this.#putFirst(elements, opened);
    this.view.keep(this.#log.scrollTop, false);
  }

  /**
   * Shows a message of one's own in its state, until `append` brings it as stored.
   * @param {Item} item
   */
  showItem(item) {
    const id = uuidOf(item.messageId);
    const known = this.#pending.get(id);
    // It is being brought in as stored: nothing of its way counts any more.
    if (known !== undefined && known.seq > 0) return;
    if (item.state === "gone") return this.#remove(id);
    if (known === undefined && item.state === "sent") return;
    const element = known ?? this.#make();
    const hidden = known === undefined || known.hidden;
    element.showItem(item);
    if (known === undefined) this.#begin(id, element, item);
    // What was left unsent before does not take its reader away from what is unread.
    if (hidden && !element.hidden && item.time >= this.#since) this.view.toEnd();
  }

  /**
   * @param {SottoMessage} message a stored one
   * @returns {{opened: Opened, amended: Amended, quoted: SottoMessage | null} | null} null while it is not known
   */
  about(message) {
    const entry = this.#entryOf.get(message);
    return entry === undefined || entry.said === null ? null : { opened: entry.opened, ...entry.said };
  }

  /**
   * @param {import("../crypto/bytes.js").Bytes} id 16 bytes
   * @param {boolean} mine whether this account wrote it
   * @returns {string | null} what it says, in one line; null once it has gone
   */
  lineAt(id, mine) {
    const amended = this.#find(id, mine);
    if (amended === null) return EARLIER;
    return amended.open ? lineOf(amended) : null;
  }

  /** @param {string} id of a message on its way that is not to be shown any more */
  #remove(id) {
    const element = this.#pending.get(id);
    if (this.#pending.delete(id) && element !== undefined) removeMessage(element);
  }

  /** Does it once for all whose time is over at the same moment, before anything is drawn. */
  #inspectOnce() {
    if (this.#inspecting) return;
    this.#inspecting = true;
    queueMicrotask(() => {
      this.#inspecting = false;
      this.inspect();
    });
  }

  /** Says anew what there is to be said, when something else than the messages has changed. */
  inspect() {
    const found = this.#inspect?.(this.#entries, this.#reached);
    if (found === undefined) return;
    this.#drop(found.repeated);
    this.#arrange(found.shown.map(({ entry }) => entry.element));
    for (const shown of found.shown) this.#say(shown, found.shown);
    this.#fold(found.shown);
    fillNotes(this.#beginning, found.beginning);
    fillNotes(this.#end, found.end);
    for (const element of this.#pending.values()) this.#quote(element);
    this.#log.dispatchEvent(new CustomEvent("sotto-inspected"));
  }

  /** @param {{entry: Entry, notes: import("./notes.js").Note[]}[]} shown */
  #fold(shown) {
    const folded = foldedIn(shown.map(({ entry, notes }) => ({ content: entry.opened.content, noted: notes.length > 0 })));
    for (const [index, { entry }] of shown.entries()) {
      if (entry.opened.content?.kind === "disappeared" && entry.element.fold(folded[index] ?? false)) placeDayLines(entry.element);
    }
  }

  /**
   * Says on a message and before it what there is to be said, unless it stands there: a long history changes in few places at a time.
   * @param {Shown} shown
   * @param {Shown[]} all
   */
  #say(shown, all) {
    const { entry, notes, mark, amended } = shown;
    const { element } = entry;
    const { quote } = amended;
    const original = all[quote?.place ?? -1];
    const text = original === undefined ? null : lineOf(original.amended);
    const before = entry.said?.gist;
    const gist = gistOf(shown, text);
    entry.said = { amended, quoted: original?.entry.element ?? null, gist };
    if (sameGist(before, gist)) return;
    placeNotes(element, notes);
    element.showMark(mark);
    if (!amended.carrier) showAmended(element, amended, quote && { mine: quote.mine, text });
  }

  /**
   * Shows for the first time a message that is on its way.
   * @param {string} id
   * @param {SottoMessage} element
   * @param {Item} item
   */
  #begin(id, element, { content }) {
    this.#pending.set(id, element);
    if (content.kind === "reply") this.#replies.set(element, content);
    this.#quote(element);
    this.#log.append(element);
    placeDayLines(element);
  }

  /**
   * Shows what a reply on its way quotes, as it is now.
   * @param {SottoMessage} element
   */
  #quote(element) {
    const reply = this.#replies.get(element);
    if (reply === undefined) return;
    const mine = reply.author === "sender";
    const amended = this.#find(reply.target, mine);
    showQuote(element, { mine, text: amended && lineOf(amended) });
  }

  /**
   * @param {import("../crypto/bytes.js").Bytes} id 16 bytes
   * @param {boolean} mine
   * @returns {Amended | null} null when it is not on the page
   */
  #find(id, mine) {
    const uuid = uuidOf(id);
    const found = this.#shown.find((one) => one.dataset.messageId === uuid && this.#entryOf.get(one)?.opened.mine === mine);
    return (found && this.#entryOf.get(found)?.said?.amended) ?? null;
  }

  /**
   * @param {SottoMessage[]} elements earlier ones than all on the page
   * @param {Opened[]} opened what each holds
   */
  #putFirst(elements, opened) {
    this.#beginning.after(...inBlocks(elements));
    for (const element of elements) placeDayLines(element);
    this.#shown = [...elements, ...this.#shown];
    this.#note(elements, opened);
  }

  /**
   * Takes note of what new messages hold, and looks at all of them together.
   * @param {SottoMessage[]} elements
   * @param {(Opened | null)[]} opened what each holds
   */
  #note(elements, opened) {
    const entries = elements.map((element, index) => ({ element, seq: element.seq, at: element.at, opened: opened[index] ?? NOTHING, said: null }));
    for (const entry of entries) this.#entryOf.set(entry.element, entry);
    this.#entries = [...this.#entries, ...entries].sort((one, other) => one.seq - other.seq);
    this.inspect();
  }

  /** @param {Entry[]} repeated what is on the page already */
  #drop(repeated) {
    if (repeated.length === 0) return;
    const gone = new Set(repeated.map(({ element }) => element));
    gone.forEach(removeMessage);
    this.#entries = this.#entries.filter(({ element }) => !gone.has(element));
    this.#shown = this.#shown.filter((element) => !gone.has(element));
  }

  /**
   * Puts messages into the order in which they are to be shown, if they are in another.
   * @param {SottoMessage[]} wanted
   */
  #arrange(wanted) {
    if (this.#shown.every((element, index) => element === wanted[index])) return;
    this.#shown.forEach(removeMessage);
    this.#end.before(...inBlocks(wanted));
    this.#shown = wanted;
    // Their notes have gone with them.
    for (const entry of this.#entries) entry.said = null;
    for (const element of wanted) placeDayLines(element);
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
    // What has been shown already is not moved: it would be read out again.
    if (neighbour(this.#end, "nextElementSibling") === element) element.after(this.#end);
    else this.#end.before(element);
    this.#shown.push(element);
    placeDayLines(element);
  }

  /** @returns {SottoMessage[]} the stored messages on the page, by `seq` */
  #stored() {
    const all = [...this.#log.querySelectorAll("sotto-message")].filter((element) => element instanceof SottoMessage);
    const numbered = all.map((element) => ({ element, seq: element.seq })).filter(({ seq }) => seq > 0);
    return numbered.sort((one, other) => one.seq - other.seq).map(({ element }) => element);
  }

  /** @returns {SottoMessage} */
  #make() {
    const element = document.importNode(this.#template.content, true).firstElementChild;
    if (!(element instanceof SottoMessage)) throw new TypeError("the template holds no message");
    return element;
  }
}
