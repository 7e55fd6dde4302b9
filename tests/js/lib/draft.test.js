import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { randomBytes, uuidOf } from "../../../static/js/crypto/bytes.js";
import { deriveAesKey, importSecret } from "../../../static/js/crypto/derive.js";
import { Draft } from "../../../static/js/lib/draft.js";
import { Turns } from "../../../static/js/lib/turns.js";
import { Shelves, typed } from "./shelves.js";

/** @typedef {import("../../../static/js/crypto/bytes.js").Bytes} Bytes */

const [owner, peer, other] = [randomBytes(16), randomBytes(16), randomBytes(16)];
const key = async () => deriveAesKey(await importSecret(randomBytes(32)), randomBytes(8));
const accountKey = await key();
const [tab, second] = [crypto.randomUUID(), crypto.randomUUID()];

let store = new Shelves();
/** @type {Set<string>} */
let open = new Set();

beforeEach(() => {
  store = new Shelves();
  open = new Set([tab]);
});

/**
 * A page's draft.
 * @param {Partial<{accountKey: CryptoKey, owner: Bytes, peer: Bytes, tab: string}>} [changes]
 */
function draft({ tab: id = tab, ...changes } = {}) {
  const pair = { accountKey, owner, peer, ...changes };
  return new Draft({ pair, store, tabs: { id, open: async () => open }, turns: new Turns() });
}

test("a draft opens for whom it was sealed, on another page of the tab", async () => {
  for (const text of ["half a thought", "é\n\u{1f600}", " ", "x".repeat(100_000)]) {
    await draft().keep(typed(text));
    assert.equal((await draft().find()).text, text);
  }
});

test("what a text answers, and another text for a message, come back with it, and alone too", async () => {
  const [target, before] = [randomBytes(16), randomBytes(16)];
  const reply = /** @type {const} */ ({ target: before, author: "receiver" });
  const edit = { target, lifetime: 60, text: "another thought" };
  for (const about of [{ reply }, { edit }, { reply, edit }, { edit: { ...edit, text: "" } }]) {
    for (const text of ["half a thought", ""]) {
      const composed = typed(text, about);
      await draft().keep(composed);
      const { time, id, own, ...found } = /** @type {any} */ (await draft().find());
      assert.deepEqual(found, composed);
    }
  }
  await draft().keep(typed(""));
  assert.equal(store.kept.size, 0);
});

test("what lies in the browser does not show the text", async () => {
  await draft().keep(typed("half a thought"));
  assert.deepEqual([...store.kept.keys()], [`drafts ${uuidOf(owner)} ${uuidOf(peer)} ${tab}`]);
  assert.ok(!store.readable.includes("half"));
});

test("a draft to one person does not open as one to another", async () => {
  await draft().keep(typed("half a thought"));
  const [kept] = [...store.kept.values()];
  await store.write(owner, [{ shelf: "drafts", peer: uuidOf(other), id: tab, sealed: kept?.sealed ?? null }]);
  assert.equal((await draft({ peer: other }).find()).text, "");
  assert.equal((await draft().find()).text, "half a thought");
});

test("nobody else is shown a draft, and its writer finds it again", async () => {
  await draft().keep(typed("half a thought"));
  assert.equal((await draft({ owner: other, accountKey: await key() }).find()).text, "");
  assert.equal((await draft().find()).text, "half a thought");
});

test("what does not open is forgotten: keys that are gone, rubbish", async () => {
  await draft().keep(typed("half a thought"));
  assert.equal((await draft({ accountKey: await key() }).find()).text, "");
  assert.equal(store.kept.size, 0);
  for (const length of [0, 3, 12, 28, 400]) {
    await store.write(owner, [{ shelf: "drafts", peer: uuidOf(peer), id: tab, sealed: randomBytes(length) }]);
    assert.equal((await draft().find()).text, "");
    assert.equal(store.kept.size, 0);
  }
});

test("of several at once the last one stays, and nothing after nothing", async () => {
  const one = draft();
  await Promise.all(["h", "ha", "hal", "half"].map((text) => one.keep(typed(text))));
  assert.equal((await draft().find()).text, "half");
  await Promise.all([one.keep(typed("half a")), one.keep(typed(""))]);
  assert.equal(store.kept.size, 0);
});

test("two tabs keep their own, and neither takes the other's", async () => {
  open = new Set([tab, second]);
  await draft().keep(typed("from the first"));
  await draft({ tab: second }).keep(typed("from the second"));
  assert.equal((await draft().find()).text, "from the first");
  assert.equal((await draft({ tab: second }).find()).text, "from the second");
  assert.equal((await draft({ tab: crypto.randomUUID() }).find()).text, "");
});

test("a tab that has none takes over the latest of those whose tabs are gone, and none is lost", async () => {
  let now = Date.now();
  const real = Date.now;
  Date.now = () => now++;
  try {
    await draft().keep(typed("older"));
    await draft({ tab: second }).keep(typed("newer"));
  } finally {
    Date.now = real;
  }
  open = new Set();
  const third = crypto.randomUUID();
  assert.equal((await draft({ tab: third }).find()).text, "newer");
  open = new Set([third]);
  assert.equal((await draft({ tab: second }).find()).text, "older");
  assert.equal((await draft({ tab: third }).find()).text, "newer");
  assert.equal(store.kept.size, 2);
});

test("where nothing can be kept, it says so for as long as there is something to lose", async () => {
  store.broken = true;
  const one = draft();
  assert.equal((await one.find()).text, "");
  assert.equal(one.lost, false);
  await one.keep(typed("half a thought"));
  assert.equal(one.lost, true);
  one.note(typed(""));
  assert.equal(one.lost, false);
  store.broken = false;
  await one.keep(typed("half a thought"));
  assert.equal(one.lost, false);
});
