/**
 * What can be done with a message: *Reply*, *React*, *Copy*, and with one's own *Edit* and *Delete*. One menu for all of them; and a quote leads
 * to what it quotes.
 *
 * @typedef {import("../crypto/content.js").Content} Content
 * @typedef {import("./composition.js").Composition} Composition
 * @typedef {import("./timeline.js").Timeline} Timeline
 *
 * @typedef {object} Target a message that something can be done with
 * @property {boolean} mine
 * @property {import("../crypto/bytes.js").Bytes} target its id
 * @property {import("../crypto/content.js").Author} author who wrote it, as a message about it names them
 * @property {string | null} text
 * @property {string} line
 * @property {string} reaction one's own, empty for none
 * @property {number} lifetime in seconds
 *
 * @typedef {object} Setting
 * @property {HTMLElement} log
 * @property {HTMLTextAreaElement} field
 * @property {string} name the other person's
 * @property {Timeline} timeline
 * @property {Composition} composition
 * @property {(content: Content, lifetime: number) => void} send
 * @property {() => boolean} canWrite
 */

import { SottoMessage } from "../elements/sotto-message.js";
import { lineOf } from "./amended_view.js";
import { BUSY } from "./composition.js";
import { unfold } from "./links.js";
import { byId } from "./page.js";
import { sayInPassing } from "./passing.js";

/** How far the menu stays from the window's edges, in pixels. */
const EDGE = 8;

const COPIED = "Copied.";
const NOT_COPIED = "Your browser did not let Sotto copy it. Select the text and copy it yourself.";

/**
 * @param {Element} inside an element in a message
 * @returns {SottoMessage | null}
 */
function messageOf(inside) {
  const message = inside.closest("sotto-message");
  return message instanceof SottoMessage ? message : null;
}

/**
 * Puts the menu beside its button, within the window.
 * @param {HTMLElement} menu
 * @param {HTMLElement} button
 */
function place(menu, button) {
  const { left, right, top, bottom } = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const beside = left + right > innerWidth ? right - width : left;
  menu.style.left = `${Math.max(EDGE, Math.min(beside, innerWidth - width - EDGE))}px`;
  menu.style.top = `${Math.max(EDGE, bottom + height + EDGE > innerHeight ? top - height : bottom)}px`;
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    sayInPassing(COPIED);
  } catch {
    sayInPassing(NOT_COPIED);
  }
}

class MessageActions {
  #setting;
  #menu = byId("message-actions");
  #dialog = byId("message-deletion", HTMLDialogElement);
  /** @type {SottoMessage | null} the message that the menu or the dialog is about */
  #message = null;

  /** @param {Setting} setting */
  constructor(setting) {
    this.#setting = setting;
    setting.log.addEventListener("click", ({ target }) => void (target instanceof Element && this.#press(target)));
    setting.log.addEventListener("scroll", () => this.#follow(), { passive: true });
    window.addEventListener("resize", () => this.#follow());
    this.#menu.addEventListener("click", ({ target }) => void (target instanceof Element && this.#choose(target)));
    setting.field.addEventListener("keydown", (event) => this.#recall(event));
    byId("confirm-message-deletion").addEventListener("click", () => this.#delete());
  }

  /** @param {Element} pressed */
  #press(pressed) {
    const message = messageOf(pressed);
    if (message === null) return;
    const reaction = pressed.closest(".bubble-reaction");
    if (pressed.closest(".bubble-actions")) this.#open(message);
    if (pressed.closest(".bubble-quote")) this.#lead(message);
    if (pressed.closest(".bubble-more")) this.#unfold(message);
    if (reaction instanceof HTMLElement) this.#react(message, reaction.dataset.emoji ?? "");
  }

  /**
   * @param {SottoMessage | null} message
   * @returns {Target | null} null when nothing can be done with it
   */
  #target(message) {
    const about = message && this.#setting.timeline.about(message);
    if (!about?.amended.open || about.opened.envelope === null) return null;
    const { opened, amended } = about;
    const reaction = amended.reactions.find(({ mine }) => mine)?.emoji ?? "";
    const author = opened.mine ? "sender" : "receiver";
    const { messageId: target, lifetime } = about.opened.envelope;
    return { mine: opened.mine, target, lifetime, author, text: amended.text, line: lineOf(amended), reaction };
  }

  /**
   * @param {SottoMessage | null} message
   * @returns {Target | null} null when nothing can be said about it, or nothing be sent at all
   */
  #answerable(message) {
    return this.#setting.canWrite() ? this.#target(message) : null;
  }

  /** @param {SottoMessage} message */
  #open(message) {
    const target = this.#target(message);
    if (target === null) return;
    this.#message = message;
    const buttons = [...this.#menu.querySelectorAll("button")];
    for (const button of buttons) button.ariaPressed = button.dataset.emoji ? String(button.dataset.emoji === target.reaction) : null;
    this.#offer(target, this.#setting.canWrite());
    this.#menu.showPopover();
    this.#follow();
    buttons.find((button) => button.checkVisibility())?.focus();
  }

  /**
   * What is written can be copied where nothing can be sent, too.
   * @param {Target} target
   * @param {boolean} answers whether something can be sent about it
   */
  #offer({ mine, text }, answers) {
    byId("reaction-choice").hidden = byId("action-reply").hidden = !answers;
    byId("action-copy").hidden = text === null;
    byId("action-edit").hidden = !answers || !mine || text === null;
    byId("action-delete").hidden = !answers || !mine;
  }

  /** Keeps the menu beside the message. */
  #follow() {
    const button = this.#message?.querySelector(".bubble-actions");
    if (button instanceof HTMLElement && this.#menu.matches(":popover-open")) place(this.#menu, button);
  }

  /** @param {Element} pressed */
  #choose(pressed) {
    const button = pressed.closest("button");
    if (button === null) return;
    this.#menu.hidePopover();
    const target = this.#target(this.#message);
    if (target === null) return;
    if (button.id === "action-copy") return void copy(target.text ?? "");
    if (!this.#setting.canWrite()) return;
    const { name, composition } = this.#setting;
    if (button.dataset.emoji) this.#react(this.#message, button.dataset.emoji);
    if (composition.unfinished && (button.id === "action-reply" || button.id === "action-edit")) return sayInPassing(BUSY);
    if (button.id === "action-reply") composition.reply(target, target.mine ? "yourself" : name, target.line);
    if (button.id === "action-edit" && target.text !== null) composition.edit(target, target.text);
    if (button.id === "action-delete") this.#dialog.showModal();
  }

  /**
   * The up arrow in the empty field edits the newest message of one's own, as elsewhere.
   * @param {KeyboardEvent} event
   */
  #recall(event) {
    const { log, field, composition } = this.#setting;
    const other = event.isComposing || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey;
    if (event.key !== "ArrowUp" || other || field.value !== "" || composition.about !== null) return;
    for (const message of [...log.querySelectorAll("sotto-message:not([hidden])")].reverse()) {
      const target = this.#answerable(messageOf(message));
      if (!target?.mine || target.text === null) continue;
      event.preventDefault();
      return composition.edit(target, target.text);
    }
  }

  /**
   * Sends a reaction, or takes the same one back.
   * @param {SottoMessage | null} message
   * @param {string} emoji
   */
  #react(message, emoji) {
    const found = this.#answerable(message);
    if (found === null) return;
    const { target, lifetime, author, reaction } = found;
    this.#setting.send({ kind: "reaction", target, author, emoji: reaction === emoji ? "" : emoji }, lifetime);
  }

  #delete() {
    this.#dialog.close();
    // Nothing can be done with what is deleted, so its button goes.
    this.#setting.log.focus({ preventScroll: true });
    const found = this.#answerable(this.#message);
    if (found?.mine) this.#setting.send({ kind: "deletion", target: found.target }, found.lifetime);
  }

  /**
   * Shows all of a long message, of which the beginning stays where it is.
   * @param {SottoMessage} message
   */
  #unfold(message) {
    const { log, timeline } = this.#setting;
    const text = message.querySelector(".bubble-text");
    if (!(text instanceof HTMLElement)) return;
    unfold(text);
    timeline.view.goTo(log.scrollTop);
    // What is below has left the window, as if it were scrolled.
    log.dispatchEvent(new Event("scroll"));
    // The button is gone, and one goes on from here.
    text.tabIndex = -1;
    text.focus({ preventScroll: true });
  }

  /**
   * Leads from a quote to the message.
   * @param {SottoMessage} message
   */
  #lead(message) {
    const quoted = this.#setting.timeline.about(message)?.quoted ?? null;
    if (quoted === null) return;
    quoted.scrollIntoView({ block: "center" });
    quoted.tabIndex = -1;
    quoted.focus({ preventScroll: true });
  }
}

/** @param {Setting} setting */
export function startMessageActions(setting) {
  new MessageActions(setting);
}
