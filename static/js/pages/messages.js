/** The list of conversations on its own page. */

import { Conversations } from "../lib/conversations.js";
import * as keystore from "../lib/keystore.js";
import { listen } from "../lib/live.js";
import { Notifications } from "../lib/notifications.js";
import { byId, pageData, showError } from "../lib/page.js";
import { startReceived } from "../lib/received.js";
import { Refusal } from "../lib/refusal.js";
import { checkShownSelf } from "../lib/shown_self.js";
import { startUnsentMarks } from "../lib/unsent_marks.js";

/**
 * Says so when the server shows others other keys for this person: this is the page that signing in leads to.
 * @param {keystore.Account} account
 * @param {Parameters<typeof checkShownSelf>[1]} data
 */
async function checkSelf(account, data) {
  try {
    await checkShownSelf(account, data);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    showError(byId("trouble"), error.message);
  }
}

async function main() {
  const account = await keystore.load();
  // Without keys the page is left: see signed_in.js.
  if (account === null) return;
  const received = startReceived(account);
  const [list, address] = [byId("conversations"), location.pathname + location.search];
  const conversations = new Conversations({ account, store: keystore, list, address, received, notifications: new Notifications() });
  const data = pageData();
  await conversations.begin(data);
  startUnsentMarks(account, list, byId("unsent-elsewhere"));
  listen((event) => void conversations.take(event));
  await checkSelf(account, data);
}

await main();
