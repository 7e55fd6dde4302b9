/**
 * *Disappearing messages*: shows the conversation's timer, and sets it.
 *
 * @typedef {import("./timer.js").Timer} Timer
 */

import { spanOf } from "./expiry.js";
import { byId } from "./page.js";

/**
 * @param {{seconds: number}} timer
 */
export function showTimer({ seconds }) {
  byId("timer-state").hidden = seconds === 0;
  byId("timer-span").textContent = seconds === 0 ? "" : spanOf(seconds);
}

/**
 * @param {object} setting
 * @param {Timer} setting.timer
 * @param {(content: import("../crypto/content.js").Timer) => void} setting.send
 */
export function startTimer({ timer, send }) {
  const dialog = byId("timer", HTMLDialogElement);
  const form = byId("timer-form", HTMLFormElement);
  byId("open-timer").addEventListener("click", () => {
    for (const choice of form.querySelectorAll("input")) choice.checked = Number(choice.value) === timer.seconds;
    byId("set-timer", HTMLButtonElement).disabled = byId("message", HTMLTextAreaElement).disabled;
    // What was pressed the last time is not pressed by Escape.
    dialog.returnValue = "";
    dialog.showModal();
    for (const choice of form.querySelectorAll("input")) if (choice.checked) choice.focus();
  });
  dialog.addEventListener("close", () => {
    const chosen = new FormData(form).get("seconds");
    if (dialog.returnValue !== "set" || chosen === null || Number(chosen) === timer.seconds) return;
    send({ kind: "timer", seconds: Number(chosen) });
  });
  showTimer(timer);
}
