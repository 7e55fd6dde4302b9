/**
 * *Report* (templates/contacts/_report.html): tells whoever runs this Sotto about the other person, with the messages that are ticked and no
 * others.
 *
 * @typedef {import("../elements/sotto-message.js").SottoMessage} SottoMessage
 * @typedef {import("./report_contents.js").Revealed & {mine: boolean, at: number}} Choice what can be ticked; `at`: milliseconds since 1970
 */

import { showTime } from "./dates.js";
import { onSubmit } from "./form.js";
import { postJson } from "./http.js";
import { showEnd } from "./list_end.js";
import { byId, showError } from "./page.js";
import { reportOf, revealedOf } from "./report_contents.js";

/** @typedef {{done: boolean, page: () => Promise<boolean>}} Older */

/** What can be ticked now, oldest first; the checkbox of each is its key. @type {Map<HTMLInputElement, Choice>} */
const choices = new Map();

/**
 * The messages on the page that are open, stored, and hold a text.
 * @param {HTMLElement} log
 * @returns {Promise<Choice[]>} oldest first
 */
async function messagesOf(log) {
  const elements = /** @type {SottoMessage[]} */ ([...log.querySelectorAll("sotto-message:not([hidden])")]);
  const found = await Promise.all(elements.map(revealedFrom));
  return found.filter((message) => message !== null);
}

/**
 * @param {SottoMessage} element
 * @returns {Promise<Choice | null>}
 */
async function revealedFrom(element) {
  const opened = await element.opened;
  if (opened === null || opened.content === null || !("text" in opened.content)) return null;
  if (element.seq === 0 || element.querySelector("article.deleted") !== null) return null;
  const text = element.querySelector(".bubble-text")?.textContent ?? "";
  return text === "" ? null : { ...revealedOf({ seq: element.seq, text }), mine: opened.mine, at: element.time };
}

/**
 * @param {Choice} message
 * @param {string} name the other person's
 */
function makeChoice(message, name) {
  const item = /** @type {HTMLElement} */ (document.importNode(byId("report-message-template", HTMLTemplateElement).content, true).firstElementChild);
  const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (item.querySelector(selector));
  part(".report-author").textContent = message.mine ? "You" : name;
  part(".report-text").textContent = message.text;
  showTime(/** @type {HTMLTimeElement} */ (part("time")), message.at);
  choices.set(/** @type {HTMLInputElement} */ (part("input")), message);
  return item;
}

/**
 * Lists what is on the page now; what was ticked before stays ticked.
 * @param {HTMLElement} log
 * @param {string} name
 * @param {Older} older
 * @param {Set<number>} ticked by `seq`
 */
async function list(log, name, older, ticked) {
  const messages = await messagesOf(log);
  choices.clear();
  byId("report-messages").replaceChildren(...messages.map((message) => makeChoice(message, name)));
  for (const [box, { seq }] of choices) box.checked = ticked.has(seq);
  byId("report-none").hidden = messages.length > 0;
  byId("report-older").hidden = older.done;
}

/**
 * Loads one more page of the history, and shows it with the rest; the list stays where it was.
 * @param {HTMLElement} log
 * @param {string} name
 * @param {Older} older
 */
async function showOlder(log, name, older) {
  const [button, place] = [byId("report-older", HTMLButtonElement), byId("report-messages")];
  const end = place.scrollHeight - place.scrollTop;
  button.disabled = true;
  const answered = await older.page();
  button.disabled = false;
  showError(byId("report-older-problem"), answered || older.done ? "" : "The server did not answer. Try again.");
  await list(log, name, older, new Set([...choices].filter(([box]) => box.checked).map(([, { seq }]) => seq)));
  place.scrollTop = place.scrollHeight - end;
  if (button.hidden) place.focus();
}

/**
 * Opens the dialog, with what is on the page now.
 * @param {HTMLElement} log
 * @param {string} name
 * @param {Older} older
 */
async function open(log, name, older) {
  await list(log, name, older, new Set());
  byId("report-form").hidden = false;
  byId("report-sent").hidden = true;
  byId("report", HTMLDialogElement).showModal();
  byId("report-heading").focus();
  // The newest are what it is about, most of the time.
  showEnd(byId("report-messages"));
}

/** @param {HTMLFormElement} form */
function toldIn(form) {
  const reason = String(new FormData(form).get("reason") ?? "");
  const revealed = [...choices].filter(([box]) => box.checked).map(([, { seq, text }]) => ({ seq, text }));
  return reportOf({ reason, comment: byId("report-comment", HTMLTextAreaElement).value, revealed });
}

/**
 * Lets every button with `data-report` open the dialog, and an address that ends in #report.
 * @param {object} conversation
 * @param {HTMLElement} conversation.log
 * @param {string} conversation.peer the other person's id, as a UUID
 * @param {string} conversation.name
 * @param {import("./acquaintance.js").Acquaintance} conversation.acquaintance
 * @param {Older} conversation.older loads what is not on the page yet
 */
export function startReport({ log, peer, name, acquaintance, older }) {
  const form = byId("report-form", HTMLFormElement);
  const dialog = byId("report", HTMLDialogElement);
  const blocking = byId("report-block", HTMLInputElement);
  const show = () => {
    byId("report-blocking").hidden = acquaintance.blocked;
    void open(log, name, older);
  };
  for (const button of document.querySelectorAll("[data-report]")) button.addEventListener("click", show);
  byId("report-older").addEventListener("click", () => void showOlder(log, name, older));
  for (const id of ["cancel-report", "close-report"]) byId(id).addEventListener("click", () => dialog.close());
  onSubmit(form, async (say) => {
    const told = toldIn(form);
    await say("Sending…");
    await postJson(`/contacts/${peer}/report/`, told);
    if (blocking.checked && !acquaintance.blocked) await acquaintance.block(true);
    form.reset();
    form.hidden = true;
    byId("report-sent").hidden = false;
    byId("close-report").focus();
  });
  if (location.hash !== "#report") return;
  history.replaceState(null, "", location.pathname + location.search);
  show();
}
