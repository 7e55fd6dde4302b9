/**
 * *Send message*: makes an AES key for two people and leaves it, sealed to both, with the server.
 *
 * @typedef {import("../crypto/bytes.js").Bytes} Bytes
 * @typedef {import("../crypto/identity.js").Bundle} Bundle
 * @typedef {import("./keystore.js").Account} Account
 *
 * @typedef {object} ExchangedKey as docs/http.md has it
 * @property {string} exchange base64url
 * @property {Record<string, string>} bundles base64url by bundle hash
 * @property {boolean} used
 */

import { toBase64url } from "../crypto/bytes.js";
import { makeExchange } from "../crypto/exchange.js";
import { readKey } from "./answers.js";
import { isOwn, newestOf, readBundles } from "./bundles.js";
import { HttpError, postJson, understood } from "./http.js";

/**
 * @param {object} intent
 * @param {Account} intent.account
 * @param {Bundle} intent.own the account's newest identity
 * @param {Bundle} intent.peer the other person's newest identity
 * @param {import("./pins.js").Pins} intent.pins decides whether an identity may be sealed to
 * @param {{epoch: number, hash: Bytes} | null} intent.after the epoch before, null for the first
 * @param {string | null} [intent.replaces] UUID of an unused key, made by the other person, that does not open
 * @param {(url: string, body: unknown) => Promise<any>} [intent.post]
 * @returns {Promise<ExchangedKey>} the new key, or the one that serves the two already: not yet opened, so not yet checked
 * @throws {HttpError}
 * @throws {import("./refusal.js").Refusal} when the other person's identity may not be sealed to
 */
export async function exchangeKey({ post = postJson, ...intent }) {
  try {
    return await offer(intent, post);
  } catch (error) {
    if (!(error instanceof HttpError) || error.code !== "stale_identity") throw error;
    return offer(await refreshed(intent, error.body.bundles), post);
  }
}

/**
 * @param {Omit<Parameters<typeof exchangeKey>[0], "post">} intent
 * @param {(url: string, body: unknown) => Promise<any>} post
 * @returns {Promise<ExchangedKey>}
 */
async function offer({ account, own, peer, pins, after, replaces = null }, post) {
  await pins.meet(peer);
  const { bytes } = await makeExchange({
    initiator: own,
    recipient: peer,
    epoch: (after?.epoch ?? 0) + 1,
    previous: after?.hash ?? new Uint8Array(32),
    signingKey: account.signingKey,
  });
  return understood(post("/keys/exchange/", { exchange: toBase64url(bytes), replaces }), readKey);
}

/**
 * The same intent with the identities that the server says are the newest.
 * @template {{account: Account, own: Bundle, peer: Bundle}} T
 * @param {T} intent
 * @param {Record<string, string>} bundles base64url by bundle hash
 * @returns {Promise<T>}
 */
async function refreshed(intent, bundles) {
  const newest = await readBundles(bundles);
  const own = newestOf(newest, intent.account.userId);
  const peer = newestOf(newest, intent.peer.userId);
  return { ...intent, own: own !== null && isOwn(intent.account, own) ? own : intent.own, peer: peer ?? intent.peer };
}
