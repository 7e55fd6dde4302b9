import assert from "node:assert/strict";
import { test } from "node:test";

import { clockBy, dateBeside, dayName } from "../../../static/js/lib/dates.js";

/** @typedef {import("../../../static/js/lib/dates.js").HourCycle} HourCycle */

/** @type {HourCycle[]} */
const CYCLES = ["h11", "h12", "h23", "h24"];

/** Some versions of `Intl` put a narrow space before AM and PM. */
const spaced = (/** @type {string} */ text) => text.replaceAll("\u202f", " ");

const MOMENT = new Date(2026, 10, 28, 0, 4);
let pages = 0;

/**
 * A page in a browser that remembers something.
 * @param {string} kept
 * @returns {Promise<{shown: HourCycle | undefined, kept: string}>} how it counts the hours, and what it remembers then
 */
async function openPage(kept) {
  const store = { kept };
  const localStorage = { getItem: () => store.kept || null, setItem: (/** @type {string} */ _name, /** @type {string} */ text) => (store.kept = text) };
  const page = { localStorage, navigator: { language: "en" }, document: { querySelector: () => null } };
  for (const [name, value] of Object.entries(page)) Object.defineProperty(globalThis, name, { value, configurable: true });
  const element = /** @type {HTMLTimeElement} */ ({});
  // A page loads its modules anew.
  (await import(`../../../static/js/lib/dates.js?${pages++}`)).showTime(element, MOMENT.getTime());
  await new Promise(setImmediate);
  return { shown: CYCLES.find((cycle) => clockBy(MOMENT, cycle) === element.textContent), kept: store.kept };
}

test("the time of day is what Intl says, in every way of counting hours", () => {
  for (const hourCycle of CYCLES) {
    const format = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit", hourCycle });
    for (let minute = 0; minute < 1440; minute += 7) {
      const moment = new Date(2026, 10, 28, 0, minute);
      assert.equal(clockBy(moment, hourCycle), spaced(format.format(moment)));
    }
  }
});

test("dates are what Intl says, with their year beside another one", () => {
  const [short, long] = [new Intl.DateTimeFormat("en", { day: "numeric", month: "long" }), new Intl.DateTimeFormat("en", { dateStyle: "long" })];
  for (let day = 0; day < 366; day++) {
    const date = new Date(2024, 0, 1 + day);
    assert.equal(dateBeside(date, new Date(2024, 11, 31)), short.format(date));
    assert.equal(dateBeside(date, new Date(2025, 0, 1)), long.format(date));
  }
});

test("days of the last week go by their names, and earlier ones by their dates", () => {
  const now = new Date();
  const back = (/** @type {number} */ days) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - days, 12);
  assert.deepEqual([0, 1].map((days) => dayName(back(days).getTime())), ["Today", "Yesterday"]);
  for (const days of [2, 3, 4, 5, 6]) assert.equal(dayName(back(days).getTime()), new Intl.DateTimeFormat("en", { weekday: "long" }).format(back(days)));
  assert.equal(dayName(back(7).getTime()), dateBeside(back(7), now));
  assert.equal(dayName(Number.NaN), dateBeside(new Date(0), now));
});

test("hours are counted as this browser remembers, which is asked where it is not known, and anew in another language or once a day", async () => {
  const { hourCycle: asked } = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions();
  const day = new Date().toISOString().slice(0, 10);
  assert.deepEqual(await openPage(""), { shown: asked, kept: `en ${asked} ${day}` });
  assert.deepEqual(await openPage(`en h24 ${day}`), { shown: "h24", kept: `en h24 ${day}` });
  assert.deepEqual(await openPage("en h24 2026-01-01"), { shown: "h24", kept: `en ${asked} ${day}` });
  for (const unknown of [`de h24 ${day}`, "en", `en h99 ${day}`]) {
    assert.deepEqual(await openPage(unknown), { shown: asked, kept: `en ${asked} ${day}` });
  }
});
