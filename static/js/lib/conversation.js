/**
 * One conversation: everything that reads, checks, seals and sends, put together. What is seen of it is the page's.
 *
 * @typedef {import("../crypto/identity.js").Bundle} Bundle
 * @typedef {import("./feed.js").HistoryPage} HistoryPage
 * @typedef {import("./keystore.js").Account} Account
 * @typedef {import("./opener.js").Opened} Opened
 * @typedef {import("./sender.js").Item} Item
 * @typedef {import("./sender.js").Stored} Stored
 *
 * @typedef {object} ConversationData what the conversation's page carries
 * @property {string | null} my_bundle base64url
 * @property {{user_id: string, username: string, active: boolean, erased: boolean, bundle: string | null}} peer
 * @property {{pending: boolean, pin: string | null} | null} contact
 * @property {{last_seq: number, first_seq: number, begins: number, read_seq: number, mine: Stored | null, theirs: Stored | null} | null} conversation
 *   `begins`: the first `seq` that this person has not deleted; `mine`, `theirs`: the newest message of each side, deleted or not
 * @property {string | null} current_key UUID
 * @property {Record<string, string>} keys exchanges by key id
 * @property {Record<string, string>} bundles by bundle hash
 *
 * @typedef {object} View
 * @property {(messages: Stored[]) => Promise<Opened[]>} append shows messages after the last
 * @property {(item: Item) => void} showItem shows a message on its way
 * @property {(refusal: Refusal) => void} refuse says why nothing can be sent any more
 * @property {() => void} contactChanged
 */

import { equal, idOf, uuidOf } from "../crypto/bytes.js";
import { Acquaintance } from "./acquaintance.js";
import { newestOf, readBundles, readOwnBundle } from "./bundles.js";
import { Chain } from "./chain.js";
import { CurrentKey } from "./currentkey.js";
import { Epochs } from "./epochs.js";
import { Feed } from "./feed.js";
import { getJson, HttpError, postJson } from "./http.js";
import { exchangeKey } from "./intent.js";
import { Opener, peerOf, readEnvelope } from "./opener.js";
import { Pins } from "./pins.js";
import { Refusal } from "./refusal.js";
import { Sender } from "./sender.js";

const erased = () => new Refusal("gone", "This account was deleted. What was written before stays here, and nothing more can be sent.");

const ownUntrusted = () =>
  new Refusal("key_untrusted", "What you wrote here was not locked for the person whom the server shows now. Nothing will be sent.");

export class Conversation {
  #account;
  #data;
  #envelopes;
  #view;
  #address;
  #me;
  #peer;
  #pins;
  #epochs;
  #opener;
  #keys;
  #chain = new Chain();
  /** @type {{own: Bundle, peer: Bundle} | null} the two identities, once both are found right */
  #identities = null;
  /** @type {Refusal | null} why nothing is sent any more */
  #refused = null;

  /**
   * @param {object} setting
   * @param {Account} setting.account
   * @param {import("./keystore.js").Store} setting.store
   * @param {ConversationData} setting.data
   * @param {string} setting.name the other person's username, as the page shows it
   * @param {string[]} setting.envelopes the messages on the page, base64url
   * @param {number} setting.last the highest `seq` on the page, 0 for none
   * @param {View} setting.view
   */
  constructor({ account, store, data, name, envelopes, last, view }) {
    this.#envelopes = envelopes;
    this.#account = account;
    this.#data = data;
    this.#view = view;
    this.#address = `/messages/${encodeURIComponent(data.peer.username)}/`;
    this.#me = account.bundle.userId;
    this.#peer = idOf(data.peer.user_id);
    this.#pins = new Pins({ account, store, peer: this.#peer, name, erased: data.peer.erased });
    this.#epochs = new Epochs({ account, peer: this.#peer, pins: this.#pins, store });
    this.#opener = new Opener({ me: this.#me, peer: this.#peer, epochs: this.#epochs });
    this.feed = new Feed({
      last,
      load: (seq) => getJson(`${this.#address}history/?after=${seq}`),
      suffices: ({ envelope }) => this.#holdsKeyOf(envelope),
      take: (page) => this.#take(page),
    });
    const { contact } = data;
    this.acquaintance = new Acquaintance({ peer: data.peer.user_id, contact, pins: this.#pins, changed: view.contactChanged });
    this.#keys = this.#makeKeys();
    this.sender = this.#makeSender();
  }

  /** Decides whom to trust. Until this is done nothing can be opened. */
  async meet() {
    const { peer, contact, my_bundle: shown } = this.#data;
    await this.#pins.open(contact?.pin ?? null, { expected: this.#hasKeptPin() });
    this.#epochs.add(this.#data);
    await this.#pins.learn(this.#data.bundles);
    await this.#inBackground(async () => {
      if (peer.erased) await this.#part();
      const own = await readOwnBundle(this.#account, shown);
      if (peer.bundle === null) throw new Refusal("no_identity", `${peer.username} cannot receive messages yet.`);
      this.#identities = { own, peer: await this.#pins.meetShown(peer.bundle) };
      if (!peer.active) throw new Refusal("gone", `${peer.username} no longer uses Sotto.`);
    });
  }

  /**
   * Takes note of the messages that came with the page. Until this is done nothing can be sent.
   * @param {Opened[]} opened
   */
  async begin(opened) {
    const { mine = null, theirs = null } = this.#data.conversation ?? {};
    for (const head of [mine, theirs]) if (head !== null) this.#chain.see(await this.#opener.open(head.envelope));
    for (const message of opened) this.#chain.see(message);
    await this.#inBackground(async () => {
      if (opened.some(({ mine, failure }) => mine && failure === "untrusted")) throw ownUntrusted();
    });
    void this.#inBackground(() => this.acquaintance.keepPin());
  }

  /**
   * @param {string} envelope base64url
   * @returns {Promise<Opened>}
   */
  open(envelope) {
    return this.#opener.open(envelope);
  }

  /**
   * @param {number} before
   * @returns {Promise<HistoryPage>} the messages before this `seq`, ready to be opened
   * @throws {HttpError}
   */
  async older(before) {
    const page = await getJson(`${this.#address}history/?before=${before}`);
    this.#learn(page);
    return page;
  }

  /**
   * Says that the person has read so far.
   * @param {number} seq
   * @throws {HttpError}
   */
  async markRead(seq) {
    await postJson(`${this.#address}read/`, { seq });
  }

  /**
   * Deletes the conversation for this person.
   * @throws {HttpError}
   */
  async delete() {
    await postJson(`${this.#address}delete/`, {});
  }

  /** Goes on with the identity that the person was asked about. What has failed to open for it opens after a reload. */
  async confirm() {
    const peer = await this.#pins.confirm();
    if (peer !== null && this.#identities !== null) this.#identities = { ...this.#identities, peer };
    this.#refused = null;
    await this.#inBackground(() => this.acquaintance.keepPin());
  }

  /** @param {import("./live.js").LiveEvent} event */
  takeLive(event) {
    if (event.type === "message" && this.#concerns(event.data)) void this.#inBackground(() => this.feed.offer(event.data));
    if (event.type === "ready" || event.type === "awake") void this.#inBackground(() => this.catchUp());
  }

  /**
   * Brings in what was missed, then sends what could not be sent.
   * @throws {HttpError}
   */
  async catchUp() {
    await this.feed.catchUp();
    if (this.sender.waiting) this.sender.retry();
  }

  /**
   * Somebody erased shows no identity any more. Who has not seen one sees the newest that the messages were sealed for.
   * @throws {Refusal} always: nothing can be sent
   */
  async #part() {
    const newest = newestOf(await readBundles(this.#data.bundles), this.#peer);
    if (!this.#pins.named && newest !== null) await this.#pins.meet(newest);
    throw erased();
  }

  /**
   * Whether this account, in some browser, has given the server a pin of the other person: it does so before its second message, and
   * before it answers (see `#prepare`).
   */
  #hasKeptPin() {
    const own = this.#data.conversation?.mine?.envelope;
    const all = [...this.#envelopes, ...(own === undefined ? [] : [own])].map(readEnvelope);
    const mine = all.filter((read) => read !== null && equal(read.sender, this.#me) && equal(read.receiver, this.#peer));
    return mine.some((read) => read !== null && (read.counter > 1 || read.seenCounter > 0));
  }

  /** Before a message's first try. */
  async #prepare() {
    if (this.#refused !== null) throw this.#refused;
    await this.acquaintance.accept();
    await this.#refusing(() => this.acquaintance.keepPin());
  }

  /** @param {string} envelope base64url */
  async #holdsKeyOf(envelope) {
    const read = readEnvelope(envelope);
    return read !== null && this.#epochs.holds(uuidOf(read.keyId));
  }

  /** @param {Stored} message */
  #concerns({ envelope }) {
    const read = readEnvelope(envelope);
    const peer = read === null ? null : peerOf(read, this.#me);
    return peer !== null && equal(peer, this.#peer);
  }

  /** @param {Pick<HistoryPage, "messages"> & Partial<HistoryPage>} page */
  async #take(page) {
    this.#learn(page);
    for (const { mine, envelope, hash, failure } of await this.#view.append(page.messages)) {
      this.#chain.see({ mine, envelope, hash, failure });
      if (failure !== null || envelope === null) continue;
      if (mine) this.sender.settle(envelope.messageId);
      void this.#inBackground(() => this.acquaintance.note(mine));
    }
  }

  /**
   * Takes what an answer carries besides messages.
   * @param {Partial<HistoryPage>} page
   */
  #learn(page) {
    this.#epochs.add(page);
    this.#keys.name(page.current_key ?? null);
  }

  #makeKeys() {
    return new CurrentKey({
      id: this.#data.current_key,
      used: this.#data.conversation !== null,
      me: this.#me,
      epochs: this.#epochs,
      chain: this.#chain,
      fingerprint: () => this.#known().peer.fingerprint,
      exchange: (after, replaces) => exchangeKey({ account: this.#account, ...this.#known(), pins: this.#pins, after, replaces }),
    });
  }

  #makeSender() {
    return new Sender({
      me: this.#me,
      peer: this.#peer,
      chain: this.#chain,
      keys: { current: () => this.#refusing(() => this.#keys.current()), refuse: (keyId) => this.#keys.refuse(keyId) },
      post: (envelope) => postJson("/messages/send/", { envelope }),
      prepare: () => this.#prepare(),
      catchUp: () => this.feed.catchUp(),
      exclusive: (work) => navigator.locks.request(`sotto-send ${this.#data.peer.user_id}`, work),
      changed: this.#view.showItem,
      stored: (message) => void this.#inBackground(() => this.feed.offer(message)),
    });
  }

  /** The two identities, which nothing is sent without. */
  #known() {
    if (this.#identities === null) throw new Refusal("no_identity", "The other person's identity is not known.");
    return this.#identities;
  }

  /**
   * Shows a refusal, whoever else handles it.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #refusing(work) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Refusal) this.#view.refuse((this.#refused ??= error));
      throw error;
    }
  }

  /**
   * Does what nobody waits for. When the server cannot be reached, the next catching up makes up for it.
   * @param {() => Promise<void>} work
   */
  async #inBackground(work) {
    try {
      await this.#refusing(work);
    } catch (error) {
      if (!(error instanceof HttpError) && !(error instanceof Refusal)) throw error;
    }
  }
}
