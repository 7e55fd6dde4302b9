/**
 * Whether a key has served its time (docs/protocol.md, "Epochs"), as far as this browser can tell by itself. The server may say so earlier
 * (`key_worn`), never later.
 *
 * @typedef {import("./keystore.js").EpochKey} EpochKey
 */

import { equal } from "../crypto/bytes.js";

/** How many messages of one's own one key seals, at most. */
const MOST = 1000;

/** How long after this browser opened it a key seals, in milliseconds: 7 days. */
const LONGEST = 7 * 24 * 60 * 60 * 1000;

/**
 * @param {EpochKey} key
 * @param {object} now
 * @param {number} now.counter of the message that is to be sealed
 * @param {import("../crypto/bytes.js").Bytes} now.fingerprint of the other person's keys, 32 bytes. (One's own have no need to be compared:
 *   when they change, a browser signs in anew, and keeps no key that was made for the earlier ones.)
 * @param {number} [now.time] milliseconds since 1970
 * @returns {boolean}
 */
export function isWorn({ openedAt, firstCounter, fingerprint }, { counter, fingerprint: current, time = Date.now() }) {
  const sealed = counter - (firstCounter ?? counter);
  return sealed >= MOST || time >= openedAt + LONGEST || !equal(fingerprint, current);
}
