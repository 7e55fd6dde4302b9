/**
 * One conversation: everything that reads, checks, seals and sends, put together. What is seen of it is the page's.
 *
 * @typedef {import("../crypto/identity.js").Bundle} Bundle
 * @typedef {import("./delivery.js").Marks} Marks
 * @typedef {import("./feed.js").HistoryPage} HistoryPage
 * @typedef {import("./keystore.js").Account} Account
 * @typedef {import("./opener.js").Opened} Opened
 * @typedef {import("./sender.js").Item} Item
 * @typedef {import("./sender.js").Stored} Stored
 *
 * @typedef {object} ConversationData what the conversation's page carries
 * @property {string | null} my_bundle base64url
 * @property {{user_id: string, username: string, active: boolean, erased: boolean, bundle: string | null}} peer
 * @property {(import("./acquaintance.js").Standing & {pin: string | null}) | null} contact
 * @property {{last_seq: number, first_seq: number, begins: number, withheld: import("./feed.js").Run[], read_seq: number,
 *   received_seq: number, marks: Marks | null, mine: Stored | null, theirs: Stored | null} | null} conversation
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
 * @property {(marks: Marks | null, last: number) => void} showMarks shows how far the other person has received and read; `last`: the highest
 *   `seq` that is known here
 * @property {() => void} timerChanged
 */

import { equal, idOf, toBase64url, uuidOf } from "../crypto/bytes.js";
import { Acquaintance } from "./acquaintance.js";
import { newestOf, readBundles, readOwnBundle } from "./bundles.js";
import { Epochs } from "./epochs.js";
import { Feed } from "./feed.js";
import { Guard } from "./guard.js";
import { postJson } from "./http.js";
import { hasKeptPin } from "./kept_pin.js";
import { peerOf, readEnvelope } from "./opener.js";
import { makeOutgoing } from "./outgoing.js";
import { Pins } from "./pins.js";
import { Refusal } from "./refusal.js";
import { Transcript } from "./transcript.js";

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
  #transcript;
  #keys;
  #guard;
  /** @type {{own: Bundle, peer: Bundle} | null} the two identities, once both are found right */
  #identities = null;

  /**
   * @param {object} setting
   * @param {Account} setting.account
   * @param {import("./keystore.js").Store} setting.store
   * @param {ConversationData} setting.data
   * @param {import("./outbox.js").Outbox} setting.outbox
   * @param {string} setting.name the other person's username, as the page shows it
   * @param {string[]} setting.envelopes the messages on the page, base64url
   * @param {number} setting.last the highest `seq` on the page, 0 for none
   * @param {View} setting.view
   */
  constructor({ account, store, outbox, data, name, envelopes, last, view }) {
    this.#envelopes = envelopes;
    this.#account = account;
    this.#data = data;
    this.#view = view;
    this.#address = `/messages/${encodeURIComponent(data.peer.username)}/`;
    this.#me = account.bundle.userId;
    this.#peer = idOf(data.peer.user_id);
    this.#pins = new Pins({ account, store, peer: this.#peer, name, erased: data.peer.erased });
    this.#epochs = new Epochs({ account, peer: this.#peer, pins: this.#pins, store });
    this.#guard = new Guard(view.refuse);
    const place = { data, name, peer: this.#peer, address: this.#address };
    const { timerChanged } = view;
    this.#transcript = new Transcript({ account, store, ...place, epochs: this.#epochs, now: () => this.#parties(), timerChanged });
    this.feed = new Feed({
      last,
      load: (seq) => this.#transcript.after(seq),
      suffices: ({ envelope }) => this.#holdsKeyOf(envelope),
      take: (page) => this.#take(page),
    });
    const { contact } = data;
    this.acquaintance = new Acquaintance({ peer: data.peer.user_id, contact, pins: this.#pins, changed: view.contactChanged });
    const { keys, sender } = this.#makeOutgoing(outbox);
    this.#keys = keys;
    this.sender = sender;
  }

  /** After how long what is written from now on disappears. */
  get timer() {
    return this.#transcript.timer;
  }

  /** What stands beside the other person's name. */
  get mark() {
    return this.#pins.state;
  }

  /** The name that this browser knew the other person by until now, if it is another one now. */
  get renamedFrom() {
    return this.#pins.renamedFrom;
  }

  /** Decides whom to trust. Until this is done nothing can be opened. */
  async meet() {
    const { peer, contact, my_bundle: shown } = this.#data;
    await this.#pins.open(contact?.pin ?? null, { expected: () => this.#hasKeptPin() });
    this.#epochs.add(this.#data);
    await this.#pins.learn(this.#data.bundles);
    await this.#guard.inBackground(async () => {
      if (peer.erased) await this.#part();
      const own = await readOwnBundle(this.#account, shown);
      if (peer.bundle === null) throw new Refusal("no_identity", `${peer.username} cannot receive messages yet.`);
      this.#identities = { own, peer: await this.#pins.meetShown(peer.bundle) };
      if (!peer.active) throw new Refusal("gone", `${peer.username} no longer uses Sotto.`);
    });
    await this.#transcript.recall();
  }

  /**
   * Takes note of the messages that came with the page. Until this is done nothing can be sent.
   * @param {Opened[]} opened
   */
  async begin(opened) {
    await this.#transcript.see(opened);
    for (const message of opened) this.#settle(message);
    await this.#guard.inBackground(async () => {
      if (opened.some(({ mine, failure }) => mine && failure === "untrusted")) throw ownUntrusted();
    });
    void this.#guard.inBackground(() => this.acquaintance.keepPin());
  }

  /**
   * @param {string} envelope base64url
   * @returns {Promise<Opened>}
   */
  open(envelope) {
    return this.#transcript.open(envelope);
  }

  /**
   * Looks at all stored messages on the page together.
   * @template {import("./integrity.js").Entry} T
   * @param {T[]} stored by `seq`
   * @param {boolean} reached whether nothing is left to be loaded before them
   * @returns {import("./integrity.js").Findings<T>}
   */
  inspect(stored, reached) {
    return this.#transcript.inspect(stored, reached);
  }

  /**
   * @param {number} before
   * @returns {Promise<HistoryPage>} the messages before this `seq`, ready to be opened
   * @throws {HttpError}
   */
  async older(before) {
    const page = await this.#transcript.before(before);
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
    this.#guard.reset();
    await this.#guard.inBackground(() => this.acquaintance.keepPin());
  }

  /** @param {import("./live.js").LiveEvent} event */
  takeLive(event) {
    if (event.type === "message" && this.#concerns(event.data)) void this.#guard.inBackground(() => this.feed.offer(event.data));
    if (event.type === "contact" && event.data.peer === this.#data.peer.user_id) this.acquaintance.learn(event.data);
    if (event.type === "marks" && event.data.peer === this.#data.peer.user_id) void this.#guard.inBackground(() => this.#takeMarks(event.data));
    if (event.type === "ready" || event.type === "awake") void this.#guard.inBackground(() => this.catchUp());
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

  /** Whether something shows that the server was given a pin of the other person (see `#prepare`). */
  #hasKeptPin() {
    const own = this.#data.conversation?.mine?.envelope;
    const envelopes = own === undefined ? this.#envelopes : [...this.#envelopes, own];
    return hasKeptPin({ account: this.#account, peer: this.#peer, envelopes, shown: this.#data });
  }

  /** Before a message's first try. */
  async #prepare() {
    this.#guard.check();
    await this.acquaintance.accept();
    await this.#guard.refusing(() => this.acquaintance.keepPin());
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

  /**
   * A mark may come while the message that it is for is still being opened, or when that message was lost: then it is asked for.
   * @param {Marks} marks
   */
  async #takeMarks(marks) {
    await this.feed.settled();
    if (Math.max(marks.delivered, marks.read) > this.feed.last) await this.feed.catchUp();
    this.#view.showMarks(marks, this.feed.last);
  }

  /** @param {Pick<HistoryPage, "messages"> & Partial<HistoryPage>} page */
  async #take(page) {
    this.#learn(page);
    const opened = await this.#view.append(page.messages);
    if (page.marks !== undefined) this.#view.showMarks(page.marks, page.messages.at(-1)?.seq ?? this.feed.last);
    void this.#guard.inBackground(() => this.#transcript.see(opened));
    for (const message of opened) {
      const { mine, envelope, failure } = message;
      if (failure !== null || envelope === null) continue;
      this.#settle(message);
      void this.#guard.inBackground(() => this.acquaintance.note(mine));
    }
  }

  /** @param {Opened} message that is stored */
  #settle({ mine, envelope, failure }) {
    if (mine && failure === null && envelope !== null) void this.sender.settle(envelope.messageId);
  }

  /**
   * Takes a message that was just answered as stored.
   * @param {Stored} message
   * @param {Item} item
   */
  async #receive(message, item) {
    await this.feed.offer(message);
    // It may have been stored long ago, and stand further up.
    this.#view.showItem({ ...item, state: "gone" });
  }

  /**
   * Takes what an answer carries besides messages.
   * @param {Partial<HistoryPage>} page
   */
  #learn(page) {
    this.#epochs.add(page);
    this.#keys.name(page.current_key ?? null);
  }

  /** @param {import("./outbox.js").Outbox} outbox */
  #makeOutgoing(outbox) {
    return makeOutgoing({
      account: this.#account,
      data: this.#data,
      outbox,
      pins: this.#pins,
      epochs: this.#epochs,
      chain: this.#transcript.chain,
      guard: this.#guard,
      known: () => this.#known(),
      prepare: () => this.#prepare(),
      catchUp: () => this.feed.catchUp(),
      lifetime: () => this.timer.seconds,
      changed: this.#view.showItem,
      refused: (error) => this.acquaintance.noteRefusal(error),
      stored: (message, item) => void this.#guard.inBackground(() => this.#receive(message, item)),
    });
  }

  /** The identities that the next message is for, once they are known. */
  #parties() {
    if (this.#identities === null) return null;
    const { own, peer } = this.#identities;
    return { own: toBase64url(own.fingerprint), peer: toBase64url(peer.fingerprint), name: peer.username };
  }

  /** The two identities, which nothing is sent without. */
  #known() {
    if (this.#identities === null) throw new Refusal("no_identity", "The other person's identity is not known.");
    return this.#identities;
  }
}
