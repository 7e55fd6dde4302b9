import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64url } from "../../../static/js/crypto/bytes.js";
import { Refusal } from "../../../static/js/lib/refusal.js";
import { checkShownSelf } from "../../../static/js/lib/shown_self.js";
import { listed, person, rekeyed } from "./cast.js";

/** @param {() => Promise<void>} work */
const assertSaid = (work) => assert.rejects(work, (error) => error instanceof Refusal && error.code === "own_identity");

const [alice, bob] = [await person("alice"), await person("bob")];
const mine = toBase64url(alice.bundle.bytes);
const servers = await person("alice", alice.userId);

test("one's own identity, and those of others, are as they should be", async () => {
  await checkShownSelf(alice, { my_bundle: mine, bundles: { ...listed(alice.bundle), ...listed(bob.bundle) } });
});

test("other keys for oneself are noticed where the server shows them, and where others have used them", async () => {
  await assertSaid(() => checkShownSelf(alice, { my_bundle: toBase64url(servers.bundle.bytes), bundles: {} }));
  await assertSaid(() => checkShownSelf(alice, { my_bundle: null, bundles: {} }));
  await assertSaid(() => checkShownSelf(alice, { my_bundle: mine, bundles: listed(servers.bundle) }));
});

test("who has started over is shown with earlier keys as well", async () => {
  const anew = await rekeyed(alice);
  await checkShownSelf(anew, { my_bundle: toBase64url(anew.bundle.bytes), bundles: listed(alice.bundle) });
});
