/** The field *Message* and the button *Send*. */

import { utf8 } from "../crypto/bytes.js";
import { MAX_REPLY_BYTES } from "../crypto/content.js";

export class Composer {
  #form;
  #field;
  #send;
  #say;

  /**
   * @param {object} setting
   * @param {HTMLElement} setting.log
   * @param {HTMLFormElement} setting.form
   * @param {HTMLTextAreaElement} setting.field
   * @param {(text: string) => void} setting.send
   * @param {(problem: string) => void} setting.say shows what is wrong with the text, or that nothing is
   */
  constructor({ log, form, field, send, say }) {
    this.#form = form;
    this.#field = field;
    this.#send = send;
    this.#say = say;
    form.addEventListener("submit", (event) => this.#submit(event));
    // Whoever presses *Send* goes on writing: from the button, a phone's keyboard would go away.
    form.addEventListener("mousedown", (event) => void (event.target instanceof Element && event.target.closest("[type=submit]") && event.preventDefault()));
    field.addEventListener("keydown", (event) => this.#press(event));
    log.addEventListener("keydown", (event) => this.#takeUp(event));
  }

  /** Lets the person write: at once, unless they are somewhere else on the page already. */
  enable() {
    for (const control of this.#controls()) control.disabled = false;
    this.#field.readOnly = false;
    if (document.activeElement === document.body && matchMedia("(pointer: fine)").matches) this.#field.focus();
  }

  /** Lets nothing more be sent. What was typed can still be read and copied. */
  disable() {
    this.#field.readOnly = true;
    for (const button of this.#form.querySelectorAll("button")) button.disabled = true;
  }

  #controls() {
    return [this.#field, ...this.#form.querySelectorAll("button")];
  }

  /**
   * Enter sends and Shift+Enter breaks the line. The Enter that ends the choice of a character (229 in Safari) does neither.
   * @param {KeyboardEvent} event
   */
  #press(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  /**
   * Whoever types where nothing is typed into, having pressed on the history say, means the field. A space scrolls.
   * @param {KeyboardEvent} event
   */
  #takeUp({ key, target, currentTarget, ctrlKey, metaKey, altKey }) {
    const types = [...key].length === 1 && key !== " " && !ctrlKey && !metaKey && !altKey;
    if (types && target === currentTarget && !this.#field.readOnly) this.#field.focus();
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const text = this.#field.value.trim();
    if (text === "" || this.#field.readOnly) return;
    const tooLong = utf8(text).length > MAX_REPLY_BYTES;
    this.#say(tooLong ? "This message is too long. Send it in parts." : "");
    if (tooLong) return;
    this.#field.value = "";
    this.#send(text);
  }
}
