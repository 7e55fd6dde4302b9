/**
 * One conversation: what is read of it (reading.js), kept up to date, and all that seals and sends, put together. What is seen of it is the page's.
 *
 * @typedef {import("./delivery.js").Marks} Marks
 * @typedef {import("./feed.js").HistoryPage} HistoryPage
 * @typedef {import("./opener.js").Opened} Opened
 * @typedef {import("./reading.js").Reading} Reading
 * @typedef {import("./sender.js").Item} Item
 * @typedef {import("./sender.js").Stored} Stored
 *
 * @typedef {object} View
 * @property {(messages: Stored[]) => Promise<Opened[]>} append shows messages after the last
 * @property {(item: Item) => void} showItem shows a message on its way
 * @property {() => void} contactChanged
 * @property {() => void} deleted what is shown was deleted for this person, in another tab or browser
 * @property {(marks: Marks | null, last: number) => void} showMarks shows how far the other person has received and read; `last`: the highest
 *   `seq` that is known here
 */

import { equal, uuidOf } from "../crypto/bytes.js";
import { Acquaintance } from "./acquaintance.js";
import { Feed } from "./feed.js";
import { HttpError, postJson } from "./http.js";
import { peerOf, readEnvelope } from "./opener.js";
import { makeOutgoing } from "./outgoing.js";
import { Refusal } from "./refusal.js";

/** How long, in milliseconds, after the server did not answer it is asked again. */
const LATER = 5000;

const ownUntrusted = () =>
  new Refusal("key_untrusted", "What you wrote here was not locked for the person whom the server shows now. Nothing will be sent.");

export class Conversation {
  #reading;
  #guard;
  #view;
  #keys;
  /** The first `seq` that this person has not deleted, as far as this page knows. */
  #begins;
  #deleting = false;
  #later = 0;

  /**
   * @param {object} setting
   * @param {Reading} setting.reading that has met the other person
   * @param {import("./outbox.js").Outbox} setting.outbox
   * @param {number} setting.last the highest `seq` on the page, 0 for none
   * @param {View} setting.view
   */
  constructor({ reading, outbox, last, view }) {
    this.#reading = reading;
    this.#guard = reading.guard;
    this.#view = view;
    const { data, pins } = reading;
    this.#begins = data.conversation?.begins ?? 1;
    this.feed = new Feed({
      last,
      load: (seq) => this.#after(seq),
      suffices: ({ envelope }) => this.#holdsKeyOf(envelope),
      take: (page) => this.#take(page),
    });
    this.acquaintance = new Acquaintance({ peer: data.peer.user_id, contact: data.contact, pins, changed: view.contactChanged });
    const { keys, sender } = this.#makeOutgoing(outbox);
    this.#keys = keys;
    this.sender = sender;
  }

  /** After how long what is written from now on disappears. */
  get timer() {
    return this.#reading.transcript.timer;
  }

  /** What stands beside the other person's name. */
  get mark() {
    return this.#reading.pins.state;
  }

  /** The name that this browser knew the other person by until now, if it is another one now. */
  get renamedFrom() {
    return this.#reading.pins.renamedFrom;
  }

  /**
   * Takes note of the messages that came with the page. Until this is done nothing can be sent.
   * @param {Opened[]} opened
   */
  async begin(opened) {
    await this.#reading.transcript.see(opened);
    for (const message of opened) this.#settle(message);
    await this.#guard.inBackground(async () => {
      if (opened.some(({ mine, failure }) => mine && failure === "untrusted")) throw ownUntrusted();
    });
    void this.#guard.inBackground(() => this.acquaintance.keepPin());
  }

  /**
   * @param {number} before
   * @returns {Promise<HistoryPage>} the messages before this `seq`, ready to be opened
   * @throws {HttpError}
   */
  async older(before) {
    const page = await this.#reading.transcript.before(before);
    this.#learn(page);
    return page;
  }

  /**
   * Says that the person has read so far.
   * @param {number} seq
   * @throws {HttpError}
   */
  async markRead(seq) {
    await postJson(`${this.#reading.address}read/`, { seq });
  }

  /**
   * Deletes the conversation for this person.
   * @throws {HttpError}
   */
  async delete() {
    this.#deleting = true;
    try {
      await postJson(`${this.#reading.address}delete/`, {});
    } catch (error) {
      this.#deleting = false;
      throw error;
    }
  }

  /** Goes on with the identity that the person was asked about. What has failed to open for it opens after a reload. */
  async confirm() {
    await this.#reading.confirm();
    await this.#guard.inBackground(() => this.acquaintance.keepPin());
  }

  /** @param {import("./live.js").LiveEvent} event */
  takeLive(event) {
    if (event.type === "message" && this.#concerns(event.data)) void this.#bringIn(() => this.feed.offer(event.data));
    if (event.type === "contact" && event.data.peer === this.#reading.data.peer.user_id) this.acquaintance.learn(event.data);
    if (event.type === "marks" && event.data.peer === this.#reading.data.peer.user_id) void this.#bringIn(() => this.#takeMarks(event.data));
    const deleted = event.type === "deleted" && event.data.peer === this.#reading.data.peer.user_id;
    if (event.type === "ready" || event.type === "awake" || deleted) void this.#bringIn(() => this.catchUp());
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
   * Does what brings something in. Where the server does not answer, it is asked again a little later: nothing else need happen that would ask.
   * @param {() => Promise<void>} work
   */
  #bringIn(work) {
    return this.#guard.inBackground(async () => {
      try {
        await work();
      } catch (error) {
        if (error instanceof HttpError && error.code !== "signed_out") this.#catchUpLater();
        throw error;
      }
    });
  }

  #catchUpLater() {
    clearTimeout(this.#later);
    this.#later = window.setTimeout(() => void this.#bringIn(() => this.catchUp()), LATER);
  }

  /**
   * @param {number} seq
   * @returns {Promise<HistoryPage>} what was stored after this. How the two stand to each other may have changed too
   * @throws {HttpError}
   */
  async #after(seq) {
    const learn = this.acquaintance.asking();
    const page = await this.#reading.transcript.after(seq);
    if (page.contact !== null) learn(page.contact);
    return page;
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
    return read !== null && this.#reading.epochs.holds(uuidOf(read.keyId));
  }

  /** @param {Stored} message */
  #concerns({ envelope }) {
    const read = readEnvelope(envelope);
    const peer = read === null ? null : peerOf(read, this.#reading.account.bundle.userId);
    return peer !== null && equal(peer, this.#reading.peer);
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
    void this.#guard.inBackground(() => this.#reading.transcript.see(opened));
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
    this.#reading.epochs.add(page);
    this.#keys.name(page.current_key ?? null);
    const begins = page.begins ?? 1;
    // Who deletes it on this very page leaves it.
    if (begins <= this.#begins || this.#deleting) return;
    this.#begins = begins;
    this.#view.deleted();
  }

  /** @param {Item} item on its way, in its new state */
  #showItem(item) {
    this.timer.note(item);
    this.#view.showItem(item);
  }

  /** @param {import("./outbox.js").Outbox} outbox */
  #makeOutgoing(outbox) {
    const { account, data, pins, epochs, guard, transcript } = this.#reading;
    return makeOutgoing({
      account,
      data,
      outbox,
      pins,
      epochs,
      chain: transcript.chain,
      guard,
      known: () => this.#reading.known(),
      prepare: () => this.#prepare(),
      catchUp: () => this.feed.catchUp(),
      lifetime: () => this.timer.seconds,
      changed: (item) => this.#showItem(item),
      refused: (error) => this.acquaintance.noteRefusal(error),
      stored: (message, item) => void this.#guard.inBackground(() => this.#receive(message, item)),
    });
  }
}
