/** A conversation: its page. */

import { idOf } from "../crypto/bytes.js";
import { openWith } from "../elements/sotto-message.js";
import { Composer } from "../lib/composer.js";
import { Composition } from "../lib/composition.js";
import { Conversation } from "../lib/conversation.js";
import { Conversations } from "../lib/conversations.js";
import { startDeletion } from "../lib/deletion.js";
import { startEmoji } from "../lib/emoji.js";
import { startFinding } from "../lib/finding.js";
import { OlderMessages } from "../lib/history.js";
import * as keystore from "../lib/keystore.js";
import { Latest } from "../lib/latest.js";
import { listen } from "../lib/live.js";
import { showMark } from "../lib/marks.js";
import { startMenu } from "../lib/menu.js";
import { startMessageActions } from "../lib/message_actions.js";
import { Notifications, notificationsAreOn } from "../lib/notifications.js";
import { startOwnClock } from "../lib/own_clock.js";
import { byId, drawn, pageData, showError } from "../lib/page.js";
import { ask } from "../lib/question.js";
import { ReadMarker } from "../lib/read.js";
import { startReceived } from "../lib/received.js";
import { startReport } from "../lib/report.js";
import { startShape } from "../lib/shape.js";
import { showStanding, startStanding } from "../lib/standing.js";
import { startTicks } from "../lib/ticks.js";
import { putBack, restore, watchComposition } from "../lib/taking_back.js";
import { Timeline } from "../lib/timeline.js";
import { showTimer, startTimer } from "../lib/timer_dialog.js";
import { startTyping } from "../lib/typing.js";
import { Unsent } from "../lib/unsent.js";
import { startUnsentMarks } from "../lib/unsent_marks.js";

/** @typedef {import("../lib/conversation.js").View} View */
/** @typedef {import("../lib/live.js").LiveEvent} LiveEvent */
/** @typedef {import("../lib/refusal.js").Refusal} Refusal */

/** From here on the list stands beside the conversation (see shell.css). */
const WIDE = "(min-width: 48rem)";

/** How long, in milliseconds, a connection may be gone before it is said. */
const PATIENCE = 4000;

const trouble = byId("trouble");
const log = byId("history");
const field = byId("message", HTMLTextAreaElement);
const composition = new Composition(field);
/** @type {import("../lib/conversation.js").ConversationData} */
const data = pageData();
/** The lowest `seq` that there is to be shown. */
const begins = data.conversation?.begins ?? 1;
const timeline = new Timeline({
  log,
  template: byId("message-template", HTMLTemplateElement),
  beginning: byId("history-beginning"),
  end: byId("history-end"),
  begins,
});

/**
 * Shows the list beside the conversation while there is room for it.
 * @param {keystore.Account} account
 * @param {import("../lib/received.js").Received} received
 * @returns {(event: LiveEvent) => void} keeps it up to date
 */
function startList(account, received) {
  const [list, notifications] = [byId("conversations"), new Notifications()];
  const conversations = new Conversations({ account, store: keystore, list, received, notifications, open: data.peer.user_id });
  startUnsentMarks(account, list);
  const wide = matchMedia(WIDE);
  // Where the list is not seen, it is kept for the notifications only.
  const take = (/** @type {LiveEvent} */ event) => void ((wide.matches || notificationsAreOn()) && conversations.take(event));
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
 * Tells what this page has received, and marks as read what lies before the person's eyes.
 * @param {Conversation} conversation
 * @param {import("../lib/received.js").Received} received
 * @returns {{look: () => void, again: () => void}} `look` looks again; `again` tells once more what a person who looks has before their eyes
 */
function startReading(conversation, received) {
  const peer = data.peer.user_id;
  const post = async (/** @type {number} */ seq) => {
    await conversation.markRead(seq);
    received.know(peer, seq);
  };
  received.know(peer, data.conversation?.received_seq ?? 0);
  const marker = new ReadMarker({ told: data.conversation?.read_seq ?? 0, post });
  const latest = new Latest({ log, button: byId("latest", HTMLButtonElement), view: timeline.view, read: data.conversation?.read_seq ?? 0 });
  const look = () => {
    received.reach(peer, timeline.last);
    latest.look();
    marker.reach(latest.seen);
  };
  log.addEventListener("scroll", look, { passive: true });
  document.addEventListener("visibilitychange", look);
  look();
  const again = () => {
    if (document.visibilityState !== "visible") return;
    marker.forget();
    received.forget(peer);
    look();
  };
  return { look, again };
}

/**
 * @param {Conversation} conversation
 * @param {Unsent} unsent
 * @returns {Composer}
 */
function startComposer({ sender }, unsent) {
  startMessageActions({
    log,
    field,
    name: data.peer.username,
    timeline,
    composition,
    send: (content, lifetime) => sender.send(content, lifetime),
    canWrite: () => !field.readOnly && !field.disabled,
  });
  return new Composer({
    form: byId("composer", HTMLFormElement),
    field,
    send: (text) => {
      const taken = composition.take(text);
      unsent.send(() => sender.send(...taken), composition.draft);
    },
    say: (problem) => showError(byId("composer-problem"), problem),
  });
}

/**
 * @param {Conversation} conversation
 * @param {Unsent} unsent
 */
async function startUnsent({ sender }, unsent) {
  const problem = byId("composer-problem");
  const page = { log, composition, timeline, name: data.peer.username, say: (/** @type {string} */ words) => showError(problem, words) };
  watchComposition(page);
  await unsent.start({
    sender,
    field,
    composition,
    putBack: (item) => putBack(item, page),
    restore: (composed) => restore(composed, page),
    log,
    problem,
    warning: byId("unkept"),
  });
}

/** @param {Conversation} conversation */
function startHistory(conversation) {
  const older = new OlderMessages({
    log,
    button: byId("older", HTMLButtonElement),
    first: timeline.reached ? 0 : timeline.first,
    load: (before) => conversation.older(before),
    take: ({ messages, more }) => timeline.prepend(messages, more),
  });
  startFinding({ log, older });
  startEmoji();
  return older;
}

/**
 * What the conversation shows on this page.
 * @param {{refuse: (refusal: Refusal) => void, look: () => void, showPerson: () => void, warn: () => void}} page
 * @returns {Omit<View, "contactChanged" | "showMarks" | "timerChanged">}
 */
function makeView(page) {
  return {
    append: async (messages) => {
      const opened = await timeline.append(messages);
      page.look();
      return opened;
    },
    showItem: (item) => {
      timeline.showItem(item);
      page.warn();
    },
    refuse: (refusal) => {
      trouble.className = refusal.code === "gone" ? "notice" : "alert";
      showError(trouble, refusal.message);
      page.refuse(refusal);
      page.showPerson();
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
  timeline.inspect();
  showError(trouble, "");
  showPerson(conversation);
  composer.enable();
  conversation.sender.retry();
}

/**
 * Lets the person write, unless something is against it, now or later.
 * @param {Conversation} conversation
 * @param {Unsent} unsent
 * @param {{refused: Refusal | null, refuse: (refusal: Refusal) => void}} page
 */
function startWriting(conversation, unsent, page) {
  const composer = startComposer(conversation, unsent);
  page.refuse = (refusal) => {
    composer.disable();
    if (refusal.asks) ask(trouble, refusal, () => proceed(conversation, composer));
  };
  if (page.refused === null) composer.enable();
  else page.refuse(page.refused);
}

/**
 * Shows how this person stands to the other one: whether in contact, and whether verified.
 * @param {Conversation} conversation
 */
function showPerson({ acquaintance, mark, renamedFrom }) {
  const { username, erased } = data.peer;
  showStanding(acquaintance);
  byId("menu").hidden = !acquaintance.begun;
  byId("person", HTMLAnchorElement).href = `/contacts/${encodeURIComponent(username)}/`;
  if (!erased) showMark(byId("mark"), mark);
  showError(byId("renamed"), renamedFrom === null ? "" : `${renamedFrom} is now called ${username}. The keys are the same.`);
}

/** @param {keystore.Account} account */
async function start(account) {
  const page = {
    refused: /** @type {Refusal | null} */ (null),
    refuse: (/** @type {Refusal} */ refusal) => void (page.refused = refusal),
    look: () => {},
    warn: () => unsent.warn(byId("unkept")),
    again: () => {},
    showPerson: () => showPerson(conversation),
  };
  const contactChanged = () => {
    page.showPerson();
    // Marks may pass from now on: see docs/architecture.md.
    page.again();
  };
  const view = { ...makeView(page), contactChanged, showMarks: startTicks(log), timerChanged: () => showTimer(conversation.timer) };
  const name = byId("peer-name").textContent ?? "";
  const unsent = new Unsent({ account, peer: idOf(data.peer.user_id), name });
  const last = Math.max(timeline.last, begins - 1);
  const conversation = new Conversation({
    account,
    store: keystore,
    outbox: unsent.outbox,
    data,
    name,
    envelopes: timeline.envelopes,
    last,
    view,
  });
  startOwnClock(byId("own-clock"));
  await conversation.meet();
  view.showMarks(data.conversation?.marks ?? null, timeline.last);
  openWith((envelope) => conversation.open(envelope));
  const newest = await timeline.begin((stored, reached) => conversation.inspect(stored, reached), data.conversation?.read_seq ?? 0);
  startShape(log, timeline.view, data.conversation).show();
  delete log.dataset.opening;
  await drawn();
  await conversation.begin([...(await timeline.complete()), ...newest]);
  log.ariaBusy = "false";
  page.showPerson();
  startStanding(conversation);
  startMenu();
  startDeletion(conversation);
  startTimer({ timer: conversation.timer, send: (content) => conversation.sender.send(content, 0) });
  const older = startHistory(conversation);
  if (data.contact !== null) startReport({ log, peer: data.peer.user_id, name, acquaintance: conversation.acquaintance, older });
  const received = startReceived(account);
  Object.assign(page, startReading(conversation, received));
  await startUnsent(conversation, unsent);
  const typing = startTypingLine(conversation);
  startWriting(conversation, unsent, page);
  await conversation.sender.resume();
  startLive(account, conversation, received, typing);
}

/**
 * Says who is typing, on either side.
 * @param {Conversation} conversation
 * @returns {(event: LiveEvent) => void} takes live events
 */
function startTypingLine({ acquaintance }) {
  return startTyping({
    field: byId("message", HTMLTextAreaElement),
    form: byId("composer", HTMLFormElement),
    line: byId("typing"),
    peer: { id: data.peer.user_id, name: byId("peer-name").textContent ?? "" },
    passes: () => acquaintance.begun && !acquaintance.pending && !acquaintance.blocked && !data.peer.erased,
  });
}

/**
 * Passes every live event on.
 * @param {keystore.Account} account
 * @param {Conversation} conversation
 * @param {import("../lib/received.js").Received} received
 * @param {(event: LiveEvent) => void} typing
 */
function startLive(account, conversation, received, typing) {
  const takers = [
    startConnectionNotice(),
    startList(account, received),
    (/** @type {LiveEvent} */ event) => conversation.takeLive(event),
    typing,
  ];
  listen((event) => takers.forEach((take) => take(event)));
}

const account = await keystore.load();
// Without keys the page is left: see signed_in.js.
if (account !== null) await start(account);
