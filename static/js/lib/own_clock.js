/** Whether this device's clock is wrong, as far as the server's can tell: times, and when messages disappear, go by it. */

import { CLOCKS_DIFFER } from "./clocks.js";
import { showError } from "./page.js";

/**
 * How far a clock is off that was looked at before the server was asked and once it had answered. An answer may lie there for long, when a laptop
 * sleeps: only what no delay explains counts.
 * @param {object} times milliseconds since 1970
 * @param {number} times.asked
 * @param {number} times.server the time that the answer says; not a number when it says none
 * @param {number} times.answered
 * @returns {number} milliseconds, above 0 when the clock is ahead; 0 when it agrees within what clocks may differ by
 */
export function offBy({ asked, server, answered }) {
  if (asked - server > CLOCKS_DIFFER) return asked - server;
  if (server - answered > CLOCKS_DIFFER) return answered - server;
  return 0;
}

/**
 * @param {number} off milliseconds, as `offBy` gives it
 * @returns {string} empty when there is nothing to be said
 */
export function clockWords(off) {
  if (off === 0) return "";
  const minutes = Math.round(Math.abs(off) / 60_000);
  const span = minutes < 120 ? `${minutes} minutes` : "hours";
  const way = off > 0 ? "ahead of" : "behind";
  return `This device’s clock is ${span} ${way} the server’s. When messages disappear goes by it: set it right.`;
}

/**
 * Looks again at every answer, and says so.
 * @param {HTMLElement} notice with role="status"
 */
export function startOwnClock(notice) {
  addEventListener("sotto-answer", (event) => {
    if (event instanceof CustomEvent) showError(notice, clockWords(offBy(event.detail)));
  });
}
