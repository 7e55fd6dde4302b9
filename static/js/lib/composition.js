/**
 * What the composer's text is going to be: a message, a reply to one, or another text for one. The bar above the field says so, and *Cancel*
 * and Escape end it. What was typed before an edit, and what it was to answer, comes back after it.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/content.js").Author} Author
 * @typedef {import("../crypto/content.js").Content} Content
 * @typedef {import("../crypto/unsent.js").Composed} Composed
 *
 * @typedef {object} Reply
 * @property {Bytes} target
 * @property {Author} author
 * @property {string} title
 * @property {string} line the message, in one line
 *
 * @typedef {object} Edit
 * @property {Bytes} target
 * @property {number} lifetime of the message
 * @property {string} now its text
 * @property {string} before what was typed to be sent as a message
 */

import { byId } from "./page.js";

/** Is said to who begins something else. */
export const BUSY = "Finish what you are editing first, or cancel it.";

/** @param {string[]} texts */
const joined = (...texts) => texts.filter((text) => text !== "").join("\n\n");

export class Composition {
  #field;
  #bar = byId("composition");
  /** @type {Reply | null} */
  #reply = null;
  /** @type {Edit | null} */
  #edit = null;
  #quiet = false;
  #telling = true;
  /** Is called when something else has changed than what the person types. */
  onChange = () => {};

  /** @param {HTMLTextAreaElement} field */
  constructor(field) {
    this.#field = field;
    byId("composition-cancel").addEventListener("click", () => this.cancel());
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing || this.about === null) return;
      event.preventDefault();
      this.cancel();
    });
  }

  /** What stands here, and what comes back after an edit. @returns {Composed} */
  get draft() {
    const reply = this.#reply && { target: this.#reply.target, author: this.#reply.author };
    if (this.#edit === null) return { text: this.#field.value, reply, edit: null };
    const { target, lifetime, now, before } = this.#edit;
    return { text: before, reply, edit: { target, lifetime, text: this.#field.value === now ? "" : this.#field.value } };
  }

  /** Whether the text is to take the place of a message's. */
  get edits() {
    return this.#edit !== null;
  }

  /** Whether something was typed that is to take the place of a message's text: it must not go with what somebody presses elsewhere. */
  get unfinished() {
    return this.#edit !== null && this.#field.value !== this.#edit.now;
  }

  /** The message that the next text is about, and who wrote it; null when it is about none. @returns {{target: Bytes, author: Author} | null} */
  get about() {
    return this.#edit === null ? this.#reply : { target: this.#edit.target, author: "sender" };
  }

  /**
   * The next text answers a message.
   * @param {{target: Bytes, author: Author}} about
   * @param {string} whom
   * @param {string} line the message, in one line
   */
  reply({ target, author }, whom, line) {
    this.#endEdit();
    this.#reply = { target, author, title: `Reply to ${whom}`, line };
    this.#changed();
  }

  /**
   * The next text takes the place of a message's.
   * @param {{target: Bytes, lifetime: number}} about
   * @param {string} now its text
   * @param {string} [text] what stands in the field to be changed
   */
  edit({ target, lifetime }, now, text = now) {
    this.#endEdit();
    this.#edit = { target, lifetime, now, before: this.#field.value };
    this.#field.value = text;
    this.#changed();
  }

  /**
   * A text comes back that was to be sent: before what was typed meanwhile.
   * @param {string} text
   */
  add(text) {
    this.#field.value = joined(text, this.#field.value);
    this.#changed();
  }

  /**
   * A text goes out.
   * @param {string} text
   * @returns {[content: Content, lifetime: number | undefined]} what it is sent as, and its lifetime where that is not the conversation's
   */
  take(text) {
    if (this.#edit !== null) {
      const { target, lifetime } = this.#edit;
      this.#endEdit();
      return [{ kind: "edit", target, text }, lifetime];
    }
    const reply = this.#reply;
    this.#reply = null;
    this.#show();
    if (reply === null) return [{ kind: "text", text }, undefined];
    return [{ kind: "reply", target: reply.target, author: reply.author, text }, undefined];
  }

  /**
   * Changes something without taking the keyboard to the field: on a phone it would come up, and hide half of what is to be read.
   * @param {() => void} work
   */
  quietly(work) {
    this.#quiet = true;
    try {
      work();
    } finally {
      this.#quiet = false;
    }
  }

  /**
   * Changes something that may still fail: `onChange` is not called for it.
   * @param {() => void} work
   * @returns {() => void} brings back what was before, unless the person has gone on since
   */
  undoably(work) {
    const before = { text: this.#field.value, reply: this.#reply, edit: this.#edit };
    this.#telling = false;
    try {
      work();
    } finally {
      this.#telling = true;
    }
    const after = this.#field.value;
    return () => {
      if (this.#field.value !== after) return;
      this.#field.value = before.text;
      this.#reply = before.reply;
      this.#edit = before.edit;
      this.#changed();
    };
  }

  /** Nothing comes of it. */
  cancel() {
    if (this.#edit === null) this.#reply = null;
    this.#endEdit();
    this.#changed();
  }

  /** The message that the text is about has gone. What was typed stays; a text of the message's own does not. */
  leave() {
    const typed = this.#edit === null || this.#field.value === this.#edit.now ? "" : this.#field.value;
    if (this.#edit === null) this.#reply = null;
    this.#endEdit();
    this.#field.value = joined(typed, this.#field.value);
    this.onChange();
  }

  #changed() {
    this.#show();
    if (!this.#quiet) this.#field.focus();
    if (this.#telling) this.onChange();
  }

  #endEdit() {
    if (this.#edit !== null) this.#field.value = this.#edit.before;
    this.#edit = null;
    this.#show();
  }

  #show() {
    const [title, line] = this.#edit === null ? [this.#reply?.title, this.#reply?.line] : ["Edit message", this.#edit.now];
    byId("composition-title").textContent = title ?? "";
    byId("composition-line").textContent = line ?? "";
    this.#bar.hidden = this.about === null;
  }
}
