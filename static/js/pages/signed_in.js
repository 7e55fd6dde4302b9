//# allFunctionsCalledOnLoad
/**
 * On every page of somebody signed in: sees to it that this browser holds their keys, and forgets them, in every tab, when they sign out,
 * when Sotto locks, and when the session was ended from elsewhere.
 */

import { uuidOf } from "../crypto/bytes.js";
import { postJson, renewToken } from "../lib/http.js";
import { loadOwner, lockUp, onChange, wipe } from "../lib/keystore.js";
import { beginLeaving, goalOr, onceSent } from "../lib/leaving.js";
import { Lock } from "../lib/lock.js";
import { turnNotificationsOff } from "../lib/notifications_kept.js";
import { byId, shown } from "../lib/page.js";
import { forgetTab } from "../lib/tabs.js";

/** @typedef {import("../lib/leaving.js").Why} Why */

const signOut = byId("sign-out", HTMLFormElement);
const session = document.body.dataset.session ?? "";

const lock = new Lock({ session, end: (why) => void leave(why), supersede: () => void reload() });

/**
 * Forgets everything that opens messages, once nothing is on its way; and what is not sent yet, if the person leaves for good. A browser whose
 * store is broken must still be able to leave.
 * @param {Why} why
 */
async function forgetKeys(why) {
  if (why === "signed_out") {
    forgetTab();
    turnNotificationsOff();
  }
  await onceSent(why === "signed_out" ? wipe : lockUp).catch(console.error);
}

/**
 * Leaves the page for the sign-in page.
 * @param {Why} why
 */
async function leave(why) {
  if (!(await beginLeaving(why))) return;
  // Keys that came with a later sign-in are not this page's to forget.
  if (why !== "keys" && why !== "other" && !lock.superseded) await forgetKeys(why);
  // It may have ended already; and if the server cannot be reached, the next page ends it.
  if (why === "locked" || why === "signed_out") await postJson("/accounts/sessions/end/", { session }).catch(() => undefined);
  const leaving = location.pathname === signOut.getAttribute("action");
  const next = leaving ? "/messages/" : location.pathname + location.search;
  location.replace(goalOr(`/accounts/login/?${new URLSearchParams({ next, why: why === "signed_out" ? "session" : why })}`));
}

/** The same person has signed in anew in another tab: this page is of an earlier session. */
async function reload() {
  if (await beginLeaving("renewed")) location.reload();
}

/** Leaves the page if this browser holds no keys, or somebody else's. */
async function checkKeys() {
  const owner = await loadOwner().catch(() => null);
  if (owner === null) await leave("keys");
  else if (uuidOf(owner) !== document.body.dataset.userId) await leave("other");
}

/** Puts the session's CSRF token into the form: the page's own is useless once another tab has signed in. */
async function renewFormToken() {
  const field = signOut.elements.namedItem("csrfmiddlewaretoken");
  if (field instanceof HTMLInputElement) field.value = await renewToken();
}

/** What is not needed before the page shows what it was opened for. */
const attending = () => import("../lib/attending.js");

/** Whether to sign out. Somebody must be able to even where this page cannot be loaded whole. */
async function mayLose() {
  const { mayLose } = await attending().catch(() => ({ mayLose: () => true }));
  return mayLose();
}

signOut.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!(await mayLose())) return;
  lock.endEverywhere("signed_out");
  if (!(await beginLeaving("signed_out"))) return;
  await forgetKeys("signed_out");
  await renewFormToken().catch(console.error);
  signOut.submit();
});

byId("lock-now").addEventListener("click", () => {
  lock.endEverywhere("locked");
  lock.check();
});

onChange((what) => {
  if (what === "wiped") lock.check() && void leave("session");
  else void checkKeys();
});

// A page that is put aside shows nothing when it is taken out again, until it is known to be somebody's.
window.addEventListener("pagehide", ({ persisted }) => (document.documentElement.hidden = persisted));
window.addEventListener("pageshow", async ({ persisted }) => {
  if (!persisted || !lock.check()) return;
  await checkKeys();
  document.documentElement.hidden = false;
});

if (lock.start()) {
  await checkKeys();
  await shown();
  const { attend } = await attending();
  attend(() => void leave("session"));
}
