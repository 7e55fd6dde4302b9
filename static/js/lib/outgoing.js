/**
 * What a conversation sends with: the key of the next message, and the queue of those on their way.
 *
 * @typedef {import("../crypto/identity.js").Bundle} Bundle
 */

import { idOf } from "../crypto/bytes.js";
import { readReceipt } from "./answers.js";
import { CurrentKey } from "./currentkey.js";
import { postJson, understood } from "./http.js";
import { exchangeKey } from "./intent.js";
import { whileKeysStay } from "./leaving.js";
import { inSession } from "./live.js";
import { Sender } from "./sender.js";

/**
 * @param {object} setting
 * @param {import("./keystore.js").Account} setting.account
 * @param {import("./reading.js").ConversationData} setting.data
 * @param {import("./outbox.js").Outbox} setting.outbox
 * @param {import("./pins.js").Pins} setting.pins
 * @param {import("./epochs.js").Epochs} setting.epochs
 * @param {import("./chain.js").Chain} setting.chain
 * @param {import("./refusal.js").Guard} setting.guard
 * @param {() => {own: Bundle, peer: Bundle}} setting.known the two identities; throws when they are not known
 * @param {() => Promise<void>} setting.prepare runs before every message's first try
 * @param {() => Promise<void>} setting.catchUp
 * @param {(error: unknown) => void} setting.refused takes note of why a message was not taken
 * @param {() => number} setting.lifetime what the conversation's timer says, in seconds; 0 for never
 * @param {(item: import("./sender.js").Item) => void} setting.changed shows an item's new state
 * @param {(message: import("./sender.js").Stored, item: import("./sender.js").Item) => void} setting.stored takes a message that the server has just stored
 */
export function makeOutgoing({ account, data, outbox, pins, epochs, chain, guard, known, refused, ...more }) {
  const me = account.bundle.userId;
  const keys = new CurrentKey({
    id: data.current_key,
    used: data.conversation !== null,
    me,
    epochs,
    chain,
    fingerprint: () => known().peer.fingerprint,
    exchange: (after, replaces) => exchangeKey({ account, ...known(), pins, after, replaces }),
  });
  const sender = new Sender({
    me,
    peer: idOf(data.peer.user_id),
    chain,
    outbox,
    keys: { current: () => guard.refusing(() => keys.current()), refuse: (keyId) => keys.refuse(keyId) },
    post: async (envelope) => {
      try {
        return await inSession(() => understood(postJson("/messages/send/", { envelope }), readReceipt));
      } catch (error) {
        refused(error);
        throw error;
      }
    },
    exclusive: (work) => whileKeysStay(() => navigator.locks.request(`sotto-send ${data.peer.user_id}`, work)),
    ...more,
  });
  return { keys, sender };
}
