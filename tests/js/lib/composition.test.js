import assert from "node:assert/strict";
import { test } from "node:test";

import { Composition } from "../../../static/js/lib/composition.js";
import { putBack, restore } from "../../../static/js/lib/taking_back.js";

/** As much of an element as the composer's bar and field are. */
class Element extends EventTarget {
  hidden = false;
  textContent = "";
  value = "";
  focused = 0;

  focus() {
    this.focused++;
  }
}

const target = new Uint8Array(16);

/** A conversation that is opened, in which every message is there. */
function opened() {
  /** @type {Map<string, Element>} */
  const elements = new Map();
  const getElementById = (/** @type {string} */ id) => elements.get(id) ?? elements.set(id, new Element()).get(id);
  Object.assign(globalThis, { HTMLElement: Element, document: { getElementById } });
  const field = new Element();
  const composition = new Composition(/** @type {any} */ (field));
  return { field, page: { composition, timeline: /** @type {any} */ ({ lineAt: () => "as it was" }), name: "bob", say: assert.fail } };
}

test("a draft that comes back opens no keyboard, whatever it is about", () => {
  const drafts = [
    { text: "hello", reply: null, edit: null },
    { text: "hello", reply: { target, author: /** @type {const} */ ("sender") }, edit: null },
    { text: "", reply: null, edit: { target, lifetime: 0, text: "as it is" } },
  ];
  for (const draft of drafts) {
    const { field, page } = opened();
    restore(draft, page);
    assert.deepEqual(page.composition.draft, draft);
    assert.equal(field.focused, 0);
  }
});

test("what somebody takes back, answers or gives up has the keyboard with it", () => {
  const { field, page } = opened();
  restore({ text: "a draft", reply: null, edit: null }, page);
  putBack({ content: { kind: "text", text: "taken back" }, lifetime: 0 }, page);
  assert.equal(field.value, "taken back\n\na draft");
  assert.equal(field.focused, 1);
  page.composition.reply({ target, author: "sender" }, "yourself", "a line");
  page.composition.cancel();
  assert.equal(field.focused, 3);
});

test("an edit is unfinished from the first change on until it is sent or given up", () => {
  const { field, page: { composition } } = opened();
  field.value = "a draft";
  assert.equal(composition.unfinished, false);
  composition.edit({ target, lifetime: 0 }, "as it was");
  assert.equal(composition.unfinished, false);
  field.value = "as it is to be";
  assert.equal(composition.unfinished, true);
  composition.cancel();
  assert.deepEqual([composition.unfinished, field.value], [false, "a draft"]);
});

test("what is undone leaves the composer as it was, and takes nothing from whoever has gone on typing", () => {
  const before = { text: "an answer", reply: { target, author: /** @type {const} */ ("receiver") }, edit: null };
  const contents = [
    /** @type {const} */ ({ kind: "text", text: "taken back" }),
    /** @type {const} */ ({ kind: "edit", target, text: "taken back" }),
    /** @type {const} */ ({ kind: "reply", target, author: "sender", text: "taken back" }),
  ];
  for (const content of contents) {
    const { field, page } = opened();
    restore(before, page);
    let told = 0;
    page.composition.onChange = () => (told += 1);
    const undo = page.composition.undoably(() => putBack({ content, lifetime: 0 }, page));
    assert.notDeepEqual(page.composition.draft, before);
    assert.equal(told, 0);
    undo();
    assert.deepEqual(page.composition.draft, before);
    assert.equal(told, 1);
    const again = page.composition.undoably(() => putBack({ content, lifetime: 0 }, page));
    field.value += "!";
    again();
    assert.match(field.value, /^taken back.*!$/su);
  }
});
