/**
 * Settings, *Recovery key* (templates/accounts/_settings_recovery.html): whether the one that was saved still opens one's keys, and another
 * in its place. A new one is stored only after it was seen, so that nobody is ever left with one that they have not got.
 */

import { toBase64url } from "../crypto/bytes.js";
import { recoverySignInSecret } from "../crypto/recovery.js";
import { dayName, showTime } from "./dates.js";
import { FormError, input, onSubmit, requireSecureContext } from "./form.js";
import { HttpError, postJson, understood } from "./http.js";
import { readProof } from "./own_answers.js";
import { openByRecovery, wrapByNewRecoveryKey } from "./own_identity.js";
import { byId, showError } from "./page.js";
import { showRecoveryStep } from "./recovery_step.js";
import { RECOVERY_KEY_FIELD, typedRecoveryKey } from "./typed_recovery_key.js";
import { atPassword, ownKeys, unlock } from "./unlocking.js";

const PASSWORD = "recovery-password";
const OTHER_KEY = "This recovery key does not open your keys. It may be an earlier one of yours, or belong to another account.";

/** What ends the making of a new key for good: that it was not stored must be said where the key is no longer shown. */
const FINAL = new Set(["recovery_changed", "stale_identity", "wrong_password", "signed_out"]);

/** Whether it has been shown since the page was opened. */
let shown = false;

/**
 * @param {number | null} at milliseconds since 1970, null for never
 */
function showProved(at) {
  shown = true;
  const state = byId("recovery-proved");
  state.textContent = "You have not checked yet that this recovery key opens your keys. Type it in once, and you know.";
  if (at === null) return;
  const time = document.createElement("time");
  showTime(time, at);
  state.textContent = `Last found to open your keys: ${dayName(at)}, `;
  state.append(time);
}

async function showLastProof() {
  try {
    const { identity } = await ownKeys();
    // An answer that is late says nothing of a check that was made meanwhile.
    if (!shown) showProved(identity.recovery_proved_at);
  } catch (error) {
    if (!(error instanceof FormError || error instanceof HttpError)) throw error;
    if (!shown) byId("recovery-proved").textContent = error.message;
  }
}

/** Opens one's keys with the recovery key typed, as one would after losing the password. */
async function check() {
  requireSecureContext();
  const key = await typedRecoveryKey();
  const { person, known, identity } = await ownKeys();
  await openByRecovery(person, identity, key, known, new FormError(OTHER_KEY, RECOVERY_KEY_FIELD));
  const recovery_secret = await recoverySignInSecret(key);
  showProved(await understood(postJson("/keys/recovery/proved/", { recovery_secret }), readProof));
}

/**
 * @param {HTMLFormElement} form
 */
async function prepare(form) {
  const { person, secret, identity, opened } = await unlock(form, PASSWORD);
  const { recoveryKey, json } = await wrapByNewRecoveryKey(opened);
  const bundle_hash = toBase64url(opened.bundle.hash);
  return { username: person.username, recoveryKey, request: { secret, ...json, bundle_hash, replaces: identity.wrapped_by_recovery } };
}

/**
 * Shows the new key, and stores it once it is saved.
 * @param {HTMLFormElement} form
 * @param {Awaited<ReturnType<typeof prepare>>} made
 */
function offer(form, { username, recoveryKey, request }) {
  const step = byId("recovery-step");
  const others = [...(step.parentElement?.children ?? [])].filter((element) => element !== step);
  const leave = () => {
    close();
    form.reset();
    byId("recovery-section-heading").focus();
  };
  const saved = async () => {
    const refused = await store(request);
    leave();
    if (refused === null) takeNote();
    else showError(byId("renew-alert"), refused);
  };
  const instead = others.filter((element) => element instanceof HTMLElement);
  const close = showRecoveryStep({ recoveryKey, username, instead, saved, cancelled: leave });
}

/**
 * @param {Awaited<ReturnType<typeof prepare>>["request"]} request
 * @returns {Promise<string | null>} why the key was not stored and never will be; null when it was
 * @throws {HttpError} what another try may put right
 */
async function store(request) {
  try {
    await postJson("/keys/recovery/", request);
    return null;
  } catch (error) {
    if (!(error instanceof HttpError) || !FINAL.has(error.code)) throw error;
    const why = atPassword(error, PASSWORD);
    return `The recovery key that was just shown was not stored: throw it away. ${why instanceof Error ? why.message : ""}`;
  }
}

function takeNote() {
  showProved(null);
  const state = byId("renew-state");
  state.textContent = "Your new recovery key works from now on. The old one no longer does.";
  state.hidden = false;
}

/** Lets the section do its work. */
export function watchRecovery() {
  const [checking, renewing] = [byId("check-form", HTMLFormElement), byId("renew-form", HTMLFormElement)];
  onSubmit(checking, async (say) => {
    await say("Checking…");
    await check();
    checking.reset();
  });
  onSubmit(renewing, async (say) => {
    requireSecureContext();
    byId("renew-state").hidden = true;
    if (input(renewing, PASSWORD).value === "") throw new FormError("Enter your password.", PASSWORD);
    await say("Preparing the new key…");
    offer(renewing, await prepare(renewing));
  });
  void showLastProof();
}
