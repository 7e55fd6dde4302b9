/**
 * What is not sent yet, on a conversation's page: the draft in the field *Message*, and the messages on their way. Both are kept in this
 * browser, sealed; where it cannot keep them, the person is told before leaving the page.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("./keystore.js").Account} Account
 * @typedef {import("./sender.js").Sender} Sender
 */

import { idOf } from "../crypto/bytes.js";
import { BUSY } from "./composition.js";
import { onDropped } from "./database.js";
import { Draft } from "./draft.js";
import { onLeaving } from "./leaving.js";
import { Outbox } from "./outbox.js";
import { showError } from "./page.js";
import { Turns } from "./turns.js";
import { CHANNEL, countToo } from "./unsent_people.js";
import { unsentStore } from "./unsent_store.js";

const WARNING = "This browser cannot keep what is not sent yet. Leave this page open until everything is sent.";
const UNCLEAR = "Sotto cannot find out whether this message has been sent. Check your connection and try again.";
const FULL = "This browser cannot keep this message as a draft, so it was not taken back. Make room on this device and try again.";

class Busy extends Error {}

/**
 * @param {unknown} error why a message was not taken back
 * @returns {string} a sentence for the person
 */
function problemOf(error) {
  if (error instanceof Busy) return BUSY;
  // The browser's database complains by them.
  return error instanceof DOMException ? FULL : UNCLEAR;
}

export class Unsent {
  #name;
  #draft;
  #turns = new Turns();
  /** @type {Sender | null} */
  #sender = null;

  /**
   * @param {object} whose
   * @param {Account} whose.account
   * @param {Bytes} whose.peer the other person's id, 16 bytes
   * @param {string} whose.name the other person's username
   * @param {import("./draft.js").Tabs} whose.tabs this one, and which are open
   */
  constructor({ account: { accountKey, userId }, peer, name, tabs }) {
    this.#name = name;
    const common = { pair: { accountKey, owner: userId, peer }, store: unsentStore, turns: this.#turns };
    this.#draft = new Draft({ ...common, tabs });
    this.outbox = new Outbox({ ...common, name, draft: this.#draft, channel: new BroadcastChannel(CHANNEL) });
  }

  /**
   * Shows what was kept, and keeps what comes.
   * @param {object} page
   * @param {Sender} page.sender
   * @param {HTMLTextAreaElement} page.field
   * @param {import("./composition.js").Composition} page.composition
   * @param {(item: import("./sender.js").Item) => void} page.putBack takes what was taken back into the field
   * @param {(composed: import("../crypto/unsent.js").Composed) => void} page.restore takes what a draft holds into the field
   * @param {HTMLElement} page.log holds the messages
   * @param {HTMLElement} page.problem with role="alert"
   * @param {HTMLElement} page.warning with role="status"
   */
  async start({ sender, field, composition, putBack, restore, log, problem, warning }) {
    this.#sender = sender;
    restore(await this.#draft.find());
    const keep = async () => {
      await this.#draft.keep(composition.draft);
      this.warn(warning);
    };
    field.addEventListener("input", keep);
    composition.onChange = keep;
    log.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest(".bubble-retry, .bubble-take-back") : null;
      // Neither button stays.
      if (button) log.focus({ preventScroll: true });
      if (button?.matches(".bubble-retry")) sender.retry();
      else if (button) void this.#takeBack(button, { composition, putBack, problem });
    });
    window.addEventListener("beforeunload", (event) => this.#unsafe && event.preventDefault());
    countToo(async () => {
      // What was typed just now is being kept.
      await this.#turns.done;
      return { messages: sender.unkept.filter(({ kept }) => kept === false).length, drafts: this.#draft.lost ? [this.#name] : [] };
    });
    onDropped(() => {
      sender.unkeep();
      void keep();
    });
    onLeaving(async () => {
      if (await this.safe()) return;
      // The account may be there again: the same person has signed in anew in another tab.
      await Promise.all([sender.keepAgain(), keep()]);
    });
  }

  /**
   * Sends a text that stood in the field: from now on it is a message, and no draft.
   * @param {() => void} send
   * @param {import("../crypto/unsent.js").Composed} left what stands there to become another one
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

  /** @returns {Promise<boolean>} whether nothing is lost with this page, once what is on its way, or being kept, is no more */
  async safe() {
    await this.#sender?.drained;
    await this.#turns.done;
    return !this.#unsafe;
  }

  get #unsafe() {
    return this.#draft.lost || (this.#sender?.unkept.length ?? 0) > 0;
  }

  /**
   * Takes a message back into the field, before what was typed there meanwhile.
   * @param {Element} button
   * @param {Pick<Parameters<Unsent["start"]>[0], "composition" | "putBack" | "problem">} page
   */
  async #takeBack(button, { composition, putBack, problem }) {
    if (composition.edits) return showError(problem, BUSY);
    const id = button.closest("sotto-message")?.getAttribute("data-message-id") ?? "";
    let undo = () => {};
    try {
      await this.#sender?.takeBack(idOf(id), (item) => {
        // The person may have begun an edit since they pressed.
        if (composition.edits) throw new Busy();
        undo = composition.undoably(() => putBack(item));
        this.#draft.note(composition.draft);
      });
      showError(problem, "");
    } catch (error) {
      undo();
      showError(problem, problemOf(error));
    }
  }
}
