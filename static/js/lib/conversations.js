/**
 * The list of conversations, as `messaging/_conversations.html` has it: opens its last lines and keeps it as it is on the server.
 *
 * @typedef {import("./keystore.js").Account} Account
 * @typedef {import("./keystore.js").Store} Store
 * @typedef {import("./live.js").LiveEvent} LiveEvent
 * @typedef {import("./previews.js").ListData} ListData
 * @typedef {import("./sender.js").Stored} Stored
 */

import { equal, uuidOf } from "../crypto/bytes.js";
import { onNewDay, showTime } from "./dates.js";
import { expiry } from "./expiry.js";
import { fetchPage } from "./fragment.js";
import { HttpError } from "./http.js";
import { showMark } from "./marks.js";
import { peerOf, readEnvelope } from "./opener.js";
import { Previews } from "./previews.js";
import { carryRowMarks, learnRowMarks, showRowMark } from "./row_marks.js";
import { endOf, isNews, UnreadCount } from "./unread_count.js";

const NEWEST = "/messages/";

/** How long, in milliseconds, after the server did not give the list it is asked again. */
const LATER = 5000;

export class Conversations {
  #account;
  #store;
  #list;
  #received;
  #notifications;
  #address;
  /** @type {string | null} the conversation that is open beside the list: the other person's id */
  #open;
  /** @type {Previews | null} */
  #previews = null;
  /** @type {Promise<void> | null} */
  #refreshing = null;
  #stale = false;
  #later = 0;
  /** Whether the list holds what the server has said. */
  #filled = false;
  /** Up to which `seq` it was told that somebody has written, by their id. @type {Map<string, number>} */
  #told = new Map();

  /**
   * @param {object} setting
   * @param {Account} setting.account
   * @param {Store} setting.store
   * @param {HTMLElement} setting.list the element that holds the list, and is filled anew
   * @param {string} [setting.address] the page that the list is filled from: the newest conversations, or older ones
   * @param {import("./received.js").Received} setting.received is told what has come with the list
   * @param {import("./notifications.js").Notifications} setting.notifications is told what is unread, and who has written
   * @param {string | null} [setting.open] the other person's id, as a UUID, of the conversation beside it
   */
  constructor({ account, store, list, received, notifications, address = NEWEST, open = null }) {
    this.#received = received;
    this.#notifications = notifications;
    this.#address = address;
    this.#account = account;
    this.#store = store;
    this.#list = list;
    this.#open = open;
    onNewDay(() => rows(list).forEach(showRowTime));
  }

  /**
   * Opens the lines that came with the page.
   * @param {ListData} data
   */
  async begin(data) {
    await this.#dress(this.#list, data, performance.timeOrigin);
    this.#filled = true;
    this.#count();
  }

  /**
   * Fetches the list anew. Asked for again meanwhile, it does so once more.
   * @returns {Promise<void>}
   * @throws {import("./http.js").HttpError}
   */
  refresh() {
    this.#stale = true;
    this.#refreshing ??= this.#refresh();
    return this.#refreshing;
  }

  /** @param {LiveEvent} event */
  async take(event) {
    try {
      if (event.type === "ready" || event.type === "contact" || event.type === "deleted") await this.refresh();
      if (event.type === "message") await this.#takeMessage(event.data);
      if (event.type === "read") await this.#takeRead(event.data);
      if (event.type === "marks") this.#takeMarks(event.data);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      // What this event brought would else be missing until the next one.
      clearTimeout(this.#later);
      this.#later = window.setTimeout(() => void this.take({ type: "ready" }), LATER);
    }
  }

  async #refresh() {
    try {
      while (this.#stale) await this.#refreshOnce();
    } finally {
      this.#refreshing = null;
    }
  }

  async #refreshOnce() {
    this.#stale = false;
    const asked = Date.now();
    const page = await fetchPage(this.#address);
    const fresh = page.getElementById(this.#list.id);
    const data = page.getElementById("page-data");
    if (fresh === null || data === null) return;
    const list = document.importNode(fresh, true);
    await this.#dress(list, JSON.parse(data.textContent ?? ""), asked);
    const news = rows(list).filter((row) => this.#hasNews(row));
    this.#filled = true;
    this.#replace(list);
    this.#count();
    for (const row of news) await this.#tellOf(row, Number(row.dataset.seq));
  }

  /**
   * Whether somebody has written since the list was filled, or the page opened that came without one: of what was sent while there was no
   * connection nothing else tells.
   * @param {HTMLElement} row of a list that was fetched anew
   */
  #hasNews(row) {
    if (!this.#filled && Number(row.dataset.at) < performance.timeOrigin) return false;
    const before = this.#rowOf(row.dataset.peer ?? "");
    if (Number(row.dataset.seq) <= Number(before?.dataset.seq ?? 0)) return false;
    return unreadIn(row).messages > (before === undefined ? 0 : unreadIn(before).messages);
  }

  /**
   * Shows what only a browser can: opened lines, and times in the reader's zone.
   * @param {HTMLElement} list
   * @param {ListData} data
   * @param {number} asked when the server was asked for it, in milliseconds since 1970
   */
  async #dress(list, data, asked) {
    this.#previews = new Previews({ account: this.#account, store: this.#store, data, asked });
    await Promise.all(
      rows(list).map(async (row) => {
        await this.#dressRow(row);
        const { others = 0, ends = [] } = (await this.#previews?.unread(peerIn(row))) ?? {};
        unreadIn(row).except(others, ends);
        this.#showUnread(row);
      }),
    );
  }

  /** @param {HTMLElement} row */
  async #dressRow(row) {
    const { peer: id = "", envelope = "" } = row.dataset;
    if (id === this.#open) row.ariaCurrent = "page";
    if (this.#previews === null) return;
    showRowTime(row);
    const peer = peerIn(row);
    await this.#showLine(row, peer, envelope);
    const read = readEnvelope(envelope);
    // Of a long one, which is not here, the server has said whose it is.
    showRowMark(row, read === null ? envelope === "" && row.dataset.mine !== undefined : equal(read.sender, this.#account.bundle.userId));
    if (envelope !== "" && unreadIn(row).any) this.#received.reach(id, Number(row.dataset.seq));
    this.#watch(row, peer, envelope);
    if (!peer.erased) showMark(part(row, ".mark"), await this.#previews.mark(peer));
  }

  /**
   * @param {HTMLElement} row
   * @param {import("./previews.js").Peer} peer
   * @param {string} envelope base64url
   */
  async #showLine(row, peer, envelope) {
    // The server leaves long ones out of the list.
    const line = envelope === "" ? "Long message" : await this.#previews?.line(peer, envelope);
    // Another message may have come meanwhile.
    if (row.dataset.envelope === envelope) part(row, ".row-preview").textContent = line ?? "";
  }

  /**
   * Has a line go when its message's time is over.
   * @param {HTMLElement} row
   * @param {import("./previews.js").Peer} peer
   * @param {string} envelope base64url
   */
  #watch(row, peer, envelope) {
    if (row.dataset.envelope !== envelope) return;
    expiry.forget(row);
    const at = endOf(readEnvelope(envelope));
    if (at < Infinity && at > Date.now()) expiry.watch(row, { at, show: () => undefined, end: () => void this.#showLine(row, peer, envelope) });
  }

  /**
   * Puts a list in the place of the one shown, with the focus where it was.
   * @param {HTMLElement} list
   */
  #replace(list) {
    const focused = this.#list.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
    for (const row of rows(this.#list)) [row, unreadIn(row)].forEach((key) => expiry.forget(key));
    for (const row of rows(list)) carryRowMarks(this.#rowOf(row.dataset.peer ?? ""), row);
    this.#list.replaceChildren(...list.children);
    rows(this.#list).find((row) => row.getAttribute("href") === focused)?.focus();
  }

  /** @param {Stored} message */
  async #takeMessage(message) {
    const read = readEnvelope(message.envelope);
    const peer = read === null ? null : peerOf(read, this.#account.bundle.userId);
    if (read === null || peer === null) return;
    // A list that is on its way was asked for before this message.
    if (this.#refreshing !== null) this.#stale = true;
    const theirs = equal(read.sender, peer);
    await this.#place(message, { peer: uuidOf(peer), theirs, keyId: uuidOf(read.keyId) });
    if (theirs) await this.#tell(uuidOf(peer), message);
  }

  /**
   * @param {Stored} message
   * @param {{peer: string, theirs: boolean, keyId: string}} read from its envelope
   */
  async #place({ seq, at, envelope }, { peer, theirs, keyId }) {
    const row = this.#rowOf(peer);
    if (row === undefined) return this.#takeUnknown();
    if (seq > Number(row.dataset.seq) + 1) return this.refresh();
    if (seq <= Number(row.dataset.seq)) return;
    Object.assign(row.dataset, { seq, at, envelope });
    const unread = theirs && (peer !== this.#open || document.hidden);
    if (unread) unreadIn(row).come(seq);
    row.closest("ul")?.prepend(/** @type {Node} */ (row.closest("li")));
    await this.#dressRow(row);
    if (unread) await this.#countUnread(row, { seq, envelope });
    if (this.#previews?.lacks(keyId)) await this.refresh();
  }

  /**
   * Counts what has come, if it is a message.
   * @param {HTMLElement} row
   * @param {Pick<Stored, "seq" | "envelope">} message
   */
  async #countUnread(row, { seq, envelope }) {
    const opened = await this.#previews?.open(peerIn(row), envelope);
    if (opened === undefined || isNews(opened)) unreadIn(row).count(seq, endOf(readEnvelope(envelope)));
    this.#showUnread(row);
    this.#count();
  }

  /**
   * Tells of a message that is one to read.
   * @param {string} id of who wrote it, a UUID
   * @param {Stored} message
   */
  async #tell(id, { seq, envelope }) {
    const row = this.#rowOf(id);
    if (row === undefined || this.#previews === null) return;
    const { content } = await this.#previews.open(peerIn(row), envelope);
    if (content?.kind === "text" || content?.kind === "reply") await this.#tellOf(row, seq);
  }

  /**
   * Tells that somebody has written, once.
   * @param {HTMLElement} row
   * @param {number} seq
   */
  async #tellOf(row, seq) {
    const { id } = peerIn(row);
    if (seq <= (this.#told.get(id) ?? 0)) return;
    this.#told.set(id, seq);
    const request = row.closest(".requests") !== null;
    await this.#notifications.tell({ id, name: peerIn(row).name, address: row.getAttribute("href") ?? NEWEST, request });
  }

  /**
   * Shows how many are unread, now and whenever one of them disappears.
   * @param {HTMLElement} row
   */
  #showUnread(row) {
    const unread = unreadIn(row);
    const { messages, changes } = unread;
    part(row, ".unread").textContent = String(messages);
    part(row, ".badge").hidden = messages === 0;
    expiry.forget(unread);
    if (changes === Infinity) return;
    const end = () => {
      this.#showUnread(row);
      this.#count();
    };
    expiry.watch(unread, { at: changes, show: () => undefined, end });
  }

  #count() {
    // What comes to the conversation that is looked at is read at once.
    const counted = rows(this.#list).filter(({ dataset: { peer } }) => peer !== this.#open || document.hidden);
    this.#notifications.count(counted.reduce((sum, row) => sum + unreadIn(row).messages, 0));
  }

  /** @param {{peer: string, seq: number}} mark */
  async #takeRead({ peer, seq }) {
    if (this.#refreshing !== null) this.#stale = true;
    const row = this.#rowOf(peer);
    if (row === undefined) return;
    if (seq < Number(row.dataset.seq)) return this.refresh();
    unreadIn(row).clear();
    this.#showUnread(row);
    this.#count();
  }

  /** @param {import("./live.js").PeerMarks} marks */
  #takeMarks({ peer, ...marks }) {
    const row = this.#rowOf(peer);
    if (row !== undefined) learnRowMarks(row, marks);
  }

  /** Somebody who is not in the list has written: among the newest conversations there is now theirs. */
  async #takeUnknown() {
    if (this.#address === NEWEST) await this.refresh();
  }

  /** @param {string} peer UUID */
  #rowOf(peer) {
    return rows(this.#list).find((row) => row.dataset.peer === peer);
  }
}

/**
 * @param {HTMLElement} list
 * @returns {HTMLElement[]}
 */
function rows(list) {
  return [...list.querySelectorAll(".row")].filter((row) => row instanceof HTMLElement);
}

/**
 * @param {HTMLElement} row
 * @param {string} selector
 * @returns {HTMLElement}
 */
function part(row, selector) {
  const element = row.querySelector(selector);
  if (!(element instanceof HTMLElement)) throw new TypeError(`a conversation has no ${selector}`);
  return element;
}

/**
 * @param {HTMLElement} row
 * @returns {import("./previews.js").Peer}
 */
function peerIn(row) {
  const { peer: id = "", erased } = row.dataset;
  return { id, name: part(row, ".row-name").textContent ?? "", erased: erased !== undefined };
}

/** @param {HTMLElement} row */
function showRowTime(row) {
  const time = row.querySelector("time");
  if (time !== null && row.dataset.at !== undefined) showTime(time, Number(row.dataset.at), { short: true });
}

/** @type {WeakMap<HTMLElement, UnreadCount>} */
const counts = new WeakMap();

/**
 * @param {HTMLElement} row
 * @returns {UnreadCount} begun with what the server says
 */
function unreadIn(row) {
  const count = counts.get(row) ?? new UnreadCount(Number(part(row, ".unread").textContent));
  counts.set(row, count);
  return count;
}
