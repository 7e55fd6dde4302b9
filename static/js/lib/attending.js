/** What every page of somebody signed in does besides what it was opened for. */

import { listen } from "./live.js";
import { sendWaiting } from "./waiting.js";

export { mayLose } from "./sign_out_question.js";

/**
 * Hears when the session ends elsewhere, and sends what waits whenever there is a connection.
 * @param {() => void} ended
 */
export function attend(ended) {
  listen(({ type }) => {
    if (type === "ended") ended();
    if (type === "ready" || type === "awake") void sendWaiting();
  });
}
