/**
 * What was typed to somebody and not sent, sealed under the account key (docs/protocol.md, section 8). Each tab keeps its own, so that none
 * overwrites what stands in another's field; a tab that has none takes over the latest of those whose tabs are gone.
 *
 * @typedef {import("../crypto/unsent.js").Composed} Composed
 * @typedef {import("../crypto/unsent.js").Pair} Pair
 * @typedef {import("./unsent_store.js").Change} Change
 * @typedef {import("./unsent_store.js").Kept} Kept
 * @typedef {import("./unsent_store.js").UnsentStore} UnsentStore
 *
 * @typedef {object} Tabs
 * @property {string} id of this tab, as a UUID
 * @property {() => Promise<Set<string>>} open the ids of the tabs that are open
 */

import { uuidOf } from "../crypto/bytes.js";
import { ProtocolError } from "../crypto/errors.js";
import { openDraft, sealDraft } from "../crypto/unsent.js";

/** @type {Composed} what stands in an empty field */
const NOTHING = { text: "", reply: null, edit: null };

export class Draft {
  #pair;
  #peer;
  #store;
  #tabs;
  #turns;
  #composed = NOTHING;
  #lost = false;

  /**
   * @param {object} setting
   * @param {Pair} setting.pair
   * @param {UnsentStore} setting.store
   * @param {Tabs} setting.tabs
   * @param {import("./turns.js").Turns} setting.turns of all that is written for this conversation
   */
  constructor({ pair, store, tabs, turns }) {
    this.#pair = pair;
    this.#peer = uuidOf(pair.peer);
    this.#store = store;
    this.#tabs = tabs;
    this.#turns = turns;
  }

  /** Whether there is a text that this browser could not keep. */
  get lost() {
    const { text, edit } = this.#composed;
    return this.#lost && (text !== "" || (edit?.text ?? "") !== "");
  }

  /**
   * Takes note of what stands in the field now. It is kept with whatever is written next.
   * @param {Composed} composed
   */
  note(composed) {
    this.#composed = composed;
  }

  /**
   * Keeps this in the place of what was kept before; nothing for the empty field.
   * @param {Composed} composed
   * @returns {Promise<void>} when it is kept, or it is known that it cannot be
   */
  keep(composed) {
    this.note(composed);
    const change = this.change();
    return this.#turns.take(async () => {
      try {
        await this.#store.write(this.#pair.owner, [await change]);
        this.#lost = false;
      } catch {
        this.#lost = true;
      }
    });
  }

  /**
   * To be asked for before the turn in which it is written: by then a text may have left the field for a message that is written later.
   * @returns {Promise<Change>} what keeps what stands in the field at this moment
   */
  async change() {
    const { text, reply, edit } = this.#composed;
    const empty = text === "" && reply === null && edit === null;
    return this.#at(this.#tabs.id, empty ? null : await sealDraft(this.#pair, { text, reply, edit, time: Date.now() }));
  }

  /**
   * @returns {Promise<Composed>} what this tab has kept last, or one that is gone. What does not open is forgotten: it was sealed under keys
   *   that are gone
   */
  async find() {
    const kept = await this.#store.list("drafts", this.#pair.owner, this.#peer).catch(() => []);
    const open = await this.#tabs.open();
    const ours = kept.filter(({ id }) => id === this.#tabs.id || !open.has(id));
    const found = (await Promise.all(ours.map((one) => this.#open(one)))).flatMap((draft) => draft ?? []);
    const [latest] = found.sort((one, other) => Number(other.own) - Number(one.own) || other.time - one.time);
    if (latest === undefined) return NOTHING;
    this.note(latest);
    if (!latest.own) await this.#takeOver(latest.id);
    return latest;
  }

  /** @param {Kept} kept */
  async #open({ id, sealed }) {
    try {
      return { id, own: id === this.#tabs.id, ...(await openDraft(this.#pair, sealed)) };
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      await this.#write([this.#at(id, null)]);
      return null;
    }
  }

  /** @param {string} id of the tab that is gone */
  async #takeOver(id) {
    await this.#write([await this.change(), this.#at(id, null)]);
  }

  /** @param {Change[]} changes that are no loss if they fail */
  async #write(changes) {
    await this.#turns.take(() => this.#store.write(this.#pair.owner, changes)).catch(() => undefined);
  }

  /**
   * @param {string} id
   * @param {Change["sealed"]} sealed
   * @returns {Change}
   */
  #at(id, sealed) {
    return { shelf: "drafts", peer: this.#peer, id, sealed };
  }
}
