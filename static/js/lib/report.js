/**
 * *Report* (templates/contacts/_report.html): tells whoever runs this Sotto about the other person, with the messages that are ticked and no
 * others.
 *
 * @typedef {import("../elements/sotto-message.js").SottoMessage} SottoMessage
 * @typedef {import("./report_contents.js").Revealed} Revealed
 */

import { showTime } from "./dates.js";
import { onSubmit } from "./form.js";
import { postJson } from "./http.js";
import { byId } from "./page.js";
import { reportOf, revealedOf } from "./report_contents.js";

/** What can be ticked now, oldest first; the checkbox of each is its key. @type {Map<HTMLInputElement, Revealed>} */
const choices = new Map();

/**
 * The messages on the page that are open and hold a text.
 * @param {HTMLElement} log
 * @returns {Promise<Revealed[]>} oldest first
 */
async function messagesOf(log) {
  const elements = /** @type {SottoMessage[]} */ ([...log.querySelectorAll("sotto-message:not([hidden])")]);
  const found = await Promise.all(elements.map(revealedFrom));
  return found.filter((message) => message !== null);
}

/**
 * @param {SottoMessage} element
 * @returns {Promise<Revealed | null>}
 */
async function revealedFrom(element) {
  const opened = await element.opened;
  if (opened === null || opened.content === null || !("text" in opened.content)) return null;
  if (element.querySelector("article.deleted") !== null) return null;
  const text = element.querySelector(".bubble-text")?.textContent ?? "";
  return text === "" ? null : revealedOf({ mine: opened.mine, at: element.time, text });
}

/**
 * @param {Revealed} message
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
 * Opens the dialog, with what is on the page now.
 * @param {HTMLElement} log
 * @param {string} name
 */
async function open(log, name) {
  const messages = await messagesOf(log);
  choices.clear();
  byId("report-messages").replaceChildren(...messages.map((message) => makeChoice(message, name)));
  byId("report-form").hidden = false;
  byId("report-sent").hidden = true;
  byId("report", HTMLDialogElement).showModal();
  byId("report-heading").focus();
  // The newest are what it is about, most of the time.
  byId("report-messages").scrollTop = byId("report-messages").scrollHeight;
}

/** @param {HTMLFormElement} form */
function toldIn(form) {
  const reason = String(new FormData(form).get("reason") ?? "");
  const revealed = [...choices].filter(([box]) => box.checked).map(([, message]) => message);
  return reportOf({ reason, comment: byId("report-comment", HTMLTextAreaElement).value, revealed });
}

/**
 * Lets every button with `data-report` open the dialog, and an address that ends in #report.
 * @param {object} conversation
 * @param {HTMLElement} conversation.log
 * @param {string} conversation.peer the other person's id, as a UUID
 * @param {string} conversation.name
 * @param {import("./acquaintance.js").Acquaintance} conversation.acquaintance
 */
export function startReport({ log, peer, name, acquaintance }) {
  const form = byId("report-form", HTMLFormElement);
  const dialog = byId("report", HTMLDialogElement);
  const blocking = byId("report-block", HTMLInputElement);
  const show = () => {
    byId("report-blocking").hidden = acquaintance.blocked;
    void open(log, name);
  };
  for (const button of document.querySelectorAll("[data-report]")) button.addEventListener("click", show);
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
