//# allFunctionsCalledOnLoad
/** What is said when somebody's identity is not the one that was seen before: in plain words, and what follows from it. */

import { Refusal } from "./refusal.js";

/**
 * @param {string} name
 * @param {boolean} verified whether the keys before had been verified
 */
export function changed(name, verified) {
  const nothing = `Nothing will be sent to ${name} unless you continue.`;
  if (!verified) {
    const sentence = `${name}'s keys have changed: ${name} may have started over, or somebody may have come between you.`;
    return new Refusal("key_changed", `${sentence} ${nothing}`);
  }
  const sentence = `You had verified ${name}, and ${name}'s keys have changed since: ${name} may have started over, or somebody may have come between you.`;
  const ask = `Nobody but ${name} can tell you whether it is really ${name}.`;
  return new Refusal("key_changed", `${sentence} ${ask} ${nothing}`, { compareAt: `/contacts/${encodeURIComponent(name)}/` });
}

/** @param {string} name */
export function rolledBack(name) {
  return new Refusal("rolled_back", `The server shows a false identity for ${name}. Nothing will be sent to ${name}.`);
}

/** @param {string} name */
export function altered(name) {
  return new Refusal("pin", `What was kept of ${name}'s identity was altered. Nothing will be sent to ${name}.`);
}

/** @param {string} name */
export function withheld(name) {
  return new Refusal("pin", `The server no longer shows what you kept of ${name}'s identity. Nothing will be sent to ${name}.`);
}

/** @param {string} name */
export function newPerson(name) {
  const sentence = `This ${name} is not the ${name} you know: it is a new account under the same name.`;
  return new Refusal("new_person", `${sentence} Nothing will be sent to ${name} unless you continue.`);
}

/**
 * @param {string} name the one that the page shows
 * @param {string} real the name in the identity
 */
export function misnamed(name, real) {
  return new Refusal("other_person", `The server shows ${real} under the name ${name}. Nothing will be sent.`);
}

export function signedOut() {
  return new Refusal("signed_out", "Somebody else has signed in in this browser. Sign in again to go on as yourself.");
}
