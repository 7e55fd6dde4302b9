/**
 * Starting over without the recovery key: new keys for an account whose old ones nobody can open any more. The token is in the fragment of a
 * link that was mailed to its owner, or handed over; no server sees it before a click sends it.
 */

import { kdfToJson, newKdf, splitPassword } from "../crypto/password.js";
import { startDerivation } from "../lib/derivation.js";
import { startDropped } from "../lib/dropped.js";
import { FormError, input, onSubmit, requireSecureContext } from "../lib/form.js";
import { HttpError, postJson, understood } from "../lib/http.js";
import { save } from "../lib/keystore.js";
import { knownBundle } from "../lib/known_self.js";
import { readOpened } from "../lib/own_answers.js";
import { KEYS_DENIED, makeIdentity, readIdentity } from "../lib/own_identity.js";
import { byId, showError } from "../lib/page.js";
import { newPassword, watchPasswords } from "../lib/passwords.js";
import { goOn, showRecoveryStep } from "../lib/recovery_step.js";

/** @typedef {import("../lib/own_identity.js").Person} Person */
/** @typedef {{person: Person, bundle: import("../crypto/identity.js").Bundle | null}} Owner */
/** @typedef {Awaited<ReturnType<typeof makeAnew>>} NewAccount */

const STEPS = ["link-step", "understand-step", "sure-step", "password-step"];
const INCOMPLETE = "The link is not complete. Open it once more as you got it, or ask for a new one.";

const form = byId("password-form", HTMLFormElement);
const token = location.hash.slice(1);

history.replaceState(null, "", location.pathname);

/** @type {Owner | null} */
let owner = null;

/**
 * What was sent last. Its answer may have been lost on the way: the same once more is sent as it is.
 * @type {{password: string, account: NewAccount} | null}
 */
let sent = null;

/**
 * @param {string} shown the id of a step, whose heading is `<id>-heading`
 */
function goTo(shown) {
  for (const step of STEPS) byId(step).hidden = step !== shown;
  byId(`${shown}-heading`).focus();
}

/**
 * Finds out whose account the link is for. Nothing is changed by that.
 * @returns {Promise<Owner>}
 */
async function openLink() {
  requireSecureContext();
  if (token === "") throw new FormError(INCOMPLETE);
  const { person, bundle } = await understood(postJson("/accounts/recover/opened/", { token }), readOpened);
  const known = await knownBundle(person.userId);
  if (bundle === null && known !== null) throw new FormError(KEYS_DENIED);
  return { person, bundle: bundle === null ? null : await readIdentity(person, bundle, known) };
}

/**
 * @param {Owner} owner
 * @param {string} password
 */
async function makeAnew({ person, bundle: before }, password) {
  const kdf = newKdf();
  const { secret, wrappingKey } = await splitPassword(password, kdf);
  const { bundle, seeds, recoveryKey, json } = await makeIdentity(person, { wrappingKey, kdf }, before);
  const request = { token, secret, kdf: kdfToJson(kdf), ...json, next: form.dataset.next };
  return { request, recoveryKey, keys: { ...person, bundle, seeds, wrappingKey } };
}

async function begin() {
  try {
    owner = await openLink();
  } catch (error) {
    if (!(error instanceof FormError || error instanceof HttpError)) throw error;
    byId("link-state").hidden = true;
    showError(byId("link-alert"), error.message);
    return;
  }
  for (const name of document.querySelectorAll(".owner-name")) name.textContent = owner.person.username;
  input(form, "owner-username").value = owner.person.username;
  goTo("understand-step");
}

startDropped();
onSubmit(byId("understand-form", HTMLFormElement), async () => {
  if (!input(byId("understand-form", HTMLFormElement), "understood").checked) {
    throw new FormError("Tick the box if you want to go on.", "understood");
  }
  goTo("sure-step");
});

byId("sure").addEventListener("click", () => goTo("password-step"));

onSubmit(form, async (say) => {
  const password = await newPassword(form, "password");
  if (owner === null) throw new TypeError("the link is not open");
  await say("Preparing your new keys…");
  const account = sent?.password === password ? sent.account : await makeAnew(owner, password);
  sent = { password, account };
  await say("Starting over…");
  const { next } = await postJson("/accounts/recover/start-over/", account.request);
  await save(account.keys);
  const { username } = owner.person;
  showRecoveryStep({ recoveryKey: account.recoveryKey, username, instead: [byId("password-step")], saved: async () => goOn(next) });
  return true;
});

startDerivation();
watchPasswords();
await begin();
