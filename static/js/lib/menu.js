/** The menu of a conversation, a `<details>`: it closes by itself, and the focus is on what opens it before anything else happens. */

import { byId } from "./page.js";

/** Lets it close. What is chosen in it has handlers of its own; a dialog that they open gives the focus back to the menu. */
export function startMenu() {
  const menu = byId("menu", HTMLDetailsElement);
  const close = () => {
    if (menu.open) menu.querySelector("summary")?.focus();
    menu.open = false;
  };
  // Before the buttons' own handlers.
  const closeFirst = { capture: true };
  menu.addEventListener("click", ({ target }) => target instanceof Element && target.closest("button") && close(), closeFirst);
  menu.addEventListener("keydown", ({ key }) => key === "Escape" && close());
  document.addEventListener("click", ({ target }) => {
    if (target instanceof Node && !menu.contains(target)) menu.open = false;
  });
}
