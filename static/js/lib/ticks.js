//# allFunctionsCalledOnLoad
/** The small icons beside one's own messages: one tick, two, or two on a filled ground, each with its word for who does not see them. */

import { deliverWith } from "../elements/sotto-message.js";
import { Delivery } from "./delivery.js";

/**
 * Marks one's own messages, those that are there and those to come.
 * @param {import("./timeline.js").Timeline} timeline
 * @returns {(marks: import("./delivery.js").Marks | null, last: number) => void} takes what the server says, as `Delivery.learn` does
 */
export function startTicks(timeline) {
  const delivery = new Delivery();
  deliverWith((seq) => delivery.of(seq));
  return (marks, last) => {
    for (const message of timeline.after(delivery.learn(marks, last))) message.showDelivery();
  };
}
