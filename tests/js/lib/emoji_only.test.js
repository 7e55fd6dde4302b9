/** Which messages are shown large. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isEmojiOnly } from "../../../static/js/lib/emoji_only.js";

test("one emoji to three, of any make, are nothing but emoji", () => {
  for (const text of ["👍", "🎉🥳", "❤️ 😂 🙏", "👩🏽‍🚀", "🇩🇪🇫🇷", "1️⃣", " 👨‍👩‍👧‍👦\n"]) assert.equal(isEmojiOnly(text), true, text);
});

test("four, letters, digits, signs, and nothing at all are not", () => {
  for (const text of ["🎉🎉🎉🎉", "ok 👍", "1", "©", "#", "", "  ", "😂".repeat(1000)]) assert.equal(isEmojiOnly(text), false, text);
});
