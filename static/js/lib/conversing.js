/**
 * A conversation's page, beyond reading what it came with: writing, what can be done with messages and the conversation, and what comes in.
 *
 * @typedef {import("./conversation.js").View} View
 * @typedef {import("./delivery.js").Marks} Marks
 * @typedef {import("./live.js").LiveEvent} LiveEvent
 * @typedef {import("./opener.js").Opened} Opened
 * @typedef {import("./reading.js").Reading} Reading
 * @typedef {import("./refusal.js").Refusal} Refusal
 * @typedef {import("./timeline.js").Timeline} Timeline
 *
 * @typedef {object} Page what the page shows so far, and how it takes what comes
 * @property {Refusal | null} refused why nothing can be sent, if something was against it from the start
 * @property {(refusal: Refusal) => void} refuse
 * @property {() => void} timerChanged
 *
 * @typedef {object} Given
 * @property {Reading} reading
 * @property {Timeline} timeline
 * @property {Page} page
 * @property {Promise<import("./draft.js").Tabs>} tabs
 * @property {number} last the highest `seq` that is known
 * @property {Opened[]} opened what the page came with, oldest first
 * @property {View["showMarks"]} showMarks
 * @property {() => void} letThrough lets the person press
 *
 * @typedef {object} Writing
 * @property {Conversation} conversation
 * @property {Timeline} timeline
 * @property {Composition} composition
 * @property {Unsent} unsent
 */

import { Composer } from "./composer.js";
import { Composition } from "./composition.js";
import { Conversation } from "./conversation.js";
import { Conversations } from "./conversations.js";
import { startDeletion } from "./deletion.js";
import { startEmoji } from "./emoji.js";
import { startFinding } from "./finding.js";
import { OlderMessages } from "./history.js";
import * as keystore from "./keystore.js";
import { Latest } from "./latest.js";
import { beginLeaving } from "./leaving.js";
import { listen } from "./live.js";
import { showMark } from "./marks.js";
import { startMenu } from "./menu.js";
import { startMessageActions } from "./message_actions.js";
import { Notifications } from "./notifications.js";
import { notificationsAreOn } from "./notifications_kept.js";
import { startOwnClock } from "./own_clock.js";
import { byId, pageData, showError } from "./page.js";
import { ask } from "./question.js";
import { ReadMarker } from "./read.js";
import { startReceived } from "./received.js";
import { startReport } from "./report.js";
import { showStanding, startStanding } from "./standing.js";
import { putBack, restore, watchComposition } from "./taking_back.js";
import { showTimer, startTimer } from "./timer_dialog.js";
import { startTyping } from "./typing.js";
import { Unsent } from "./unsent.js";
import { startUnsentMarks } from "./unsent_marks.js";

/** From here on the list stands beside the conversation (see shell.css). */
const WIDE = "(min-width: 48rem)";

/** How long, in milliseconds, a connection may be gone before it is said. */
const PATIENCE = 4000;

/** What a page leaves for itself when it is loaded anew without anybody's having asked for it. */
const RENEWED = "sotto-renewed";

/** Whether this one was: whatever the server says, it is not again, until its person has loaded it. */
const renewed = history.state === RENEWED;
history.replaceState(null, "");

const DELETED = "You have deleted this conversation in another tab or browser. What is shown here goes once you reload the page.";

const trouble = byId("trouble");
const log = byId("history");
const field = byId("message", HTMLTextAreaElement);
/** @type {import("./reading.js").ConversationData} */
const data = pageData();
const name = byId("peer-name").textContent ?? "";

/**
 * Shows the list beside the conversation while there is room for it.
 * @param {keystore.Account} account
 * @param {import("./received.js").Received} received
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
  const take = (/** @type {Pick<LiveEvent, "type">} */ { type }) => {
    if (type === "ready") {
      clearTimeout(timer);
      timer = 0;
      notice.textContent = "";
    } else if (type === "lost") {
      timer ||= window.setTimeout(() => (notice.textContent = "Not connected. Trying again…"), PATIENCE);
    }
  };
  // A browser may know it long before its connection breaks; one that broke says so again.
  window.addEventListener("offline", () => take({ type: "lost" }));
  window.addEventListener("online", () => take({ type: "ready" }));
  return take;
}

/**
 * Tells what this page has received, and marks as read what lies before the person's eyes.
 * @param {Conversation} conversation
 * @param {Timeline} timeline
 * @param {import("./received.js").Received} received
 * @returns {{look: () => void, again: () => void}} `look` looks again; `again` tells once more what a person who looks has before their eyes
 */
function startReading(conversation, timeline, received) {
  const peer = data.peer.user_id;
  const post = async (/** @type {number} */ seq) => {
    await conversation.markRead(seq);
    received.know(peer, seq);
  };
  received.know(peer, data.conversation?.received_seq ?? 0);
  const marker = new ReadMarker({ told: data.conversation?.read_seq ?? 0, post });
  const latest = new Latest({ log, button: byId("latest", HTMLButtonElement), timeline, read: data.conversation?.read_seq ?? 0 });
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
 * @param {Writing} writing
 * @returns {Composer}
 */
function startComposer({ conversation: { sender, acquaintance }, timeline, composition, unsent }) {
  startMessageActions({
    log,
    field,
    name: data.peer.username,
    timeline,
    composition,
    send: (content, lifetime) => sender.send(content, lifetime),
    canWrite: () => !field.readOnly && !field.disabled && !acquaintance.blocked,
  });
  return new Composer({
    log,
    form: byId("composer", HTMLFormElement),
    field,
    send: (text) => {
      const taken = composition.take(text);
      unsent.send(() => sender.send(...taken), composition.draft);
    },
    say: (problem) => showError(byId("composer-problem"), problem),
  });
}

/** @param {Writing} writing */
async function startUnsent({ conversation: { sender }, timeline, composition, unsent }) {
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

/**
 * @param {Conversation} conversation
 * @param {Timeline} timeline
 */
function startHistory(conversation, timeline) {
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
 * @param {Timeline} timeline
 * @param {{look: () => void, warn: () => void}} page
 * @returns {Pick<View, "append" | "showItem">}
 */
function makeView(timeline, page) {
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
  };
}

/**
 * The person has said *Continue*. What was typed meanwhile is sent; else the page is loaded anew, and what failed to open opens.
 * @param {Writing} writing
 * @param {Composer} composer
 */
async function proceed({ conversation, timeline }, composer) {
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
 * @param {Writing} writing
 * @param {Page} page
 */
function startWriting(writing, page) {
  const composer = startComposer(writing);
  page.refuse = (refusal) => {
    composer.disable();
    if (refusal.asks) ask(trouble, refusal, () => proceed(writing, composer));
    showPerson(writing.conversation);
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

/**
 * The page shows what its person has deleted elsewhere. What they are typing is kept; where it cannot be, the page stays.
 * @param {Unsent} unsent
 */
async function loadAnew(unsent) {
  if (renewed || !(await unsent.safe())) return showError(trouble, DELETED);
  if (!(await beginLeaving("renewed"))) return;
  history.replaceState(RENEWED, "");
  location.reload();
}

/**
 * @param {Given} given
 * @param {import("./draft.js").Tabs} tabs
 * @returns {{writing: Writing, told: {look: () => void, again: () => void}}} `told` is told of what has been shown, once somebody listens
 */
function makeConversation({ reading, timeline, last, showMarks }, tabs) {
  const told = { look: () => {}, again: () => {} };
  const unsent = new Unsent({ account: reading.account, peer: reading.peer, name, tabs });
  const contactChanged = () => {
    showPerson(conversation);
    // Marks may pass from now on: see docs/architecture.md.
    told.again();
  };
  const shown = makeView(timeline, { look: () => told.look(), warn: () => unsent.warn(byId("unkept")) });
  const view = { ...shown, contactChanged, showMarks, deleted: () => void loadAnew(unsent) };
  const conversation = new Conversation({ reading, outbox: unsent.outbox, last, view });
  return { writing: { conversation, timeline, composition: new Composition(field), unsent }, told };
}

/**
 * What can be done with the conversation, besides writing.
 * @param {Conversation} conversation
 * @param {Timeline} timeline
 */
function startDoing(conversation, timeline) {
  startStanding(conversation);
  startMenu();
  startDeletion(conversation);
  startTimer({ timer: conversation.timer, send: (content) => void conversation.sender.send(content, 0) });
  const older = startHistory(conversation, timeline);
  startReport({ log, peer: data.peer.user_id, name, acquaintance: conversation.acquaintance, older });
  return older;
}

/**
 * Has the page do all of this.
 * @param {Given} given
 */
export async function converse(given) {
  const { reading, timeline, page, opened } = given;
  const { account } = reading;
  const { writing, told } = makeConversation(given, await given.tabs);
  const { conversation } = writing;
  page.timerChanged = () => showTimer(conversation.timer);
  startOwnClock(byId("own-clock"));
  await conversation.begin(opened);
  log.ariaBusy = "false";
  showPerson(conversation);
  const older = startDoing(conversation, timeline);
  const received = startReceived(account);
  Object.assign(told, startReading(conversation, timeline, received));
  await startUnsent(writing);
  const typing = startTypingLine(conversation);
  startWriting(writing, page);
  given.letThrough();
  await conversation.sender.resume();
  startLive(account, conversation, older, received, typing);
}

/**
 * Says who is typing, on either side.
 * @param {Conversation} conversation
 * @returns {(event: LiveEvent) => void} takes live events
 */
function startTypingLine({ acquaintance }) {
  return startTyping({
    field,
    form: byId("composer", HTMLFormElement),
    line: byId("typing"),
    peer: { id: data.peer.user_id, name },
    passes: () => acquaintance.begun && !acquaintance.pending && !acquaintance.blocked && !data.peer.erased,
  });
}

/**
 * Passes every live event on.
 * @param {keystore.Account} account
 * @param {Conversation} conversation
 * @param {OlderMessages} older
 * @param {import("./received.js").Received} received
 * @param {(event: LiveEvent) => void} typing
 */
function startLive(account, conversation, older, received, typing) {
  const takers = [
    startConnectionNotice(),
    startList(account, received),
    (/** @type {LiveEvent} */ event) => conversation.takeLive(event),
    (/** @type {LiveEvent} */ { type }) => void ((type === "ready" || type === "awake") && older.goOn()),
    typing,
  ];
  listen((event) => takers.forEach((take) => take(event)));
}
