/** The settings page: each section is a form of its own. */

import { startDerivation } from "../lib/derivation.js";
import { input, onSubmit, requireSecureContext } from "../lib/form.js";
import { HttpError, postJson } from "../lib/http.js";
import { setLockMinutes } from "../lib/lock.js";
import { turnNotificationsOn } from "../lib/notifications.js";
import { notificationsAreOn, turnNotificationsOff } from "../lib/notifications_kept.js";
import { byId, showError } from "../lib/page.js";
import { watchDeletion } from "../lib/settings_deletion.js";
import { watchExport } from "../lib/settings_export.js";
import { startSessions } from "../lib/settings_sessions.js";
import { watchPassword } from "../lib/settings_password.js";
import { watchRecovery } from "../lib/settings_recovery.js";
import { watchSwitch } from "../lib/settings_switch.js";
import { atPassword, unlock } from "../lib/unlocking.js";

function watchEmail() {
  const form = byId("email-form", HTMLFormElement);
  const field = "email-password";
  onSubmit(form, async (say) => {
    requireSecureContext();
    await say("Checking your password…");
    const { secret } = await unlock(form, field);
    await say("Saving…");
    try {
      await postJson("/accounts/email/", { email: input(form, "email").value.trim(), secret });
    } catch (error) {
      throw atPassword(error, field);
    }
    location.reload();
    return true;
  });
}

function watchResending() {
  const form = document.querySelector("#resend-form");
  if (!(form instanceof HTMLFormElement)) return;
  const email = form.dataset.email ?? "";
  onSubmit(form, async (say) => {
    await say("Sending…");
    await postJson("/accounts/email/", { email });
    byId("email-state").textContent = `${email} is not confirmed yet. Open the link in the mail that Sotto has just sent there.`;
  });
}

function watchDiscovery() {
  watchSwitch({
    form: byId("discovery-form", HTMLFormElement),
    id: "email-searchable",
    state: byId("discovery-state"),
    save: (on) => postJson("/accounts/settings/discovery/", { email_searchable: on }),
  });
}

function watchPrivacy() {
  const [form, state] = [byId("privacy-form", HTMLFormElement), byId("privacy-state")];
  watchSwitch({ form, id: "receipts", state, save: (on) => postJson("/accounts/settings/receipts/", { receipts: on }) });
  watchSwitch({ form, id: "typing", state, save: (on) => postJson("/accounts/settings/typing/", { typing: on }) });
}

function watchNotifications() {
  const form = byId("notifications-form", HTMLFormElement);
  input(form, "notifications").checked = notificationsAreOn();
  const save = async (/** @type {boolean} */ on) => (on ? turnNotificationsOn() : turnNotificationsOff());
  watchSwitch({ form, id: "notifications", state: byId("notifications-state"), save });
}

function watchLock() {
  const form = byId("lock-form", HTMLFormElement);
  const alert = /** @type {HTMLElement} */ (form.querySelector('[role="alert"]'));
  const choice = byId("lock-minutes", HTMLSelectElement);
  let kept = choice.value;
  choice.addEventListener("change", async () => {
    const minutes = Number(choice.value);
    choice.disabled = true;
    showError(alert, "");
    try {
      await postJson("/accounts/settings/lock/", { minutes });
      kept = choice.value;
      setLockMinutes(minutes);
      byId("lock-state").textContent = "Saved.";
    } catch (error) {
      choice.value = kept;
      showError(alert, error instanceof HttpError ? error.message : "This could not be saved. Reload the page and try again.");
    }
    choice.disabled = false;
    choice.focus();
  });
  choice.disabled = false;
}

startDerivation();
watchEmail();
watchResending();
watchDiscovery();
watchPrivacy();
watchNotifications();
watchLock();
startSessions(byId("sessions"));
watchPassword();
watchRecovery();
watchExport();
watchDeletion();
