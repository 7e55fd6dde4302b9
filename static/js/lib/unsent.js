/**
 * What is not sent yet, on a conversation's page: the draft in the field *Message*, and the messages on their way. Both are kept in this
 * browser, sealed; where it cannot keep them, the person is told before leaving the page.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("./keystore.js").Account} Account
 * @typedef {import("./sender.js").Sender} Sender
 */

import { idOf } from "../crypto/bytes.js";
import { Draft } from "./draft.js";
import { onLeaving } from "./leaving.js";
import { Outbox } from "./outbox.js";
import { showError } from "./page.js";
import { knownTabs } from "./tabs.js";
import { Turns } from "./turns.js";
import { CHANNEL, countToo } from "./unsent_people.js";
import { unsentStore } from "./unsent_store.js";

const WARNING = "This browser cannot keep what is not sent yet. Leave this page open until everything is sent.";
const UNCLEAR = "Sotto cannot find out whether this message has been sent. Check your connection and try again.";

export class Unsent {
  #draft;
  #turns = new Turns();
  /** @type {Sender | null} */
  #sender = null;

  /**
   * @param {object} whose
   * @param {Account} whose.account
   * @param {Bytes} whose.peer the other person's id, 16 bytes
   * @param {string} whose.name the other person's username
   */
  constructor({ account: { accountKey, userId }, peer, name }) {
    const common = { pair: { accountKey, owner: userId, peer }, store: unsentStore, turns: this.#turns };
    this.#draft = new Draft({ ...common, tabs: knownTabs() });
    this.outbox = new Outbox({ ...common, name, draft: this.#draft, channel: new BroadcastChannel(CHANNEL) });
  }

  /**
   * Shows what was kept, and keeps what comes.
   * @param {object} page
   * @param {Sender} page.sender
   * @param {HTMLTextAreaElement} page.field
   * @param {() => string} page.typed what stands in the field to become a message
   * @param {HTMLElement} page.log holds the messages
   * @param {HTMLElement} page.problem with role="alert"
   * @param {HTMLElement} page.warning with role="status"
   */
  async start({ sender, field, typed, log, problem, warning }) {
    this.#sender = sender;
    field.value = await this.#draft.find();
    field.addEventListener("input", async () => {
      await this.#draft.keep(typed());
      this.warn(warning);
    });
    log.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest(".bubble-retry, .bubble-take-back") : null;
      if (button?.matches(".bubble-retry")) sender.retry();
      else if (button) void this.#takeBack(button, field, problem);
    });
    window.addEventListener("beforeunload", (event) => this.#unsafe && event.preventDefault());
    countToo(() => sender.unkept.filter(({ kept }) => kept === false).length);
    onLeaving(async () => {
      await sender.drained;
      await this.#turns.done;
    });
  }

  /**
   * Sends a text that stood in the field: from now on it is a message, and no draft.
   * @param {() => void} send
   * @param {string} left what stands there to become another one
   */
  send(send, left) {
    this.#draft.note(left);
    send();
  }

  /**
   * Says so when something would be lost with this page.
   * @param {HTMLElement} warning
   */
  warn(warning) {
    const lost = this.#draft.lost || this.#sender?.unkept.some(({ kept }) => kept === false);
    showError(warning, lost ? WARNING : "");
  }

  get #unsafe() {
    return this.#draft.lost || (this.#sender?.unkept.length ?? 0) > 0;
  }

  /**
   * Takes a message back into the field, before what was typed there meanwhile.
   * @param {Element} button
   * @param {HTMLTextAreaElement} field
   * @param {HTMLElement} problem
   */
  async #takeBack(button, field, problem) {
    const id = button.closest("sotto-message")?.getAttribute("data-message-id") ?? "";
    try {
      const content = await this.#sender?.takeBack(idOf(id));
      showError(problem, "");
      if (!content || !("text" in content) || content.kind === "edit") return;
      field.value = [content.text, field.value].filter((text) => text !== "").join("\n\n");
      field.focus();
      await this.#draft.keep(field.value);
    } catch {
      showError(problem, UNCLEAR);
    }
  }
}
