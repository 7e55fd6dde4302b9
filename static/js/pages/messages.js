/** The list of conversations on its own page. */

import { Conversations } from "../lib/conversations.js";
import * as keystore from "../lib/keystore.js";
import { listen } from "../lib/live.js";
import { byId, pageData } from "../lib/page.js";

async function main() {
  const account = await keystore.load();
  // Without keys the page is left: see signed_in.js.
  if (account === null) return;
  const conversations = new Conversations({ account, store: keystore, list: byId("conversations"), address: location.pathname + location.search });
  await conversations.begin(pageData());
  listen((event) => void conversations.take(event));
}

await main();
