/** Settings, *Password* (templates/accounts/_settings_password.html): another password for the same keys. */

import { toBase64url } from "../crypto/bytes.js";
import { kdfToJson, newKdf, splitPassword } from "../crypto/password.js";
import { FormError, input, onSubmit, requireSecureContext } from "./form.js";
import { HttpError, postJson } from "./http.js";
import { save } from "./keystore.js";
import { wrapByPassword } from "./own_identity.js";
import { byId } from "./page.js";
import { newPassword, watchPasswords } from "./passwords.js";
import { atPassword, unlock } from "./unlocking.js";

/** @typedef {{current: string, wanted: string}} Typed */
/** @typedef {Awaited<ReturnType<typeof prepare>>} Change */

const CURRENT = "current-password";
const UNANSWERED = new Set(["offline", "unavailable"]);
const UNCERTAIN =
  "Sotto did not answer, so it is not certain whether your password was changed. Press Change password once more, and this will be settled.";
const SIGNED_OUT =
  "You have been signed out here. Perhaps your password was changed in another browser; from here it was not. Reload the page to sign in.";

/**
 * What was sent last and may have arrived, though no answer came: the same once more is sent as it is.
 * @type {{typed: Typed, change: Change} | null}
 */
let sent = null;

/**
 * @param {HTMLFormElement} form
 * @param {Typed} typed
 */
async function prepare(form, { wanted }) {
  const { person, secret, opened } = await unlock(form, CURRENT);
  const kdf = newKdf();
  const { secret: new_secret, wrappingKey } = await splitPassword(wanted, kdf);
  const wrapped_by_password = await wrapByPassword(opened, { wrappingKey, kdf });
  const request = { secret, new_secret, kdf: kdfToJson(kdf), wrapped_by_password, bundle_hash: toBase64url(opened.bundle.hash) };
  return { request, account: { ...person, ...opened, wrappingKey } };
}

/**
 * @param {HTMLFormElement} form
 * @returns {Promise<Typed>}
 */
async function readForm(form) {
  const current = input(form, CURRENT).value;
  if (current === "") throw new FormError("Enter your current password.", CURRENT);
  return { current, wanted: await newPassword(form, "new-password") };
}

/** @param {Change} change */
async function send({ request }) {
  try {
    await postJson("/accounts/password/", request);
  } catch (error) {
    if (error instanceof HttpError && UNANSWERED.has(error.code)) throw new FormError(UNCERTAIN);
    sent = null;
    if (error instanceof HttpError && error.code === "signed_out") throw new FormError(SIGNED_OUT);
    throw atPassword(error, CURRENT);
  }
}

/** @param {HTMLFormElement} form */
async function change(form, /** @type {(text: string) => Promise<void>} */ say) {
  requireSecureContext();
  const typed = await readForm(form);
  await say("Changing your password…");
  const again = sent?.typed.current === typed.current && sent.typed.wanted === typed.wanted ? sent.change : null;
  const change = again ?? (await prepare(form, typed));
  sent = { typed, change };
  await send(change);
  await save(change.account);
  sent = null;
  form.reset();
  const state = byId("password-state");
  state.textContent = "Your password is changed. You are signed out in every other browser.";
  state.hidden = false;
}

/** Lets the section do its work. */
export function watchPassword() {
  const form = byId("password-form", HTMLFormElement);
  watchPasswords();
  onSubmit(form, async (say) => {
    byId("password-state").hidden = true;
    await change(form, say);
  });
}
