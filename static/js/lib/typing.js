/**
 * That somebody is typing: told while this person types, and shown for a short time. Nothing of it is stored anywhere.
 *
 * @typedef {(work: () => void, milliseconds: number) => number} Later as `setTimeout`
 */

import { equal, idOf } from "../crypto/bytes.js";
import { postJson } from "./http.js";
import { readEnvelope } from "./opener.js";

/** How often it is told while it goes on, in milliseconds. */
const AGAIN = 4000;

/** How long what was told is believed, in milliseconds: longer than it takes until it is told again, for a slow network. */
const FADES = 6000;

/** Tells the server that this person is typing: at most once in a while, and that it has ended, once. */
export class TypingTeller {
  #post;
  #now;
  /** When it was last told that it goes on; null while it does not. @type {number | null} */
  #told = null;

  /**
   * @param {object} setting
   * @param {(active: boolean) => Promise<unknown>} setting.post
   * @param {() => number} [setting.now] milliseconds of any clock that never goes back
   */
  constructor({ post, now = () => performance.now() }) {
    this.#post = post;
    this.#now = now;
  }

  /**
   * The person has changed what stands in the field.
   * @param {boolean} empty whether nothing is left there
   */
  typed(empty) {
    if (empty) return this.ended();
    const now = this.#now();
    if (this.#told !== null && now - this.#told < AGAIN) return;
    this.#told = now;
    this.#tell(true);
  }

  /** The person has sent it, or gone elsewhere. */
  ended() {
    if (this.#told === null) return;
    // What has faded at the other end by now need not be ended.
    if (this.#now() - this.#told < FADES) this.#tell(false);
    this.#told = null;
  }

  /** @param {boolean} active */
  #tell(active) {
    // Lost, it costs nothing: the next one is told in any case, and what is shown fades.
    void this.#post(active).catch(() => undefined);
  }
}

/** Shows that the other person is typing, until that ends, or was not told for a while. */
export class TypingShown {
  #show;
  #later;
  #cancel;
  #timer = 0;

  /**
   * @param {object} setting
   * @param {(active: boolean) => void} setting.show
   * @param {Later} [setting.later]
   * @param {(timer: number) => void} [setting.cancel]
   */
  constructor({ show, later = (work, milliseconds) => window.setTimeout(work, milliseconds), cancel = (timer) => clearTimeout(timer) }) {
    this.#show = show;
    this.#later = later;
    this.#cancel = cancel;
  }

  /** @param {boolean} active */
  take(active) {
    this.#cancel(this.#timer);
    if (active) this.#timer = this.#later(() => this.#show(false), FADES);
    this.#show(active);
  }
}

/**
 * Tells and shows who is typing in a conversation.
 * @param {object} setting
 * @param {HTMLTextAreaElement} setting.field
 * @param {HTMLFormElement} setting.form
 * @param {HTMLElement} setting.line a live region, in which `name` is said to be typing
 * @param {{id: string, name: string}} setting.peer
 * @param {() => boolean} setting.passes whether there is anybody to be told: the server decides, this spares asking it in vain
 * @returns {(event: import("./live.js").LiveEvent) => void} takes live events
 */
export function startTyping({ field, form, line, peer, passes }) {
  const teller = new TypingTeller({ post: async (active) => passes() && postJson("/live/typing/", { peer: peer.id, active }) });
  const shown = new TypingShown({
    show: (active) => {
      const words = active ? `${peer.name} is typing…` : "";
      if (line.textContent !== words) line.textContent = words;
    },
  });
  field.addEventListener("input", () => teller.typed(field.value.trim() === ""));
  field.addEventListener("blur", () => teller.ended());
  form.addEventListener("submit", () => teller.ended());
  window.addEventListener("pagehide", () => teller.ended());
  const them = idOf(peer.id);
  return (event) => {
    if (event.type === "typing" && event.data.peer === peer.id) shown.take(event.data.active);
    const sender = event.type === "message" ? readEnvelope(event.data.envelope)?.sender : undefined;
    if (sender !== undefined && equal(sender, them)) shown.take(false);
  };
}
