/** What Alice's browsers know of Bob, in a test, and a server that keeps her pin of him. */

import { fromBase64url, toBase64url } from "../../../static/js/crypto/bytes.js";
import { openPin, sealPin, STATE } from "../../../static/js/crypto/pin.js";
import { HttpError } from "../../../static/js/lib/http.js";
import { Pins } from "../../../static/js/lib/pins.js";
import { makeStore, person, rekeyed } from "./cast.js";

/** @typedef {import("../../../static/js/crypto/identity.js").Bundle} Bundle */

export const alice = await person("alice");
export const bob = await person("bob");
export const impostor = await person("bob", bob.userId);
export const newBob = await rekeyed(bob);

/**
 * What Alice's browser knows of Bob, on a page of its own.
 * @param {Partial<ConstructorParameters<typeof Pins>[0]>} [setting]
 */
export function alicesPins(setting = {}) {
  return new Pins({ account: alice, store: makeStore(), peer: bob.userId, name: "bob", post: async () => ({}), ...setting });
}

/** @param {string} code */
export const refusing = (code, more = {}) => async () => Promise.reject(new HttpError(409, { code, ...more }));

/**
 * A pin as another browser of Alice's has made it.
 * @param {Bundle} bundle
 * @param {import("../../../static/js/crypto/pin.js").State} [state]
 * @param {number} [time]
 */
export async function sealed({ version, hash, fingerprint }, state = STATE.unverified, time = 1) {
  const seen = { version, hash, fingerprint, state, time };
  return toBase64url(await sealPin({ accountKey: alice.accountKey, owner: alice.userId, contact: bob.userId, seen }));
}

/** @param {string} pin base64url */
export const unsealed = (pin) => openPin({ accountKey: alice.accountKey, owner: alice.userId, contact: bob.userId, pin: fromBase64url(pin) });

/** A browser in which Alice has met Bob; with `kept`, the server has been given the pin; with `verified`, as of somebody verified. */
export async function acquainted({ kept = true, verified = false } = {}) {
  const store = makeStore();
  const pins = alicesPins({ store });
  await pins.open(null);
  await pins.meet(bob.bundle);
  if (kept) await pins.keep();
  if (verified) await pins.verify(bob.bundle.fingerprint);
  return store;
}

/** A server that keeps Alice's pin of Bob, replaced only by one that was made over it. */
export function makeServer() {
  const server = {
    pin: /** @type {string | null} */ (null),
    posts: 0,
    post: async (/** @type {string} */ _url, /** @type {any} */ body) => {
      server.posts += 1;
      if (body.replaces !== server.pin) throw new HttpError(409, { code: "pin_changed", pin: server.pin });
      server.pin = body.pin;
    },
  };
  return server;
}

/**
 * A page of Alice's at which she has met an identity of Bob's, or is asked about it.
 * @param {ReturnType<typeof makeServer>} server
 * @param {ReturnType<typeof makeStore>} store the browser's
 * @param {Bundle} [bundle]
 * @param {string} [name]
 */
export async function visit(server, store, bundle = bob.bundle, name = bundle.username) {
  const pins = alicesPins({ store, name, post: server.post, asked: later() });
  await pins.open(server.pin);
  const question = await pins.meet(bundle).then(() => null, (error) => error);
  return { pins, question };
}

/** A page that is asked for from now on. */
export const later = () => Date.now() + 1;
