/**
 * What the server's refusal of a message means for the next try.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {{newKey: boolean, catchUp: boolean}} Remedy whether another key must be found before it is sealed anew, and what was stored meanwhile
 *   be brought in
 */

import { parseEnvelope } from "../crypto/envelope.js";
import { HttpError } from "./http.js";

/** By the refusal's code. @type {Map<string, Remedy>} */
const REMEDIES = new Map([
  ["key_gone", { newKey: true, catchUp: false }],
  ["key_worn", { newKey: true, catchUp: false }],
  ["stale_identity", { newKey: true, catchUp: false }],
  ["key_superseded", { newKey: true, catchUp: true }],
  ["counter_taken", { newKey: false, catchUp: true }],
  ["clock_differs", { newKey: false, catchUp: false }],
]);

/** How long, in seconds, the server may ask to wait each time. */
const LONGEST_PAUSE = 10;

/** How long ago, in milliseconds, a message was sealed whose time can be another by now. */
const LONG_AGO = 60_000;

/**
 * Whether the server finds a message dated wrong that was dated just now: sealing it anew would change nothing.
 * @param {unknown} error
 * @param {Bytes} sealed
 */
export const hasWrongClock = (error, sealed) =>
  error instanceof HttpError && error.code === "clock_differs" && Math.abs(Date.now() - parseEnvelope(sealed).time) < LONG_AGO;

/**
 * How long the server asks to wait, because this person was too fast.
 * @param {unknown} error
 * @returns {number | null} seconds; null when it does not, or for longer than a message can stay on its way
 */
export function pauseOf(error) {
  if (!(error instanceof HttpError) || error.code !== "slow_down") return null;
  const seconds = error.body.retry_after;
  return typeof seconds === "number" && seconds >= 0 && seconds <= LONGEST_PAUSE ? seconds : null;
}

/**
 * @param {unknown} error
 * @returns {Remedy | null} null when there is nothing to be done about it
 */
export function remedyFor(error) {
  return (error instanceof HttpError && REMEDIES.get(error.code)) || null;
}

/**
 * @param {unknown} error
 * @returns {boolean} whether the server has said that it did not store what was posted
 */
export function isRefusal(error) {
  return error instanceof HttpError && error.status >= 400 && error.status < 500 && error.code !== "unavailable";
}
