/**
 * What the composer's text is going to be: a message, a reply to one, or another text for one. The bar above the field says so, and *Cancel*
 * and Escape end it. What was typed before an edit comes back after it.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/content.js").Author} Author
 * @typedef {import("../crypto/content.js").Content} Content
 */

import { byId } from "./page.js";

export class Composition {
  #field;
  #bar = byId("composition");
  /** @type {((text: string) => Content) | null} */
  #make = null;
  /** @type {number | undefined} of the message that is edited */
  #lifetime;
  /** @type {string | null} what was typed before an edit */
  #before = null;

  /** @param {HTMLTextAreaElement} field */
  constructor(field) {
    this.#field = field;
    byId("composition-cancel").addEventListener("click", () => this.cancel());
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing || this.#make === null) return;
      event.preventDefault();
      this.cancel();
    });
  }

  /** What was typed to be sent as a message, also while another one is edited. */
  get draft() {
    return this.#before ?? this.#field.value;
  }

  /**
   * The next text answers a message.
   * @param {{target: Bytes, author: Author}} about
   * @param {string} whom
   * @param {string} line the message, in one line
   */
  reply({ target, author }, whom, line) {
    this.#end();
    this.#begin(`Reply to ${whom}`, line, (text) => ({ kind: "reply", target, author, text }));
  }

  /**
   * The next text takes the place of a message's.
   * @param {{target: Bytes, lifetime: number}} about
   * @param {string} now its text
   */
  edit({ target, lifetime }, now) {
    this.#end();
    this.#lifetime = lifetime;
    this.#before = this.#field.value;
    this.#field.value = now;
    this.#begin("Edit message", now, (text) => ({ kind: "edit", target, text }));
  }

  /**
   * A text goes out.
   * @param {string} text
   * @returns {[content: Content, lifetime: number | undefined]} what it is sent as, and its lifetime where that is not the conversation's
   */
  take(text) {
    /** @type {[Content, number | undefined]} */
    const taken = [this.#make?.(text) ?? { kind: "text", text }, this.#lifetime];
    this.#end();
    return taken;
  }

  /** Nothing comes of it. */
  cancel() {
    this.#end();
    this.#field.focus();
  }

  /**
   * @param {string} title
   * @param {string} line
   * @param {(text: string) => Content} make
   */
  #begin(title, line, make) {
    this.#make = make;
    byId("composition-title").textContent = title;
    byId("composition-line").textContent = line;
    this.#bar.hidden = false;
    this.#field.focus();
  }

  #end() {
    this.#make = null;
    this.#lifetime = undefined;
    this.#bar.hidden = true;
    this.#restore();
  }

  #restore() {
    if (this.#before !== null) this.#field.value = this.#before;
    this.#before = null;
  }
}
