import assert from "node:assert/strict";
import { test } from "node:test";

import { FormError } from "../../../static/js/lib/form.js";
import { reportOf, revealedOf } from "../../../static/js/lib/report_contents.js";

const message = { seq: 7, text: "buy this" };
const told = { reason: "spam", comment: "", revealed: [message] };

test("what is sent is what was told, and the messages that were ticked", () => {
  assert.deepEqual(reportOf({ ...told, comment: " every day\n" }), { reason: "spam", comment: "every day", revealed: [message] });
});

test("a report has a reason", () => {
  for (const reason of ["", "dislike", "null"]) assert.throws(() => reportOf({ ...told, reason }), FormError);
});

test("a report takes ten messages and says so", () => {
  const revealed = Array.from({ length: 10 }, () => message);
  assert.equal(reportOf({ ...told, revealed }).revealed.length, 10);
  assert.throws(() => reportOf({ ...told, revealed: [...revealed, message] }), /You have ticked 11 messages\. A report takes 10\./);
});

test("nothing of a message is sent but its number and its text", () => {
  const more = { ...message, envelope: "c2VjcmV0" };
  assert.deepEqual(revealedOf(more), message);
});

test("a long text is cut, visibly, and not within a character", () => {
  const whole = "x".repeat(4000);
  assert.equal(revealedOf({ ...message, text: whole }).text, whole);
  for (const text of [`${whole}y`, "🙂".repeat(2001), `x${"🙂".repeat(2000)}`]) {
    const cut = revealedOf({ ...message, text }).text;
    assert.ok(cut.length <= 4000 && cut.length > 3990);
    assert.ok(cut.endsWith("… (cut)") && text.startsWith(cut.slice(0, -7)));
    assert.doesNotThrow(() => encodeURIComponent(cut));
  }
});
