/** A sender's setting in a test: Alice writes to Bob, over a server made by hand. */

import assert from "node:assert/strict";

import { equal, fromBase64url } from "../../../static/js/crypto/bytes.js";
import { envelopeHash, parseEnvelope } from "../../../static/js/crypto/envelope.js";
import { Chain } from "../../../static/js/lib/chain.js";
import { Draft } from "../../../static/js/lib/draft.js";
import { HttpError } from "../../../static/js/lib/http.js";
import { Outbox } from "../../../static/js/lib/outbox.js";
import { Sender } from "../../../static/js/lib/sender.js";
import { Turns } from "../../../static/js/lib/turns.js";
import { browser, exchanged, person } from "./cast.js";
import { Air, Shelves } from "./shelves.js";

export const alice = await person("alice");
export const bob = await person("bob");
export const keys = [await exchanged(alice, bob), await exchanged(alice, bob)];

/** A server that keeps what docs/http.md says of `/messages/send/`, and refuses first with what a test puts into `refusals`. */
export class Server {
  /** @type {string[]} */
  stored = [];
  /** @type {(string | HttpError | (() => void))[]} */
  refusals = [];
  /** @type {string[]} */
  posted = [];

  /** @param {string} envelope */
  async post(envelope) {
    this.posted.push(envelope);
    const refusal = this.refusals.shift();
    if (refusal instanceof HttpError) throw refusal;
    if (typeof refusal === "string") throw new HttpError(refusal === "offline" ? 0 : 409, { code: refusal, message: refusal });
    const answer = await this.store(envelope);
    if (refusal !== undefined) refusal();
    return answer;
  }

  /** @param {string} envelope */
  async store(envelope) {
    const { messageId, counter } = parseEnvelope(fromBase64url(envelope));
    for (const [index, other] of this.stored.entries()) {
      const before = parseEnvelope(fromBase64url(other));
      if (equal(before.messageId, messageId)) return { seq: index + 1, at: 1 };
      if (before.counter === counter) throw new HttpError(409, { code: "counter_taken" });
    }
    this.stored.push(envelope);
    return { seq: this.stored.length, at: 1 };
  }

  /** The texts stored, each with its counter. */
  async read() {
    const { opener, epochs, pins } = browser(bob, alice);
    await pins.meet(alice.bundle);
    for (const key of keys) epochs.add(key);
    const opened = await Promise.all(this.stored.map((text) => opener.open(text)));
    return opened.map(({ content, envelope }) => [content?.kind === "text" && content.text, envelope?.counter]);
  }
}

/**
 * @param {string} text
 * @returns {import("../../../static/js/crypto/content.js").Content}
 */
export const say = (text) => ({ kind: "text", text });

/**
 * A refusal of one who sends too fast.
 * @param {unknown} seconds
 */
export const tooFast = (seconds) => new HttpError(429, { code: "slow_down", message: "too fast", retry_after: seconds });

/** What the tabs of Alice's browser share. */
export class AliceBrowser {
  store = new Shelves();
  air = new Air();
  locks = new Turns();

  /** What a page of hers keeps for Bob. */
  page(tab = crypto.randomUUID()) {
    const { accountKey, userId } = alice;
    const common = { pair: { accountKey, owner: userId, peer: bob.userId }, store: this.store, turns: new Turns() };
    const draft = new Draft({ ...common, tabs: { id: tab, open: async () => new Set([tab]) } });
    return { draft, outbox: new Outbox({ ...common, name: "bob", draft, channel: this.air.channel() }) };
  }
}

/** Alice's sender. `keys` go in order: the next one is used after one was refused. */
export function setUp({ during = async () => {}, server = new Server(), home = new AliceBrowser() } = {}) {
  const { draft, outbox } = home.page();
  const chain = new Chain();
  let current = 0;
  /** @type {Map<string, string>} */
  const states = new Map();
  /** @type {string[]} every state that was shown */
  const seen = [];
  /** @type {number[]} how long was waited, in seconds */
  const pauses = [];
  /** @type {Sender} */
  const sender = new Sender({
    me: alice.userId,
    peer: bob.userId,
    chain,
    outbox,
    keys: {
      current: async () => {
        await during();
        return /** @type {any} */ (keys[current]);
      },
      refuse: (keyId) => {
        assert.deepEqual(keyId, keys[current]?.keyId);
        current += 1;
      },
    },
    post: (envelope) => server.post(envelope),
    prepare: async () => undefined,
    catchUp: async () => {
      for (const text of server.stored) {
        const envelope = parseEnvelope(fromBase64url(text));
        chain.see({ mine: true, envelope, hash: await envelopeHash(fromBase64url(text)), failure: null });
        sender.settle(envelope.messageId);
      }
    },
    exclusive: (work) => home.locks.take(work),
    changed: ({ content, state, reason }) => {
      seen.push(state);
      states.set("text" in content ? content.text : content.kind, reason ? `${state}: ${reason}` : state);
    },
    stored: () => undefined,
    pause: async (seconds) => void pauses.push(seconds),
  });
  return { server, sender, states, seen, chain, pauses, home, draft, outbox };
}

/** @param {Map<string, string>} states */
export async function settled(states) {
  while ([...states.values()].includes("sending")) await new Promise((resolve) => setTimeout(resolve, 1));
}
