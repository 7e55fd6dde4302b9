/** Keeps the shape of a history as messages come, go and change their places: its groups, and the line before what was unread. */

import { group } from "./groups.js";
import { UnreadLine } from "./unread.js";

/**
 * Does it now, and after every change.
 * @param {HTMLElement} log
 * @param {import("./kept_view.js").KeptView} view
 * @param {{read_seq: number, last_seq: number} | null} conversation how far it was read when it was opened
 * @returns {UnreadLine}
 */
export function startShape(log, view, conversation) {
  const { read_seq: read, last_seq: last } = conversation ?? { read_seq: 0, last_seq: 0 };
  const unread = new UnreadLine(log, view, read < last ? read : Infinity);
  const shape = () => {
    unread.place();
    group(log);
  };
  new MutationObserver(shape).observe(log, { childList: true });
  new MutationObserver(shape).observe(log, { subtree: true, attributeFilter: ["data-time", "data-state", "hidden"] });
  shape();
  return unread;
}
