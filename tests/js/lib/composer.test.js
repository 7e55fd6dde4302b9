import assert from "node:assert/strict";
import { test } from "node:test";

import { Composer } from "../../../static/js/lib/composer.js";

/** A page with a composer that is not enabled yet. */
function page() {
  const body = {};
  const focused = { element: /** @type {unknown} */ (body) };
  const nothing = { addEventListener: () => undefined };
  const field = { ...nothing, disabled: true, readOnly: false, focus: () => (focused.element = field) };
  const button = { disabled: true };
  const form = { ...nothing, querySelectorAll: () => [button] };
  Object.defineProperty(globalThis, "document", {
    value: {
      body,
      get activeElement() {
        return focused.element;
      },
    },
    configurable: true,
  });
  Object.assign(globalThis, { matchMedia: () => ({ matches: true }) });
  const composer = new Composer(/** @type {any} */ ({ log: nothing, form, field, send: () => undefined, say: () => undefined }));
  return { composer, field, button, focused };
}

test("whoever has done nothing else is in the field as soon as they may write", () => {
  const { composer, field, button, focused } = page();
  composer.enable();
  assert.deepEqual([field.disabled, button.disabled, focused.element === field], [false, false, true]);
});

test("the field takes the keys from nobody who uses something else meanwhile", () => {
  const { composer, field, button, focused } = page();
  const menu = {};
  focused.element = menu;
  composer.enable();
  assert.deepEqual([field.disabled, button.disabled, focused.element === menu], [false, false, true]);
});
