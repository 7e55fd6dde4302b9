/** A conversation: its page. */

import { openWith } from "../elements/sotto-message.js";
import { Composer } from "../lib/composer.js";
import { Conversation } from "../lib/conversation.js";
import { Conversations } from "../lib/conversations.js";
import { startDeletion } from "../lib/deletion.js";
import { OlderMessages } from "../lib/history.js";
import { HttpError } from "../lib/http.js";
import * as keystore from "../lib/keystore.js";
import { listen } from "../lib/live.js";
import { byId, pageData, showError } from "../lib/page.js";
import { ask } from "../lib/question.js";
import { ReadMarker } from "../lib/read.js";
import { Timeline } from "../lib/timeline.js";

/** @typedef {import("../lib/conversation.js").View} View */
/** @typedef {import("../lib/live.js").LiveEvent} LiveEvent */
/** @typedef {import("../lib/refusal.js").Refusal} Refusal */

/** From here on the list stands beside the conversation (see app.css). */
const WIDE = "(min-width: 48rem)";

/** How long, in milliseconds, a connection may be gone before it is said. */
const PATIENCE = 4000;

const trouble = byId("trouble");
const log = byId("history");
const newer = byId("newer", HTMLButtonElement);
const timeline = new Timeline({ log, template: byId("message-template", HTMLTemplateElement) });
/** @type {import("../lib/conversation.js").ConversationData} */
const data = pageData();
/** The lowest `seq` that there is to be shown. */
const begins = data.conversation?.begins ?? 1;

/**
 * Shows the list beside the conversation while there is room for it.
 * @param {keystore.Account} account
 * @returns {(event: LiveEvent) => void} keeps it up to date
 */
function startList(account) {
  const conversations = new Conversations({ account, store: keystore, list: byId("conversations"), open: data.peer.user_id });
  const wide = matchMedia(WIDE);
  const take = (/** @type {LiveEvent} */ event) => void (wide.matches && conversations.take(event));
  wide.addEventListener("change", () => take({ type: "ready" }));
  return take;
}

/** @returns {(event: LiveEvent) => void} says when messages no longer arrive */
function startConnectionNotice() {
  const notice = byId("connection");
  let timer = 0;
  return ({ type }) => {
    if (type === "ready") {
      clearTimeout(timer);
      timer = 0;
      notice.textContent = "";
    } else if (type === "lost") {
      timer ||= window.setTimeout(() => (notice.textContent = "Not connected. Trying again…"), PATIENCE);
    }
  };
}

/**
 * Marks as read what lies before the person's eyes.
 * @param {Conversation} conversation
 * @returns {() => void} looks again
 */
function startReading(conversation) {
  const marker = new ReadMarker({ told: data.conversation?.read_seq ?? 0, post: (seq) => conversation.markRead(seq) });
  const look = () => {
    if (timeline.atEnd) newer.hidden = true;
    if (timeline.atEnd && document.visibilityState === "visible") marker.reach(timeline.last);
  };
  log.addEventListener("scroll", look, { passive: true });
  document.addEventListener("visibilitychange", look);
  newer.addEventListener("click", () => timeline.toEnd());
  look();
  return look;
}

/**
 * The line that asks whether to accept a person who has written for the first time.
 * @param {Conversation} conversation
 */
function startRequest(conversation) {
  const accept = byId("accept", HTMLButtonElement);
  accept.addEventListener("click", async () => {
    accept.disabled = true;
    try {
      await conversation.acquaintance.accept();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      showError(trouble, error.message);
    } finally {
      accept.disabled = false;
    }
  });
}

/**
 * @param {Conversation} conversation
 * @returns {Composer}
 */
function startComposer(conversation) {
  const { sender } = conversation;
  log.addEventListener("click", ({ target }) => target instanceof Element && target.closest(".bubble-retry") && sender.retry());
  window.addEventListener("beforeunload", (event) => sender.waiting && event.preventDefault());
  return new Composer({
    form: byId("composer", HTMLFormElement),
    field: byId("message", HTMLTextAreaElement),
    send: (text) => sender.send(text),
    say: (problem) => showError(byId("composer-problem"), problem),
  });
}

/** @param {Conversation} conversation */
function startHistory(conversation) {
  new OlderMessages({
    log,
    button: byId("older", HTMLButtonElement),
    first: timeline.first > begins ? timeline.first : 0,
    load: (before) => conversation.older(before),
    take: ({ messages }) => timeline.prepend(messages),
  });
}

/**
 * What the conversation shows on this page.
 * @param {{refuse: (refusal: Refusal) => void, look: () => void}} page
 * @returns {Omit<View, "contactChanged">}
 */
function makeView(page) {
  return {
    append: async (messages) => {
      const opened = await timeline.append(messages);
      newer.hidden = timeline.atEnd || messages.length === 0;
      page.look();
      return opened;
    },
    showItem: (item) => timeline.showItem(item),
    refuse: (refusal) => {
      trouble.className = refusal.code === "gone" ? "notice" : "alert";
      showError(trouble, refusal.message);
      page.refuse(refusal);
    },
  };
}

/**
 * The person has said *Continue*. What was typed meanwhile is sent; else the page is loaded anew, and what failed to open opens.
 * @param {Conversation} conversation
 * @param {Composer} composer
 */
async function proceed(conversation, composer) {
  await conversation.confirm();
  if (!conversation.sender.waiting) return location.reload();
  showError(trouble, "");
  composer.enable();
  conversation.sender.retry();
}

/**
 * Lets the person write, unless something is against it, now or later.
 * @param {Conversation} conversation
 * @param {{refused: Refusal | null, refuse: (refusal: Refusal) => void}} page
 */
function startWriting(conversation, page) {
  const composer = startComposer(conversation);
  page.refuse = (refusal) => {
    composer.disable();
    if (refusal.asks) ask(trouble, refusal.message, () => proceed(conversation, composer));
  };
  if (page.refused === null) composer.enable();
  else page.refuse(page.refused);
}

/** @param {keystore.Account} account */
async function start(account) {
  const page = {
    refused: /** @type {Refusal | null} */ (null),
    refuse: (/** @type {Refusal} */ refusal) => void (page.refused = refusal),
    look: () => {},
  };
  const showContact = () => {
    byId("request").hidden = !conversation.acquaintance.pending;
    byId("menu").hidden = !conversation.acquaintance.begun;
  };
  const view = { ...makeView(page), contactChanged: showContact };
  const name = byId("peer-name").textContent ?? "";
  const last = Math.max(timeline.last, begins - 1);
  const conversation = new Conversation({ account, store: keystore, data, name, envelopes: timeline.envelopes, last, view });
  await conversation.meet();
  openWith((envelope) => conversation.open(envelope));
  await conversation.begin(await timeline.begin());
  log.ariaBusy = "false";
  showContact();
  startRequest(conversation);
  startDeletion(conversation);
  startHistory(conversation);
  page.look = startReading(conversation);
  startWriting(conversation, page);
  startLive(account, conversation);
}

/**
 * Passes every live event on.
 * @param {keystore.Account} account
 * @param {Conversation} conversation
 */
function startLive(account, conversation) {
  const takers = [startConnectionNotice(), startList(account), (/** @type {LiveEvent} */ event) => conversation.takeLive(event)];
  listen((event) => takers.forEach((take) => take(event)));
}

const account = await keystore.load();
// Without keys the page is left: see signed_in.js.
if (account !== null) await start(account);
