/**
 * What was written about another message, where that one is needed before it is sent: it comes back from the outbox, or from the draft, as what it
 * was, and is no longer about a message that has gone meanwhile.
 *
 * @typedef {import("./composition.js").Composition} Composition
 * @typedef {import("./timeline.js").Timeline} Timeline
 */

import { EARLIER } from "./amended_view.js";

const GONE = "The message that this was about is gone. What you typed is still here.";

/**
 * Puts what was taken back into the composer.
 * @param {Pick<import("./sender.js").Item, "content" | "lifetime">} item
 * @param {{composition: Composition, timeline: Timeline, name: string}} page `name`: the other person's
 */
export function putBack({ content, lifetime }, { composition, timeline, name }) {
  if (!("text" in content)) return;
  if (content.kind === "text") return composition.add(content.text);
  const { target, text } = content;
  const mine = content.kind === "edit" || content.author === "sender";
  const line = timeline.lineAt(target, mine);
  if (line === null) return composition.add(text);
  if (content.kind === "edit") return composition.edit({ target, lifetime }, line, text);
  composition.reply(content, mine ? "yourself" : name, line);
  composition.add(text);
}

/**
 * Puts what a draft holds into the composer, when its conversation is opened: that opens no keyboard.
 * @param {import("../crypto/unsent.js").Composed} composed
 * @param {{composition: Composition, timeline: Timeline, name: string, say: (problem: string) => void}} page `name`: the other person's
 */
export function restore(composed, page) {
  page.composition.quietly(() => putInto(composed, page));
}

/**
 * @param {Parameters<typeof restore>[0]} composed
 * @param {Parameters<typeof restore>[1]} page
 */
function putInto({ text, reply, edit }, { composition, timeline, name, say }) {
  composition.add(text);
  const replied = reply && timeline.lineAt(reply.target, reply.author === "sender");
  const edited = edit && timeline.lineAt(edit.target, true);
  if (reply !== null && replied !== null) composition.reply(reply, reply.author === "sender" ? "yourself" : name, replied);
  // Of an earlier message it is not known here what it says.
  if (edit !== null && edited !== null && (edit.text !== "" || edited !== EARLIER)) composition.edit(edit, edited, edit.text || edited);
  if (edit !== null && edited === null) composition.add(edit.text);
  if ((reply && replied === null) || (edit && edited === null)) say(GONE);
}

/**
 * Ends a reply to a message, and an edit of one, when it has gone.
 * @param {object} page
 * @param {HTMLElement} page.log
 * @param {Composition} page.composition
 * @param {Timeline} page.timeline
 * @param {(problem: string) => void} page.say
 */
export function watchComposition({ log, composition, timeline, say }) {
  log.addEventListener("sotto-inspected", () => {
    const { about } = composition;
    if (about === null || timeline.lineAt(about.target, about.author === "sender") !== null) return;
    composition.leave();
    say(GONE);
  });
}
