//# allFunctionsCalledOnLoad
/**
 * What two people have written, as the server tells it: fetched, opened, and held against what this browser knows already.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("./reading.js").ConversationData} ConversationData
 * @typedef {import("./feed.js").HistoryPage} HistoryPage
 * @typedef {import("./keystore.js").Account} Account
 * @typedef {import("./opener.js").Opened} Opened
 * @typedef {import("./sender.js").Stored} Stored
 */

import { Chain } from "./chain.js";
import { Memory } from "./heads.js";
import { getJson, understood } from "./http.js";
import { Integrity } from "./integrity.js";
import { Opener } from "./opener.js";
import { Timer } from "./timer.js";

export class Transcript {
  #address;
  #data;
  #opener;
  #memory;
  #integrity;

  /**
   * @param {object} setting
   * @param {Account} setting.account
   * @param {import("./keystore.js").Store} setting.store
   * @param {ConversationData} setting.data
   * @param {string} setting.name the other person's username, as the page shows it
   * @param {Bytes} setting.peer the other person's id, 16 bytes
   * @param {string} setting.address of the conversation, with a slash at its end
   * @param {import("./epochs.js").Epochs} setting.epochs
   * @param {() => Omit<import("./epochs.js").Parties, "epoch"> | null} setting.now the identities that the next message is for
   * @param {() => void} [setting.timerChanged]
   */
  constructor({ account, store, data, name, peer, address, epochs, now, timerChanged }) {
    this.#address = address;
    this.#data = data;
    this.#opener = new Opener({ me: account.bundle.userId, peer, epochs });
    this.#memory = new Memory({ account, peer, store });
    this.#integrity = new Integrity({ name, begins: data.conversation?.begins ?? 1, withheld: data.conversation?.withheld ?? [], memory: this.#memory, now });
    /** Where the next message goes. */
    this.chain = new Chain();
    this.timer = new Timer(timerChanged);
  }

  /** Recalls what this browser has seen, and opens the newest message of each side. */
  async recall() {
    const seen = await this.#memory.read();
    this.#memory.expect(seen, performance.timeOrigin);
    this.chain.recall(seen);
    const mine = await this.#openNewest("mine");
    const theirs = await this.#openNewest("theirs");
    this.#integrity.know({ mine, theirs });
    const newest = [mine, theirs].filter((entry) => entry !== null).sort((one, other) => one.seq - other.seq);
    this.timer.learn(newest.map(({ opened }) => opened));
    await this.see([mine, theirs].flatMap((entry) => entry?.opened ?? []));
  }

  /**
   * @param {string} envelope base64url
   * @returns {Promise<Opened>}
   */
  open(envelope) {
    return this.#opener.open(envelope);
  }

  /**
   * Takes note of stored messages.
   * @param {Opened[]} messages
   * @returns {Promise<void>} once they are kept
   */
  see(messages) {
    for (const message of messages) this.chain.see(message);
    return this.#memory.note(messages);
  }

  /**
   * Looks at all stored messages on the page together.
   * @template {import("./integrity.js").Entry} T
   * @param {T[]} stored by `seq`
   * @param {boolean} reached whether nothing is left to be loaded before them
   * @returns {import("./integrity.js").Findings<T>}
   */
  inspect(stored, reached) {
    const found = this.#integrity.inspect(stored, reached);
    this.timer.learn(found.shown.map(({ entry }) => entry.opened));
    return found;
  }

  /**
   * @param {number} seq
   * @returns {Promise<HistoryPage>} what was stored after this
   * @throws {import("./http.js").HttpError}
   */
  async after(seq) {
    const seen = await this.#memory.read();
    const page = await this.#ask(`after=${seq}`);
    if (!page.more) this.#memory.expect(seen);
    return page;
  }

  /**
   * @param {number} seq
   * @returns {Promise<HistoryPage>} what was stored before this
   * @throws {import("./http.js").HttpError}
   */
  before(seq) {
    return this.#ask(`before=${seq}`);
  }

  /** @param {string} query */
  async #ask(query) {
    // The page that the messages came with needs none of this.
    const { readHistory } = await import("./answers.js");
    const page = await understood(getJson(`${this.#address}history/?${query}`), readHistory);
    this.#integrity.withhold(page.withheld);
    return page;
  }

  /** @param {"mine" | "theirs"} whose */
  async #openNewest(whose) {
    const stored = this.#data.conversation?.[whose] ?? null;
    if (stored === null) return null;
    const opened = await this.#opener.open(stored.envelope);
    return opened.mine === (whose === "mine") ? { seq: stored.seq, at: stored.at, opened } : null;
  }
}
