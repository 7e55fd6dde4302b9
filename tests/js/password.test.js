import assert from "node:assert/strict";
import { test } from "node:test";

import { open, seal } from "../../static/js/crypto/aead.js";
import { kdfFromJson, kdfToJson, newKdf, splitPassword } from "../../static/js/crypto/password.js";
import { assertRefused } from "./helpers.js";

const CHEAPEST = { ...newKdf(), memory_kib: 47_104, passes: 3 };

test("new accounts use 64 MiB, 3 passes, 1 lane and a salt of their own", () => {
  const { salt, ...kdf } = newKdf();
  assert.deepEqual(kdf, { algorithm: "argon2id", memory_kib: 65_536, passes: 3, lanes: 1 });
  assert.equal(salt.length, 16);
  assert.notDeepEqual(newKdf().salt, salt);
});

test("parameters survive JSON", () => {
  const kdf = newKdf();
  assert.deepEqual(kdfFromJson(JSON.parse(JSON.stringify(kdfToJson(kdf)))), kdf);
});

test("parameters out of bounds are refused before the password is touched", async () => {
  const good = kdfToJson(newKdf());
  const changes = [
    { algorithm: "argon2i" }, { algorithm: "pbkdf2" }, { algorithm: undefined },
    { memory_kib: 47_103 }, { memory_kib: 262_145 }, { memory_kib: "65536" }, { memory_kib: 65_536.5 }, { memory_kib: undefined },
    { passes: 0 }, { passes: 11 }, { passes: -1 }, { passes: NaN }, { memory_kib: 65_535, passes: 2 }, { memory_kib: 47_104, passes: 1 },
    { lanes: 0 }, { lanes: 2 }, { lanes: true },
    { salt: "" }, { salt: `${good.salt}AA` }, { salt: good.salt.slice(0, 20) }, { salt: `${good.salt}==` }, { salt: 7 }, { salt: null },
    { salt: [good.salt] },
  ];
  for (const change of changes) await assertRefused(() => kdfFromJson({ ...good, ...change }), "kdf");
  for (const json of [null, undefined, 1, "argon2id", [], {}]) await assertRefused(() => kdfFromJson(json), "kdf");
  await assertRefused(() => splitPassword("password", { ...newKdf(), memory_kib: 1024 }), "kdf");
  await assertRefused(() => splitPassword("password", { ...newKdf(), salt: new Uint8Array(8) }), "kdf");
});

test("parameters at the bounds are taken", () => {
  const good = kdfToJson(newKdf());
  for (const change of [{ memory_kib: 47_104 }, { memory_kib: 262_144 }, { passes: 1 }, { passes: 10 }]) {
    assert.equal(kdfFromJson({ ...good, ...change }).lanes, 1);
  }
});

test("a password gives the same two secrets however it is composed, and others in another case", async () => {
  const composed = await splitPassword("Caf\u00e9 \ufb01ve", CHEAPEST);
  const decomposed = await splitPassword("Cafe\u0301 five", CHEAPEST);
  const other = await splitPassword("caf\u00e9 five", CHEAPEST);
  assert.equal(composed.secret, decomposed.secret);
  assert.notEqual(composed.secret, other.secret);
  assert.match(composed.secret, /^[A-Za-z0-9_-]{43}$/);
  assert.equal(composed.wrappingKey.extractable, false);
  const box = await seal(composed.wrappingKey, Uint8Array.of(1, 2), Uint8Array.of(3));
  assert.deepEqual(await open(decomposed.wrappingKey, box, Uint8Array.of(3)), Uint8Array.of(1, 2));
  await assertRefused(() => open(other.wrappingKey, box, Uint8Array.of(3)), "opening");
});

test("an empty password is refused", async () => {
  await assertRefused(() => splitPassword("", CHEAPEST), "form");
});
