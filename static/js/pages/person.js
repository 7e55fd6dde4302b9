/** A contact's page: the safety number, and whether the two have compared it. */

import { idOf } from "../crypto/bytes.js";
import { safetyCode, safetyGroups, safetyNumber } from "../crypto/safety.js";
import { readOwnBundle } from "../lib/bundles.js";
import { showDay } from "../lib/dates.js";
import { HttpError } from "../lib/http.js";
import * as keystore from "../lib/keystore.js";
import { showMark } from "../lib/marks.js";
import { byId, pageData, showError } from "../lib/page.js";
import { Pins } from "../lib/pins.js";
import { showCode } from "../lib/qr_code.js";
import { Refusal } from "../lib/refusal.js";
import { startScanning } from "../lib/safety_scan.js";

/**
 * @typedef {object} PersonData what the page carries
 * @property {string | null} my_bundle base64url
 * @property {{user_id: string, username: string, bundle: string}} peer
 * @property {string | null} pin base64url
 * @property {Record<string, string>} bundles every identity of theirs, by bundle hash
 */

const name = byId("person-name").textContent ?? "";
const trouble = byId("trouble");
const verdict = byId("verdict");
const verify = byId("verify", HTMLButtonElement);
const unverify = byId("unverify", HTMLButtonElement);

/**
 * What is said above the number: of which keys it is.
 * @param {Refusal | null} question
 */
function questionWords(question) {
  if (question === null) return "";
  const which = question.code === "new_person" ? `This ${name} is not the ${name} you know, but a new account under the same name.` : `${name}'s keys have changed.`;
  const rest = `The number below is that of the new keys. If ${name} sees the same one, mark ${name} as verified. If not, somebody may be between you: send nothing.`;
  return `${which} ${rest}`;
}

/** @type {Record<import("../lib/pins.js").Mark, string>} */
const NOTES = {
  unverified: "",
  verified: "",
  changed: `${name}'s keys have changed since you verified ${name}, and the number with them. Compare it anew.`,
};

/**
 * Shows the mark, and what can be done about it.
 * @param {Pins} pins
 */
function showState({ state }) {
  showMark(byId("mark"), state);
  verify.hidden = state === "verified";
  unverify.hidden = state !== "verified";
  showError(byId("keys-note"), trouble.hidden ? NOTES[state] : "");
}

/** @param {string} number 60 digits */
function showNumber(number) {
  byId("safety-number").replaceChildren(...safetyGroups(number).map(groupItem));
  const code = document.getElementById("safety-code");
  if (code instanceof SVGSVGElement) showCode(code, safetyCode(number));
  byId("comparing").hidden = false;
}

/**
 * A group as it looks, and digit by digit for those who hear it.
 * @param {string} group 5 digits
 */
function groupItem(group) {
  const [item, seen, heard] = [document.createElement("li"), document.createElement("span"), document.createElement("span")];
  seen.ariaHidden = "true";
  seen.textContent = group;
  heard.className = "visually-hidden";
  heard.textContent = [...group].join(" ");
  item.append(seen, heard);
  return item;
}

/**
 * Looks at the identity that the server shows.
 * @param {keystore.Account} account
 * @param {PersonData} data
 */
async function meet(account, { my_bundle: own, peer, pin, bundles }) {
  const pins = new Pins({ account, store: keystore, peer: idOf(peer.user_id), name });
  await pins.learn(bundles);
  await pins.open(pin);
  const question = await pins.meetShown(peer.bundle).then(() => null, refusalOf);
  showMark(byId("mark"), pins.state);
  await readOwnBundle(account, own);
  if (question !== null && !question.asks) throw question;
  return { pins, question };
}

/** @param {unknown} error */
function refusalOf(error) {
  if (error instanceof Refusal) return error;
  throw error;
}

/**
 * Does what a button is for, once at a time.
 * @param {HTMLButtonElement} button
 * @param {() => Promise<string>} work gives what to say when it is done
 */
async function press(button, work) {
  button.disabled = true;
  try {
    verdict.textContent = await work();
    showError(trouble, "");
  } catch (error) {
    if (error instanceof HttpError) verdict.textContent = error.message;
    else refuse(error);
  } finally {
    button.disabled = false;
  }
}

/**
 * Nothing can be compared any more.
 * @param {unknown} error
 */
function refuse(error) {
  showError(trouble, refusalOf(error).message);
  byId("comparing").hidden = true;
}

/**
 * @param {Pins} pins
 * @param {import("../crypto/bytes.js").Bytes} fingerprint of the keys whose number is shown, 32 bytes
 */
function startVerifying(pins, fingerprint) {
  verify.addEventListener("click", async () => {
    await press(verify, () => pins.verify(fingerprint).then(() => `${name} is verified, in all your browsers.`));
    afterPress(pins);
  });
  unverify.addEventListener("click", async () => {
    await press(unverify, () => pins.unverify().then(() => `${name} is no longer marked as verified.`));
    afterPress(pins);
  });
}

/** @param {Pins} pins */
function afterPress(pins) {
  showState(pins);
  // The button that was pressed may be gone.
  verdict.focus();
}

/** @param {keystore.Account} account */
async function start(account) {
  const { pins, question } = await meet(account, pageData());
  const fingerprint = pins.comparable;
  if (fingerprint === null) return;
  const number = await safetyNumber(account.bundle.fingerprint, fingerprint);
  showError(trouble, questionWords(question));
  if (pins.renamedFrom !== null) showError(byId("renamed"), `${pins.renamedFrom} is now called ${name}. The keys are the same.`);
  showNumber(number);
  showState(pins);
  startVerifying(pins, fingerprint);
  await startScanning({ number, name, matched: () => (verify.hidden ? verdict : verify).focus() });
}

const account = await keystore.load();
showDay(byId("since", HTMLTimeElement), Date.parse(byId("since", HTMLTimeElement).dateTime));
try {
  // Without keys the page is left: see signed_in.js.
  if (account !== null) await start(account);
} catch (error) {
  refuse(error);
}
