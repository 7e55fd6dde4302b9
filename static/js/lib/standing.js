/**
 * What a conversation's page shows of how this account stands to the other person: the question whether to accept somebody new, and in the
 * place of the composer that they are blocked.
 *
 * @typedef {import("./acquaintance.js").Acquaintance} Acquaintance
 */

import { onPress, startBlocking } from "./blocking.js";
import { byId } from "./page.js";

/**
 * @param {{acquaintance: Acquaintance, sender: {waiting: boolean, retry: () => void}}} conversation
 */
export function startStanding({ acquaintance, sender }) {
  onPress(byId("accept", HTMLButtonElement), byId("trouble"), async () => {
    await acquaintance.accept();
    // The button is gone, and the keyboard must be somewhere.
    byId("history").focus({ preventScroll: true });
  });
  startBlocking(async (blocked) => {
    await acquaintance.block(blocked);
    if (blocked) return;
    byId("message").focus();
    if (sender.waiting) sender.retry();
  });
}

/** @param {Acquaintance} acquaintance */
export function showStanding({ asks, blocked }) {
  byId("request").hidden = !asks;
  byId("blocked").hidden = !blocked;
  byId("composer").hidden = blocked;
  // Who asks has the same buttons before the composer.
  byId("menu-block").hidden = asks || blocked;
  byId("menu-report").hidden = asks;
}
