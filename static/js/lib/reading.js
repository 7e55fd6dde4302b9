//# allFunctionsCalledOnLoad
/**
 * The reading side of one conversation: decides whom to trust, and opens what the two have written. It is all that a page needs before the first
 * message can be read; see conversation.js for the rest.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/identity.js").Bundle} Bundle
 * @typedef {import("./keystore.js").Account} Account
 * @typedef {import("./opener.js").Opened} Opened
 * @typedef {import("./sender.js").Stored} Stored
 *
 * @typedef {object} ConversationData what the conversation's page carries
 * @property {string | null} my_bundle base64url
 * @property {{user_id: string, username: string, active: boolean, erased: boolean, bundle: string | null}} peer
 * @property {(import("./acquaintance.js").Standing & {pin: string | null}) | null} contact
 * @property {{last_seq: number, first_seq: number, begins: number, withheld: import("./feed.js").Run[], read_seq: number,
 *   received_seq: number, marks: import("./delivery.js").Marks | null, mine: Stored | null, theirs: Stored | null} | null} conversation
 *   `begins`: the first `seq` that this person has not deleted; `mine`, `theirs`: the newest message of each side, deleted or not
 * @property {string | null} current_key UUID
 * @property {Record<string, string>} keys exchanges by key id
 * @property {Record<string, string>} bundles by bundle hash
 */

import { idOf, toBase64url } from "../crypto/bytes.js";
import { newestOf, readBundles, readOwnBundle } from "./bundles.js";
import { Epochs } from "./epochs.js";
import { Guard, Refusal } from "./refusal.js";
import { Pins } from "./pins.js";
import { Transcript } from "./transcript.js";

const erased = () => new Refusal("gone", "This account was deleted. What was written before stays here, and nothing more can be sent.");

export class Reading {
  #envelopes;
  /** @type {{own: Bundle, peer: Bundle} | null} the two identities, once both are found right */
  #identities = null;

  /**
   * @param {object} setting
   * @param {Account} setting.account
   * @param {import("./keystore.js").Store} setting.store
   * @param {ConversationData} setting.data
   * @param {string} setting.name the other person's username, as the page shows it
   * @param {string[]} setting.envelopes the messages on the page, base64url
   * @param {(refusal: Refusal) => void} setting.refuse says why nothing can be sent any more
   * @param {() => void} setting.timerChanged
   */
  constructor({ account, store, data, name, envelopes, refuse, timerChanged }) {
    this.#envelopes = envelopes;
    this.account = account;
    this.data = data;
    this.name = name;
    this.peer = idOf(data.peer.user_id);
    this.address = `/messages/${encodeURIComponent(data.peer.username)}/`;
    this.pins = new Pins({ account, store, peer: this.peer, name, erased: data.peer.erased });
    this.epochs = new Epochs({ account, peer: this.peer, pins: this.pins, store });
    this.guard = new Guard(refuse);
    const { peer, address, epochs } = this;
    this.transcript = new Transcript({ account, store, data, name, peer, address, epochs, now: () => this.#parties(), timerChanged });
  }

  /** Decides whom to trust. Until this is done nothing can be opened. */
  async meet() {
    const { peer, contact, my_bundle: shown } = this.data;
    await this.pins.open(contact?.pin ?? null, { expected: () => this.#hasKeptPin() });
    this.epochs.add(this.data);
    await this.pins.learn(this.data.bundles);
    await this.guard.inBackground(async () => {
      if (peer.erased) await this.#part();
      const own = await readOwnBundle(this.account, shown);
      if (peer.bundle === null) throw new Refusal("no_identity", `${peer.username} cannot receive messages yet.`);
      this.#identities = { own, peer: await this.pins.meetShown(peer.bundle) };
      if (!peer.active) throw new Refusal("gone", `${peer.username} no longer uses Sotto.`);
    });
    await this.transcript.recall();
  }

  /**
   * @param {string} envelope base64url
   * @returns {Promise<Opened>}
   */
  open(envelope) {
    return this.transcript.open(envelope);
  }

  /**
   * Looks at all stored messages on the page together.
   * @template {import("./integrity.js").Entry} T
   * @param {T[]} stored by `seq`
   * @param {boolean} reached whether nothing is left to be loaded before them
   * @returns {import("./integrity.js").Findings<T>}
   */
  inspect(stored, reached) {
    return this.transcript.inspect(stored, reached);
  }

  /** Goes on with the identity that the person was asked about. What has failed to open for it opens after a reload. */
  async confirm() {
    const peer = await this.pins.confirm();
    if (peer !== null && this.#identities !== null) this.#identities = { ...this.#identities, peer };
    this.guard.reset();
  }

  /** The two identities, which nothing is sent without. */
  known() {
    if (this.#identities === null) throw new Refusal("no_identity", "The other person's identity is not known.");
    return this.#identities;
  }

  /**
   * Somebody erased shows no identity any more. Who has not seen one sees the newest that the messages were sealed for.
   * @throws {Refusal} always: nothing can be sent
   */
  async #part() {
    const newest = newestOf(await readBundles(this.data.bundles), this.peer);
    if (!this.pins.named && newest !== null) await this.pins.meet(newest);
    throw erased();
  }

  /** Whether something shows that the server was given a pin of the other person (see `Conversation`). */
  async #hasKeptPin() {
    // Asked where no pin is known only.
    const { hasKeptPin } = await import("./kept_pin.js");
    const own = this.data.conversation?.mine?.envelope;
    const envelopes = own === undefined ? this.#envelopes : [...this.#envelopes, own];
    return hasKeptPin({ account: this.account, peer: this.peer, envelopes, shown: this.data });
  }

  /** The identities that the next message is for, once they are known. */
  #parties() {
    if (this.#identities === null) return null;
    const { own, peer } = this.#identities;
    return { own: toBase64url(own.fingerprint), peer: toBase64url(peer.fingerprint), name: peer.username };
  }
}
