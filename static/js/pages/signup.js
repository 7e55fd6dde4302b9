/** The sign-up page: makes the account's identity, then shows its recovery key. */

import { randomBytes, uuidOf } from "../crypto/bytes.js";
import { kdfToJson, newKdf, splitPassword } from "../crypto/password.js";
import { startDerivation } from "../lib/derivation.js";
import { startDropped } from "../lib/dropped.js";
import { input, onSubmit, requiredText, requireSecureContext } from "../lib/form.js";
import { HttpError, postJson } from "../lib/http.js";
import { save } from "../lib/keystore.js";
import { makeIdentity } from "../lib/own_identity.js";
import { byId } from "../lib/page.js";
import { newPassword, watchPasswords } from "../lib/passwords.js";
import { goOn, showRecoveryStep } from "../lib/recovery_step.js";

/** @typedef {{username: string, email: string, password: string}} Typed */
/** @typedef {Awaited<ReturnType<typeof makeAccount>>} NewAccount */

const form = byId("signup-form", HTMLFormElement);

/**
 * What was sent last. Its answer may have been lost on the way: the same once more is sent as it is.
 * @type {{typed: Typed, account: NewAccount} | null}
 */
let sent = null;

/** @returns {Promise<Typed>} */
async function readForm() {
  const username = requiredText(input(form, "username"), "Choose a username.");
  const email = input(form, "email").value.trim();
  return { username, email, password: await newPassword(form, "password") };
}

/** @param {Typed} typed */
async function makeAccount({ username, email, password }) {
  const userId = randomBytes(16);
  const kdf = newKdf();
  const { secret, wrappingKey } = await splitPassword(password, kdf);
  const { bundle, seeds, recoveryKey, json } = await makeIdentity({ userId, username }, { wrappingKey, kdf });
  const request = { user_id: uuidOf(userId), username, email, secret, kdf: kdfToJson(kdf), ...json };
  return { request, recoveryKey, keys: { userId, username, bundle, seeds, wrappingKey } };
}

/**
 * @param {NewAccount} account
 * @param {boolean} sentBefore whether an earlier request with it stayed without an answer
 * @returns {Promise<{next: string}>}
 */
async function register({ request }, sentBefore) {
  const wanted = form.dataset.next;
  try {
    return await postJson("/accounts/signup/", { ...request, next: wanted });
  } catch (error) {
    if (!sentBefore || !(error instanceof HttpError) || error.status !== 409) throw error;
    // What is taken is ours, if our secret opens it: the earlier request did arrive.
    const { username, secret } = request;
    return postJson("/accounts/login/", { login: username, secret, next: wanted }).catch(() => Promise.reject(error));
  }
}

/**
 * @param {Typed} a
 * @param {Typed} b
 */
const isSame = (a, b) => a.username === b.username && a.email === b.email && a.password === b.password;

startDropped();
onSubmit(form, async (say) => {
  requireSecureContext();
  const typed = await readForm();
  await say("Preparing your keys…");
  const before = sent && isSame(sent.typed, typed) ? sent : null;
  const account = before?.account ?? (await makeAccount(typed));
  await say("Creating your account…");
  sent = { typed, account };
  const { next } = await register(account, before !== null);
  await save(account.keys);
  const { username } = typed;
  showRecoveryStep({ recoveryKey: account.recoveryKey, username, instead: [byId("signup-step")], saved: async () => goOn(next) });
  return true;
});

startDerivation();
watchPasswords();
