//# allFunctionsCalledOnLoad
/**
 * What is left of messages that have disappeared is one line for several in a row: of each alone it can't be told whether it was a message to be
 * read, or a reaction to one, and their number is nobody's concern.
 */

import { isCarrier } from "./amendments.js";

/**
 * @param {{content: import("./opener.js").Opened["content"], noted: boolean}[]} history in the order in which it is shown; `noted`: whether
 *   something is said before it
 * @returns {boolean[]} whether each is not shown, because one before it says the same
 */
export function foldedIn(history) {
  let said = false;
  return history.map(({ content, noted }) => {
    if (noted) said = false;
    if (isCarrier(content)) return false;
    const folded = said && content?.kind === "disappeared";
    said = content?.kind === "disappeared";
    return folded;
  });
}
