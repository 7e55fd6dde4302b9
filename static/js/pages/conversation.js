//# allFunctionsCalledOnLoad
/** A conversation: its page. What it came with is read first, and all the rest is loaded once that is shown (conversing.js). */

import { openWith } from "../elements/sotto-message.js";
import { byId, drawn, holdPresses, pageData, sayShown, showError } from "../lib/page.js";
import * as keystore from "../lib/keystore.js";
import { Reading } from "../lib/reading.js";
import { startShape } from "../lib/shape.js";
import { knownTabs } from "../lib/tabs.js";
import { startTicks } from "../lib/ticks.js";
import { Timeline } from "../lib/timeline.js";

/** @typedef {import("../lib/refusal.js").Refusal} Refusal */

const INCOMPLETE = "This page could not be loaded whole. You can read what is here; to write, and to see what is new, reload it.";

const trouble = byId("trouble");
const log = byId("history");
/** @type {import("../lib/reading.js").ConversationData} */
const data = pageData();
/** The lowest `seq` that there is to be shown. */
const begins = data.conversation?.begins ?? 1;
const name = byId("peer-name").textContent ?? "";
const timeline = new Timeline({
  log,
  template: byId("message-template", HTMLTemplateElement),
  beginning: byId("history-beginning"),
  end: byId("history-end"),
  begins,
});

/** What comes before the rest of the page is there to take it. */
const page = {
  refused: /** @type {Refusal | null} */ (null),
  refuse: (/** @type {Refusal} */ refusal) => void (page.refused = refusal),
  timerChanged: () => {},
};

/** @param {Refusal} refusal why nothing can be sent */
function refuse(refusal) {
  trouble.className = refusal.code === "gone" ? "notice" : "alert";
  showError(trouble, refusal.message);
  page.refuse(refusal);
}

/**
 * Shows the messages that came with the page.
 * @param {Reading} reading
 */
async function showFirst(reading) {
  const showMarks = startTicks(timeline);
  await reading.meet();
  showMarks(data.conversation?.marks ?? null, timeline.last);
  openWith((envelope) => reading.open(envelope));
  const opened = await timeline.begin((stored, reached) => reading.inspect(stored, reached));
  const unread = startShape(log, timeline, data.conversation);
  // All at once before anything is measured: the page is laid out once.
  delete log.dataset.opening;
  timeline.view.toEnd();
  unread.show();
  await drawn();
  return { opened, showMarks };
}

/**
 * Loads the rest of the page. If it does not come the page is loaded anew once there is a connection: nothing can have been typed yet.
 * @returns {Promise<typeof import("../lib/conversing.js")>}
 */
async function loadRest() {
  try {
    return await import("../lib/conversing.js");
  } catch (error) {
    showError(trouble, INCOMPLETE);
    addEventListener("online", () => location.reload());
    throw error;
  }
}

/** @param {keystore.Account} account */
async function start(account) {
  const letThrough = holdPresses(byId("content"));
  const tabs = knownTabs();
  const last = Math.max(timeline.last, begins - 1);
  const timerChanged = () => page.timerChanged();
  const reading = new Reading({ account, store: keystore, data, name, envelopes: timeline.envelopes, refuse, timerChanged });
  const { opened, showMarks } = await showFirst(reading).finally(sayShown);
  const { converse } = await loadRest();
  // Where something of it fails, what was started before that still answers.
  await converse({ reading, timeline, page, tabs, last, opened, showMarks, letThrough }).finally(letThrough);
}

const account = await keystore.load();
// Without keys the page is left: see signed_in.js.
if (account !== null) await start(account);
