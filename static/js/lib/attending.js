/** What every page of somebody signed in does besides what it was opened for. */

import { startDropped } from "./dropped.js";
import { listen } from "./live.js";
import { sendWaiting } from "./waiting.js";
import { startWarning } from "./warning.js";

export { mayLose } from "./sign_out_question.js";

/**
 * Hears when the session ends elsewhere, and sends what waits whenever there is a connection; keeps what is dropped from taking the page's place.
 * @param {() => void} ended
 */
export function attend(ended) {
  startDropped();
  startWarning();
  listen(({ type }) => {
    if (type === "ended") ended();
    if (type === "ready" || type === "awake") void sendWaiting();
  });
}
