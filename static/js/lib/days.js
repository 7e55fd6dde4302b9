/** Calls back when a new day begins where the reader is: what is called *Today* is *Yesterday* then. Also after a laptop's sleep, or a flight. */

import { dayOf } from "./dates.js";

/** How often, in milliseconds, it is looked. */
const PACE = 30_000;

/** @param {() => void} listener */
export function onNewDay(listener) {
  const today = () => `${dayOf(Date.now())} ${new Date().getTimezoneOffset()}`;
  let day = today();
  const look = () => {
    if (day === today()) return;
    day = today();
    listener();
  };
  setInterval(look, PACE);
  document.addEventListener("visibilitychange", look);
}
