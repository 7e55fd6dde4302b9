/** A word in passing: it stands over the page, above an open dialog too, until whoever it is for goes on. */

const notice = document.createElement("p");
notice.className = "notice passing";
notice.setAttribute("role", "alert");
notice.popover = "manual";

function unsay() {
  notice.remove();
}

/** @param {string} words */
export function sayInPassing(words) {
  document.body.append(notice);
  notice.textContent = words;
  notice.showPopover();
  // Whoever goes on has seen it.
  for (const type of ["pointerdown", "keydown"]) window.addEventListener(type, unsay, { capture: true, once: true });
}
