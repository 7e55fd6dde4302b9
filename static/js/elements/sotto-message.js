//# allFunctionsCalledOnLoad
/**
 * `<sotto-message>`: one message, around the markup of `messaging/_message.html`, which the page carries once, as a template. It opens the envelope
 * in its `data-envelope` in place.
 *
 * @typedef {import("../lib/opener.js").Opened} Opened
 * @typedef {import("../lib/sender.js").Stored} Stored
 * @typedef {import("../lib/sender.js").Item} Item
 */

import { uuidOf } from "../crypto/bytes.js";
import { isCarrier } from "../lib/amendments.js";
import { momentOf, showTime } from "../lib/dates.js";
import { expiry, leftOf, spanOf } from "../lib/expiry.js";
import { showText } from "../lib/links.js";
import { FAILURE_WORDS, outlived } from "../lib/opener.js";
import { byId } from "../lib/page.js";
import { drawMark } from "../lib/row_marks.js";

const STATE_WORDS = { sending: "sending", sent: "sent", failed: "not sent", gone: "" };

/** What is shown as it says; of the rest it is said what it is. */
const SHOWN = new Set(["text", "reply", "timer"]);
/** What is left of a message that has gone. */
const OVER = new Set(["disappeared", "removed", "spent"]);

/** @returns {Node[]} what a message consists of */
function newParts() {
  const template = byId("message-template", HTMLTemplateElement);
  return [...(template.content.firstElementChild?.childNodes ?? [])].map((part) => document.importNode(part, true));
}

/** @typedef {(envelope: string) => Promise<Opened>} Open */

/** @type {(open: Open) => void} */
let provide;
/** @type {Promise<Open>} */
const provided = new Promise((resolve) => (provide = resolve));

/**
 * Gives all messages of the page the means to open themselves.
 * @param {Open} open
 */
export function openWith(open) {
  provide(open);
}

/** @type {(seq: number) => import("../lib/delivery.js").Mark} */
let deliveryOf = () => "sent";

/**
 * Gives all messages of the page the means to know how far they have come.
 * @param {typeof deliveryOf} find
 */
export function deliverWith(find) {
  deliveryOf = find;
}

/**
 * @param {Opened} opened
 * @returns {string}
 */
function wordsOf({ content, failure }) {
  if (failure !== null) return `This message ${FAILURE_WORDS[failure]}.`;
  if (content?.kind === "disappeared") return "What was written here has disappeared.";
  if (content?.kind === "removed") return "The server has removed this message.";
  return "This message is of a kind that this version of Sotto does not know.";
}

/**
 * What a message of one's own says while it is on its way.
 * @param {import("../crypto/content.js").Content} content
 * @param {string} who has written it
 * @returns {string}
 */
function wordsFor(content, who) {
  if (content.kind === "edit") return `Edit: ${content.text}`;
  if (content.kind === "deletion") return "Deletion of a message";
  if (content.kind === "reaction") return content.emoji === "" ? "Reaction taken back" : `Reaction: ${content.emoji}`;
  if (content.kind === "timer") return timerWords(content, who);
  return content.text;
}

/**
 * @param {import("../crypto/content.js").Timer} timer
 * @param {string} who
 */
const timerWords = ({ seconds }, who) =>
  seconds === 0 ? `${who} turned off disappearing messages.` : `${who} set messages to disappear after ${spanOf(seconds)}.`;

/**
 * @param {import("../lib/clocks.js").TimeMark} mark
 * @param {number} time what the message is shown as written at
 * @returns {string}
 */
function wordsAbout({ arrived, early }, time) {
  const words = [];
  if (arrived !== null) words.push(`The server says that this came ${momentOf(arrived, time)}.`);
  if (early) words.push("By its sender's clock, it was written before an earlier message.");
  return words.join(" ");
}

export class SottoMessage extends HTMLElement {
  /** @type {Promise<Opened> | null} set as soon as there is an envelope */
  opened = null;

  /** The message's number in the conversation, 0 while it has none. */
  get seq() {
    return Number(this.dataset.seq ?? 0);
  }

  /** When the server says that it came, in milliseconds since 1970. */
  get at() {
    return Number(this.dataset.at);
  }

  /** What it is shown as written at, in milliseconds since 1970: its sender's own time once it is opened. */
  get time() {
    return Number(this.dataset.time ?? this.dataset.at);
  }

  /**
   * Shows the stored message that the page came with.
   * @returns {Promise<Opened>} as `show`
   */
  open() {
    if (this.childElementCount === 0) this.append(...newParts());
    this.opened ??= this.#open(this.dataset.envelope ?? "");
    return this.opened;
  }

  /**
   * Shows a stored message.
   * @param {Stored} message
   * @returns {Promise<Opened>} when it is shown; never rejected, see `#open`
   */
  show({ seq, at, envelope }) {
    Object.assign(this.dataset, { seq, at, envelope });
    this.opened = this.#open(envelope);
    return this.opened;
  }

  /**
   * Shows a message of one's own that is on its way, and again whenever its state changes.
   * @param {Item} item
   */
  showItem({ messageId, content, time, state, reason }) {
    if (!this.dataset.messageId) {
      this.dataset.messageId = uuidOf(messageId);
      this.#showOwn(true);
      this.#showTime(time);
      this.#showContent(content);
    }
    // What only says something about another message is seen when something is wrong with it.
    this.hidden = isCarrier(content) && (state === "sending" || state === "sent");
    this.dataset.state = state;
    this.showDelivery();
    this.#part(".bubble-state").textContent = reason === "" ? STATE_WORDS[state] : `${STATE_WORDS[state]}: ${reason}`;
    this.#offerAgain(state === "failed");
    this.#part("article").classList.toggle("trouble", state === "failed");
  }

  /** Shows how far a message of one's own has come, once it is stored; again whenever that changes. */
  showDelivery() {
    // What is not opened yet has no parts, and shows it when it is.
    if (this.childElementCount === 0) return;
    const mark = this.querySelector(".mine") === null || this.dataset.state !== undefined ? null : deliveryOf(this.seq);
    const element = this.#part(".bubble-mark");
    const words = this.#part(".bubble-state");
    element.hidden = mark === null;
    words.classList.toggle("visually-hidden", mark !== null);
    words.hidden = mark === "delivered" || mark === "read";
    if (mark === null || element.dataset.mark === mark) return;
    drawMark(element, mark, words.hidden ? mark : "");
  }

  /**
   * Hides what is left of a message that has disappeared, or shows it.
   * @param {boolean} folded whether the one before it speaks for both
   * @returns {boolean} whether that is another thing than before
   */
  fold(folded) {
    if (this.hidden === folded || !this.classList.contains("gone")) return false;
    this.hidden = folded;
    return true;
  }

  /**
   * Says what there is to be said about the time that is shown.
   * @param {import("../lib/clocks.js").TimeMark} mark
   */
  showMark(mark) {
    const words = wordsAbout(mark, this.time);
    const link = this.#part(".bubble-clock > a");
    if (link.textContent !== words) link.textContent = words;
    this.#part(".bubble-clock").hidden = words === "";
  }

  /**
   * Whatever is in a message, and whatever fails: it becomes a message on the page, so that the others can be read.
   * @param {string} envelope base64url
   * @returns {Promise<Opened>}
   */
  async #open(envelope) {
    /** @type {Opened} */
    let opened = { mine: false, envelope: null, hash: null, content: null, failure: "broken", parties: null };
    try {
      opened = await (await provided)(envelope);
      this.#showOpened(opened);
    } catch (error) {
      console.error(error);
      opened = { ...opened, content: null, failure: "broken" };
      showText(this.#part(".bubble-text"), wordsOf(opened));
    }
    return opened;
  }

  /** @param {Opened} opened */
  #showOpened(opened) {
    if (opened.envelope !== null) this.dataset.messageId = uuidOf(opened.envelope.messageId);
    this.#showOwn(opened.mine);
    this.#showTime(opened.failure === null && opened.envelope !== null ? opened.envelope.time : Number(this.dataset.at));
    this.#part("article").classList.toggle("trouble", opened.failure !== null || opened.content?.kind === "removed");
    this.#part(".bubble-state").textContent = opened.mine ? STATE_WORDS.sent : "";
    this.#offerAgain(false);
    delete this.dataset.state;
    this.showDelivery();
    this.classList.toggle("gone", opened.content?.kind === "disappeared");
    this.hidden = isCarrier(opened.content);
    if (opened.content !== null && SHOWN.has(opened.content.kind)) this.#showContent(/** @type {import("../crypto/content.js").Content} */ (opened.content));
    else showText(this.#part(".bubble-text"), this.hidden ? "" : wordsOf(opened));
    this.#watch(opened);
  }

  /**
   * Has the message go when its time is over.
   * @param {Opened} opened
   */
  #watch(opened) {
    const { envelope, failure, content } = opened;
    this.#part(".bubble-lifetime").hidden = true;
    expiry.forget(this);
    if (failure !== null || envelope === null || envelope.lifetime === 0 || content === null || OVER.has(content.kind)) return;
    expiry.watch(this, { at: envelope.time + 1000 * envelope.lifetime, show: (left) => this.#showLeft(left), end: () => this.#end(opened) });
  }

  /** @param {number} left milliseconds */
  #showLeft(left) {
    const { short, long } = leftOf(left);
    const place = this.#part(".bubble-lifetime");
    place.hidden = false;
    place.ariaLabel = `Disappears in ${long}`;
    if (this.#part(".bubble-left").textContent !== short) this.#part(".bubble-left").textContent = short;
  }

  /**
   * Its time is over: nothing of what it says stays on the page, nor with those who were handed it.
   * @param {Opened} opened
   */
  #end(opened) {
    opened.content = outlived(opened.content);
    delete this.dataset.envelope;
    this.#showOpened(opened);
    this.dispatchEvent(new CustomEvent("sotto-outlived", { bubbles: true }));
  }

  /** @param {import("../crypto/content.js").Content} content */
  #showContent(content) {
    this.classList.toggle("event", content.kind === "timer");
    const author = this.#part(".bubble-author");
    showText(this.#part(".bubble-text"), wordsFor(content, author.textContent ?? ""));
    // It is in the sentence already.
    if (content.kind === "timer") author.textContent = "";
  }

  /** @param {boolean} offered whether it can be tried again, or taken back */
  #offerAgain(offered) {
    for (const selector of [".bubble-retry", ".bubble-take-back"]) this.#part(selector).hidden = !offered;
  }

  /** @param {boolean} mine */
  #showOwn(mine) {
    this.#part("article").classList.toggle("mine", mine);
    this.#part(".bubble-author").textContent = mine ? "You" : (this.dataset.peer ?? "");
  }

  /** @param {number} time */
  #showTime(time) {
    this.dataset.time = String(time);
    const element = this.querySelector("time");
    if (element !== null) showTime(element, time);
  }

  /**
   * @param {string} selector
   * @returns {HTMLElement}
   */
  #part(selector) {
    const part = this.querySelector(selector);
    if (!(part instanceof HTMLElement)) throw new TypeError(`a message has no ${selector}`);
    return part;
  }
}

customElements.define("sotto-message", SottoMessage);
