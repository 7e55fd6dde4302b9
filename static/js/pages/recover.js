/**
 * The way back in without the password. With the recovery key: a new password for the same keys. Without it: a link by mail, which leads to
 * the page on which one starts over.
 */

import { toBase64url } from "../crypto/bytes.js";
import { kdfToJson, newKdf, splitPassword } from "../crypto/password.js";
import { recoverySignInSecret } from "../crypto/recovery.js";
import { startDerivation } from "../lib/derivation.js";
import { startDropped } from "../lib/dropped.js";
import { FormError, input, onSubmit, requiredText, requireSecureContext } from "../lib/form.js";
import { HttpError, postJson, understood } from "../lib/http.js";
import { save } from "../lib/keystore.js";
import { knownBundle } from "../lib/known_self.js";
import { readRecoverable } from "../lib/own_answers.js";
import { openByRecovery, wrapByPassword } from "../lib/own_identity.js";
import { byId, sameOrigin } from "../lib/page.js";
import { newPassword, watchPasswords } from "../lib/passwords.js";
import { RECOVERY_KEY_FIELD, typedRecoveryKey } from "../lib/typed_recovery_key.js";

/** @typedef {import("../lib/own_identity.js").Identity} Identity */
/** @typedef {import("../lib/own_identity.js").Person} Person */
/** @typedef {{login: string, recovery_secret: string, person: Person, identity: Identity}} Recovered */

const form = byId("recover-form", HTMLFormElement);
const passwordForm = byId("new-password-form", HTMLFormElement);
const lostForm = byId("lost-form", HTMLFormElement);

/** @type {Recovered | null} */
let recovered = null;

/**
 * @param {string} shown the id of a step
 * @param {string} heading the id of its heading
 */
function goTo(shown, heading) {
  for (const step of ["recover-step", "new-password-step", "lost-step"]) byId(step).hidden = step !== shown;
  byId(heading).focus();
}

/** @param {HTMLFormElement} form the one that has the field now */
const readLogin = (form) => requiredText(input(form, "login"), "Enter your username or e-mail address.");

/**
 * Opens one's identity with the recovery key. Nothing is changed by that.
 * @param {string} login
 * @param {import("../crypto/bytes.js").Bytes} recoveryKey 32 bytes
 * @returns {Promise<Recovered>}
 */
async function recover(login, recoveryKey) {
  const recovery_secret = await recoverySignInSecret(recoveryKey);
  const { person, identity } = await understood(postJson("/accounts/recover/", { login, recovery_secret }), readRecoverable);
  const opened = await openByRecovery(person, identity, recoveryKey, await knownBundle(person.userId));
  return { login, recovery_secret, person, identity: opened };
}

/**
 * @param {Recovered} recovered
 * @param {string} password
 * @param {(text: string) => Promise<void>} say
 * @returns {Promise<string>} where to go on
 */
async function setPassword({ login, recovery_secret, person, identity }, password, say) {
  const kdf = newKdf();
  const { secret, wrappingKey } = await splitPassword(password, kdf);
  const wrapped_by_password = await wrapByPassword(identity, { wrappingKey, kdf });
  await say("Setting your new password…");
  // Sent once more after an answer that was lost, with another salt, it sets the same password: the recovery key lets it.
  const bundle_hash = toBase64url(identity.bundle.hash);
  const request = { login, recovery_secret, secret, kdf: kdfToJson(kdf), wrapped_by_password, bundle_hash, next: passwordForm.dataset.next };
  const { next } = await postJson("/accounts/recover/password/", request);
  await save({ ...person, ...identity, wrappingKey });
  return next;
}

startDropped();
onSubmit(form, async (say) => {
  requireSecureContext();
  const login = readLogin(form);
  const recoveryKey = await typedRecoveryKey();
  await say("Opening your keys…");
  try {
    recovered = await recover(login, recoveryKey);
  } catch (error) {
    if (error instanceof HttpError && error.code === "wrong_recovery") throw new FormError(error.message, RECOVERY_KEY_FIELD);
    throw error;
  }
  byId("recovered-name").textContent = recovered.person.username;
  input(passwordForm, "recovered-username").value = recovered.person.username;
  goTo("new-password-step", "new-password-heading");
});

onSubmit(passwordForm, async (say) => {
  const password = await newPassword(passwordForm, "password");
  if (recovered === null) throw new TypeError("no keys are open");
  await say("Locking your keys…");
  location.assign(sameOrigin(await setPassword(recovered, password, say)));
  return true;
});

onSubmit(lostForm, async (say) => {
  const login = readLogin(lostForm);
  await say("Sending…");
  await postJson("/accounts/recover/mail/", { login });
  const sent = byId("lost-sent");
  sent.textContent = "If this account has a confirmed e-mail address, a link is on its way there. It works once, within one hour.";
  sent.hidden = false;
});

byId("lose").addEventListener("click", () => {
  // The one field for the name goes along, with what was typed.
  byId("lost-fields").append(byId("login-field"));
  goTo("lost-step", "lost-heading");
});

startDerivation();
watchPasswords();
