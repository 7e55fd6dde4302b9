/**
 * *Search in this conversation*: looks in the messages that this browser has opened, marks what is found, and opens older ones when asked to.
 * What is typed here goes nowhere.
 *
 * @typedef {import("./matching.js").Folded} Folded
 */

import { partsOf } from "./blocks.js";
import { unfold } from "./links.js";
import { excerptOf, findIn, fold, foldQuery, wordsOfHits, wordsOfScope } from "./matching.js";
import { byId } from "./page.js";

/** Not in every browser: there, only whole messages are marked. */
const highlights = "highlights" in CSS && typeof Highlight === "function" ? CSS.highlights : null;

/**
 * @param {HTMLElement} element
 * @param {import("./matching.js").Span[]} spans of its text
 * @returns {Range[]}
 */
function rangesIn(element, spans) {
  const nodes = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const pieces = /** @type {{node: Node, start: number, end: number}[]} */ ([]);
  for (let node = nodes.nextNode(), start = 0; node !== null; start = pieces.at(-1)?.end ?? 0, node = nodes.nextNode()) {
    pieces.push({ node, start, end: start + (node.textContent?.length ?? 0) });
  }
  return spans.flatMap(({ start, end }) => {
    const [first, last] = [pieces.find((piece) => start < piece.end), pieces.find((piece) => end <= piece.end)];
    if (first === undefined || last === undefined) return [];
    const range = document.createRange();
    range.setStart(first.node, start - first.start);
    range.setEnd(last.node, end - last.start);
    return [range];
  });
}

/**
 * @param {MutationRecord} change in a history
 * @returns {Node[]} the messages that have come, gone or changed
 */
function messagesIn({ target, addedNodes, removedNodes }) {
  const within = target instanceof Element ? target.closest("sotto-message") : null;
  return within === null ? [...addedNodes, ...removedNodes].flatMap(partsOf).filter((node) => node instanceof Element && node.matches("sotto-message")) : [within];
}

export class Finding {
  #log;
  #older;
  #bar = byId("finding");
  #field = byId("find", HTMLInputElement);
  #more = byId("find-older", HTMLButtonElement);
  /** @type {WeakMap<Element, Folded & {of: string}>} */
  #folded = new WeakMap();
  /** Messages that it was looked into. @type {Set<Element>} */
  #searched = new Set();
  /** Where the query stands in those in which it does. @type {Map<HTMLElement, Range[]>} */
  #found = new Map();
  /** The same messages, oldest first. @type {HTMLElement[]} */
  #hits = [];
  /** @type {HTMLElement | null} */
  #here = null;
  #searching = false;
  // Of a long history little changes at a time.
  #changes = new MutationObserver((changes) => this.#look(changes.flatMap(messagesIn)));

  /**
   * @param {object} setting
   * @param {HTMLElement} setting.log
   * @param {import("./history.js").OlderMessages} setting.older
   */
  constructor({ log, older }) {
    this.#log = log;
    this.#older = older;
    this.#field.addEventListener("input", () => this.#begin());
    this.#bar.addEventListener("submit", (event) => event.preventDefault());
    this.#bar.addEventListener("keydown", (event) => this.#press(event));
    byId("find-earlier").addEventListener("click", () => this.#go(-1));
    byId("find-later").addEventListener("click", () => this.#go(1));
    byId("find-close").addEventListener("click", () => this.close());
    this.#more.addEventListener("click", () => void (this.#searching ? (this.#searching = false) : this.#searchOlder()));
  }

  open() {
    this.#bar.hidden = false;
    this.#field.select();
    this.#field.focus();
    this.#changes.observe(this.#log, { childList: true, subtree: true });
    this.#begin();
  }

  close() {
    this.#searching = false;
    this.#changes.disconnect();
    this.#bar.hidden = true;
    this.#forget();
    this.#show(null);
    this.#log.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.key === "Escape") this.close();
    else if (event.key !== "Enter" || event.target !== this.#field || event.isComposing) return;
    else this.#go(event.shiftKey ? 1 : -1);
    event.preventDefault();
  }

  /** Looks for something else: from the newest message on. */
  #begin() {
    this.#show(null);
    this.#forget();
    this.#look([...this.#log.querySelectorAll("sotto-message")]);
    this.#show(this.#hits.at(-1) ?? null, true);
  }

  /** Nothing was looked into. */
  #forget() {
    this.#searched.clear();
    this.#found.clear();
    this.#hits = [];
    highlights?.delete("found");
  }

  /**
   * Looks into messages that have come, gone or changed.
   * @param {Node[]} messages
   */
  #look(messages) {
    const query = foldQuery(this.#field.value);
    const changed = [...new Set(messages)].filter((message) => message instanceof HTMLElement && this.#lookInto(message, query));
    if (changed.length > 0) this.#mark();
    if (this.#here !== null && !this.#found.has(this.#here)) this.#show(null);
    this.#say(query);
  }

  /**
   * @param {HTMLElement} message
   * @param {string} query
   * @returns {boolean} whether the query stands in it, or did
   */
  #lookInto(message, query) {
    const did = this.#found.delete(message);
    this.#searched.delete(message);
    // What could not be opened says nothing.
    if (!message.isConnected || message.hidden || message.dataset.time === undefined || message.querySelector("article.trouble") !== null) return did;
    this.#searched.add(message);
    const folded = this.#fold(message);
    if (query === "" || !folded.text.includes(query)) return did;
    this.#found.set(message, rangesIn(this.#textOf(message), findIn(folded, query)));
    return true;
  }

  /** @param {Element} message */
  #textOf(message) {
    return /** @type {HTMLElement} */ (message.querySelector(".bubble-text"));
  }

  /**
   * @param {Element} message
   * @returns {Folded}
   */
  #fold(message) {
    const of = this.#textOf(message).textContent ?? "";
    const known = this.#folded.get(message);
    if (known?.of === of) return known;
    const folded = { ...fold(of), of };
    this.#folded.set(message, folded);
    return folded;
  }

  #mark() {
    const all = /** @type {NodeListOf<HTMLElement>} */ (this.#log.querySelectorAll("sotto-message"));
    this.#hits = [...all].filter((element) => this.#found.has(element));
    const ranges = [...this.#found.values()].flat();
    if (ranges.length === 0) highlights?.delete("found");
    else highlights?.set("found", new Highlight(...ranges));
  }

  /**
   * @param {number} step -1 to an earlier hit, 1 to a later one; beyond the last one begins anew
   */
  #go(step) {
    const count = this.#hits.length;
    if (count === 0) return;
    const from = this.#here === null ? (step < 0 ? count : -1) : this.#hits.indexOf(this.#here);
    this.#show(/** @type {HTMLElement} */ (this.#hits[(from + step + count) % count]), true);
  }

  /**
   * @param {HTMLElement | null} hit the one to be shown
   * @param {boolean} [scroll]
   */
  #show(hit, scroll = false) {
    this.#here?.removeAttribute("data-found");
    this.#here = hit;
    hit?.setAttribute("data-found", "");
    if (scroll && hit !== null) this.#reach(hit);
    this.#sayHits(foldQuery(this.#field.value));
  }

  /**
   * Brings what is found into view: its message alone may be longer than the window.
   * @param {HTMLElement} hit
   */
  #reach(hit) {
    unfold(this.#textOf(hit));
    hit.scrollIntoView({ block: "center" });
    const found = this.#found.get(hit)?.[0]?.getBoundingClientRect();
    const window = this.#log.getBoundingClientRect();
    if (found && (found.top < window.top || found.bottom > window.bottom)) this.#log.scrollTop += found.top - (window.top + window.bottom) / 2;
  }

  /** @param {string} query */
  #say(query) {
    const scope = wordsOfScope(this.#searched.size, this.#older.done);
    byId("find-scope").textContent = query === "" ? "" : scope;
    this.#more.hidden = query === "" || this.#older.done;
    this.#more.textContent = this.#searching ? "Stop" : "Search older messages";
    this.#sayHits(query);
  }

  /** @param {string} query */
  #sayHits(query) {
    const place = this.#here === null ? 0 : this.#hits.length - this.#hits.indexOf(this.#here);
    const words = query === "" ? "" : wordsOfHits(this.#hits.length, place);
    const status = byId("find-hits");
    if (status.textContent !== words) status.textContent = words;
    byId("find-here").textContent = this.#here === null ? "" : this.#readOut(this.#here, query);
    for (const id of ["find-earlier", "find-later"]) byId(id, HTMLButtonElement).disabled = this.#hits.length === 0;
  }

  /**
   * @param {HTMLElement} hit
   * @param {string} query
   * @returns {string} who says it, when, and what
   */
  #readOut(hit, query) {
    const at = findIn(this.#fold(hit), query)[0]?.start ?? 0;
    const [who, when, what] = [hit.querySelector(".bubble-author"), hit.querySelector("time"), this.#textOf(hit)].map((part) => part?.textContent ?? "");
    return `${who}, ${when}: ${excerptOf(what ?? "", at)}`;
  }

  /** Opens older messages, page after page, until there are no more, or somebody stops it. */
  async #searchOlder() {
    this.#searching = true;
    this.#look([]);
    while (this.#searching && (await this.#older.pages()));
    this.#searching = false;
    this.#look([]);
  }
}

/**
 * @param {{log: HTMLElement, older: import("./history.js").OlderMessages}} setting
 */
export function startFinding(setting) {
  const finding = new Finding(setting);
  byId("find-in-conversation").addEventListener("click", () => finding.open());
}
