import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { randomBytes, uuidOf } from "../../../static/js/crypto/bytes.js";
import { deriveAesKey, importSecret } from "../../../static/js/crypto/derive.js";
import { Draft, forgetDrafts } from "../../../static/js/lib/draft.js";

/** @typedef {import("../../../static/js/crypto/bytes.js").Bytes} Bytes */

/** The part of a browser's Storage that is used: its entries are its own properties. */
class Tab {
  /** @param {string} name */
  getItem(name) {
    return Object.hasOwn(this, name) ? Reflect.get(this, name) : null;
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  setItem(name, value) {
    Reflect.set(this, name, value);
  }

  /** @param {string} name */
  removeItem(name) {
    Reflect.deleteProperty(this, name);
  }
}

const [owner, peer, other] = [randomBytes(16), randomBytes(16), randomBytes(16)];
const key = async () => deriveAesKey(await importSecret(randomBytes(32)), randomBytes(8));
const accountKey = await key();

beforeEach(() => {
  Object.defineProperty(globalThis, "sessionStorage", { value: new Tab(), configurable: true });
});

/** @param {Partial<{accountKey: CryptoKey, owner: Bytes, peer: Bytes}>} [changes] */
const draft = (changes) => new Draft({ accountKey, owner, peer, ...changes });

test("a draft opens for whom it was sealed, on another page of the tab", async () => {
  for (const text of ["half a thought", "é\n\u{1f600}", " ", "x".repeat(100_000)]) {
    await draft().keep(text);
    assert.equal(await draft().find(), text);
  }
});

test("what lies in the tab does not show the text", async () => {
  await draft().keep("half a thought");
  assert.deepEqual(Object.keys(sessionStorage), [`sotto-draft ${uuidOf(peer)}`]);
  assert.ok(!JSON.stringify(sessionStorage).includes("half"));
  assert.ok(!JSON.stringify(sessionStorage).includes(btoa("half a thought").slice(0, 12)));
});

test("a draft to one person does not open as one to another", async () => {
  await draft().keep("half a thought");
  const moved = sessionStorage.getItem(`sotto-draft ${uuidOf(peer)}`) ?? "";
  sessionStorage.setItem(`sotto-draft ${uuidOf(other)}`, moved);
  assert.equal(await draft({ peer: other }).find(), "");
});

test("what does not open is forgotten: another account, another key, rubbish", async () => {
  for (const stranger of [{ owner: other }, { accountKey: await key() }]) {
    await draft().keep("half a thought");
    assert.equal(await draft(stranger).find(), "");
    assert.equal(await draft().find(), "");
  }
  for (const rubbish of ["", "AAAA", "not base64url!", "A".repeat(400)]) {
    sessionStorage.setItem(`sotto-draft ${uuidOf(peer)}`, rubbish);
    assert.equal(await draft().find(), "");
    assert.equal(sessionStorage.getItem(`sotto-draft ${uuidOf(peer)}`), null);
  }
});

test("of several at once the last one stays, and nothing after nothing", async () => {
  const one = draft();
  await Promise.all(["h", "ha", "hal", "half"].map((text) => one.keep(text)));
  assert.equal(await draft().find(), "half");
  await Promise.all([one.keep("half a"), one.keep("")]);
  assert.deepEqual(Object.keys(sessionStorage), []);
});

test("signing out forgets the drafts to everybody, and nothing else", async () => {
  sessionStorage.setItem("another", "1");
  await draft().keep("half a thought");
  await draft({ peer: other }).keep("another half");
  forgetDrafts();
  assert.deepEqual(Object.keys(sessionStorage), ["another"]);
});
