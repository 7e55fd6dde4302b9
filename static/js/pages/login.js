/** The sign-in page: derives what is sent from the password, and opens one's identity. An account without one gets it here, if asked. */

import { startDerivation } from "../lib/derivation.js";
import { startDropped } from "../lib/dropped.js";
import { FormError, input, onSubmit, requiredText, requireSecureContext } from "../lib/form.js";
import { getJson, HttpError, postJson, understood } from "../lib/http.js";
import { save } from "../lib/keystore.js";
import { knownBundle } from "../lib/known_self.js";
import { readOwnKeys } from "../lib/own_answers.js";
import { derive, KEYS_DENIED, makeIdentity, openIdentity } from "../lib/own_identity.js";
import { byId, sameOrigin, showError } from "../lib/page.js";
import { goOn, showRecoveryStep } from "../lib/recovery_step.js";

/** @typedef {import("../lib/own_identity.js").Derived} Derived */
/** @typedef {import("../lib/own_identity.js").Person} Person */

/** @type {Record<string, string>} why a page sent somebody here */
const REASONS = {
  keys: "This browser can no longer open your messages. Sign in again, and it can.",
  other: "Somebody else has signed in in this browser. Sign in again to go on as yourself.",
  session: "You have been signed out. Sign in again to go on.",
  locked: "Sotto is locked. Sign in again to go on.",
};

const form = byId("login-form", HTMLFormElement);
const noKeysForm = byId("no-keys-form", HTMLFormElement);

/**
 * @param {Person} person
 * @param {Derived} derived
 * @param {string} next
 */
function offerKeys(person, derived, next) {
  byId("login-step").hidden = true;
  byId("no-keys-step").hidden = false;
  byId("no-keys-heading").focus();
  byId("without-keys").hidden = !next.startsWith("/admin/");
  byId("without-keys-link", HTMLAnchorElement).href = next;
  onSubmit(noKeysForm, (say) => createKeys(person, derived, next, say));
}

/**
 * @param {Person} person
 * @param {Derived} derived
 * @param {string} next
 * @param {(text: string) => Promise<void>} say
 */
async function createKeys(person, derived, next, say) {
  await say("Preparing your keys…");
  const { bundle, seeds, recoveryKey, json } = await makeIdentity(person, derived);
  await postJson("/keys/identity/", json);
  await save({ ...person, bundle, seeds, wrappingKey: derived.wrappingKey });
  showRecoveryStep({ recoveryKey, username: person.username, instead: [byId("no-keys-step")], saved: async () => goOn(next) });
  return true;
}

/**
 * @param {string} login
 * @param {string} password
 * @param {(text: string) => Promise<void>} say
 * @returns {Promise<boolean>} true: the page is about to be left, or shows its next step
 */
async function signIn(login, password, say) {
  await say("Checking your password…");
  const { kdf } = await postJson("/accounts/prelogin/", { login });
  const { secret, ...derived } = await derive(password, kdf);
  await say("Signing in…");
  const answer = await postJson("/accounts/login/", { login, secret, next: form.dataset.next });
  const next = sameOrigin(answer.next);
  const { person, identity } = await understood(getJson("/keys/mine/"), readOwnKeys);
  const known = await knownBundle(person.userId);
  if (identity === null && known) throw new FormError(KEYS_DENIED);
  if (identity === null) offerKeys(person, derived, next);
  else {
    const opened = await openIdentity(person, identity, derived, known);
    await save({ ...person, ...opened, wrappingKey: derived.wrappingKey });
    location.assign(next);
  }
  return true;
}

startDerivation();
startDropped();
onSubmit(form, async (say) => {
  requireSecureContext();
  const login = requiredText(input(form, "login"), "Enter your username or e-mail address.");
  const password = input(form, "password");
  if (password.value === "") throw new FormError("Enter your password.", "password");
  try {
    return await signIn(login, password.value, say);
  } catch (error) {
    if (error instanceof HttpError && error.code === "wrong_login") password.select();
    throw error;
  }
});

// What the server says instead is the reason.
if (document.getElementById("suspended") === null) showError(byId("login-reason"), REASONS[new URLSearchParams(location.search).get("why") ?? ""] ?? "");
