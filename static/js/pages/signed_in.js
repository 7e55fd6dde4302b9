/** On every page of somebody signed in: sees to it that this browser holds their keys, and forgets them on signing out, in every tab. */

import { uuidOf } from "../crypto/bytes.js";
import { renewToken } from "../lib/http.js";
import { load, onChange, wipe } from "../lib/keystore.js";
import { byId } from "../lib/page.js";

const signOut = byId("sign-out", HTMLFormElement);

/** @param {"keys" | "other" | "session"} why a reason that the sign-in page knows */
function signInAgain(why) {
  const leaving = location.pathname === signOut.getAttribute("action");
  const next = leaving ? "/messages/" : location.pathname + location.search;
  location.replace(`/accounts/login/?${new URLSearchParams({ next, why })}`);
}

/** Leaves the page if this browser holds no keys, or somebody else's. */
async function checkKeys() {
  const account = await load().catch(() => null);
  if (account === null) signInAgain("keys");
  else if (uuidOf(account.userId) !== document.body.dataset.userId) signInAgain("other");
}

/** Puts the session's CSRF token into the form: the page's own is useless once another tab has signed in. */
async function renewFormToken() {
  const field = signOut.elements.namedItem("csrfmiddlewaretoken");
  if (field instanceof HTMLInputElement) field.value = await renewToken();
}

signOut.addEventListener("submit", async (event) => {
  event.preventDefault();
  // A browser whose store is broken must still be able to sign out.
  await wipe().catch(console.error);
  await renewFormToken().catch(console.error);
  signOut.submit();
});

onChange((what) => {
  if (what === "wiped") signInAgain("session");
  else void checkKeys();
});

await checkKeys();
