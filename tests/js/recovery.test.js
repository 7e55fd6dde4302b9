import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { formatRecoveryKey, newRecoveryKey, parseRecoveryKey, recoveryWrappingKey } from "../../static/js/crypto/recovery.js";
import { randomBytes } from "../../static/js/crypto/bytes.js";
import { anyText, assertRefused, assertTotal, bytesOf } from "./helpers.js";

test("a recovery key survives being written down", async () => {
  await fc.assert(
    fc.asyncProperty(bytesOf(32), async (key) => {
      const text = await formatRecoveryKey(key);
      assert.match(text, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){13}$/);
      assert.deepEqual(await parseRecoveryKey(text), key);
    }),
  );
});

test("it is read without regard to case, spaces, hyphens and look-alikes", async () => {
  const key = newRecoveryKey();
  const text = await formatRecoveryKey(key);
  const spellings = [text.toLowerCase(), text.replaceAll("-", ""), text.replaceAll("-", " "), ` ${text} `,
    text.replaceAll("0", "O").replaceAll("1", "I"), text.replaceAll("0", "o").replaceAll("1", "l"), text.replaceAll("1", "L")];
  for (const spelling of spellings) assert.deepEqual(await parseRecoveryKey(spelling), key);
});

test("one wrong character anywhere is noticed", async () => {
  const text = (await formatRecoveryKey(newRecoveryKey())).replaceAll("-", "");
  for (const [index, character] of [...text].entries()) {
    const wrong = text.slice(0, index) + (character === "7" ? "8" : "7") + text.slice(index + 1);
    await assertRefused(() => parseRecoveryKey(wrong), "checksum");
  }
});

test("two swapped characters are noticed", async () => {
  const text = (await formatRecoveryKey(newRecoveryKey())).replaceAll("-", "");
  for (let index = 0; index < 55; index++) {
    const swapped = text.slice(0, index) + text[index + 1] + text[index] + text.slice(index + 2);
    if (swapped !== text) await assertRefused(() => parseRecoveryKey(swapped), "checksum");
  }
});

test("another length or alphabet is refused", async () => {
  const text = (await formatRecoveryKey(new Uint8Array(32))).replaceAll("-", "");
  for (const wrong of ["", text.slice(1), `${text}0`, `${text}\n`]) await assertRefused(() => parseRecoveryKey(wrong), "form");
  for (const letter of "U!ıſ０\n") await assertRefused(() => parseRecoveryKey(letter + text.slice(1)), "form");
  await fc.assert(fc.asyncProperty(anyText({ maxLength: 80 }), (any) => assertTotal(() => parseRecoveryKey(any))));
});

test("its wrapping key cannot be taken out", async () => {
  assert.equal((await recoveryWrappingKey(newRecoveryKey(), randomBytes(16))).extractable, false);
});
