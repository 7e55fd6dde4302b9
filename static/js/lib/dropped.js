/**
 * Files and links that are dropped on a page do not take its place, as they else would, with what was typed in it; and of a file, dropped or
 * pasted, it is said that it cannot be sent. Text goes where it is dropped.
 */

import { sayInPassing } from "./passing.js";

const WORDS = "Sotto sends text only. The file was not sent.";

const say = () => sayInPassing(WORDS);

/** @param {EventTarget | null} target */
const takesText = (target) => target instanceof Element && target.closest("textarea, input") !== null;

/** @param {DragEvent} event */
function leadsAway({ target, dataTransfer }) {
  const types = dataTransfer?.types ?? [];
  return types.includes("Files") || (types.includes("text/uri-list") && !takesText(target));
}

/** Whatever is dropped or pasted on this page from now on, the page stays. */
export function startDropped() {
  window.addEventListener("dragover", (event) => leadsAway(event) && event.preventDefault());
  window.addEventListener("drop", (event) => {
    if (!leadsAway(event)) return;
    event.preventDefault();
    if (event.dataTransfer?.types.includes("Files")) say();
  });
  window.addEventListener("paste", ({ clipboardData }) => {
    if (clipboardData?.types.includes("Files") && !clipboardData.types.includes("text/plain")) say();
  });
}
