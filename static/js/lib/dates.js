//# allFunctionsCalledOnLoad
/**
 * Times as a reader sees them: in their own zone, with the page's words, and hours in their own custom.
 *
 * They are written without `Intl`: whatever is asked of it first keeps a phone a tenth of a second (docs/performance.md), before the first message
 * can be seen. It is asked what nothing else knows, and only then.
 *
 * @typedef {"h11" | "h12" | "h23" | "h24"} HourCycle
 */

import { shown } from "./page.js";

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/** How often, in milliseconds, it is looked whether a new day has begun. */
const PACE = 30_000;

/** Where this browser remembers how hours are counted: for which language, how, and the day on which it was asked. */
const NAME = "sotto-hours";

/** @type {HourCycle | null} */
let hours = null;

/** @type {Intl.DateTimeFormat | null} */
let exact = null;

/**
 * How hours are counted where the reader is: as this browser remembers it, which is asked anew once a day, when the page has been shown.
 * @returns {HourCycle}
 */
function recallHours() {
  const [language, cycle, day] = (localStorage.getItem(NAME) ?? "").split(" ");
  if (language !== navigator.language || !isCycle(cycle)) return askHours();
  if (day !== today()) void shown().then(askHours);
  return cycle;
}

function askHours() {
  const { hourCycle } = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions();
  const cycle = isCycle(hourCycle) ? hourCycle : "h23";
  localStorage.setItem(NAME, `${navigator.language} ${cycle} ${today()}`);
  return cycle;
}

/**
 * @param {unknown} cycle
 * @returns {cycle is HourCycle}
 */
const isCycle = (cycle) => cycle === "h11" || cycle === "h12" || cycle === "h23" || cycle === "h24";

const today = () => new Date().toISOString().slice(0, 10);

/**
 * @param {Date} moment
 * @param {HourCycle} cycle
 * @returns {string} e.g. `14:02`, or `2:02 PM`
 */
export function clockBy(moment, cycle) {
  const [hour, minute] = [moment.getHours(), String(moment.getMinutes()).padStart(2, "0")];
  if (cycle === "h23") return `${String(hour).padStart(2, "0")}:${minute}`;
  if (cycle === "h24") return `${String(hour || 24).padStart(2, "0")}:${minute}`;
  return `${hour % 12 || (cycle === "h12" ? 12 : 0)}:${minute} ${hour < 12 ? "AM" : "PM"}`;
}

/** @param {Date} moment */
const clock = (moment) => clockBy(moment, (hours ??= recallHours()));

/**
 * @param {Date} day
 * @param {Date} beside another one
 * @returns {string} e.g. `May 3`; with its year, where that is not the other one's
 */
export function dateBeside(day, beside) {
  const date = `${MONTHS[day.getMonth()]} ${day.getDate()}`;
  return day.getFullYear() === beside.getFullYear() ? date : `${date}, ${day.getFullYear()}`;
}

/**
 * @param {number} time milliseconds since 1970
 * @returns {Date} the beginning of 1970 for what is no time
 */
function dateOf(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? new Date(0) : date;
}

/**
 * The days between a time and now, counted in the reader's zone: 0 today, 1 yesterday.
 * @param {Date} time
 */
function daysAgo(time) {
  const midnight = (/** @type {Date} */ day) => Date.UTC(day.getFullYear(), day.getMonth(), day.getDate());
  return (midnight(new Date()) - midnight(time)) / 86_400_000;
}

/**
 * @param {number} time milliseconds since 1970
 * @returns {string} something that is equal for two times on one day of the reader's
 */
export function dayOf(time) {
  return dateOf(time).toDateString();
}

/**
 * Calls back when a new day begins where the reader is: what is called *Today* is *Yesterday* then. Also after a laptop's sleep, or a flight.
 * @param {() => void} listener
 */
export function onNewDay(listener) {
  const today = () => `${dayOf(Date.now())} ${new Date().getTimezoneOffset()}`;
  let day = today();
  const look = () => {
    if (day === today()) return;
    day = today();
    listener();
  };
  setInterval(look, PACE);
  document.addEventListener("visibilitychange", look);
}

/**
 * @param {number} time milliseconds since 1970
 * @returns {string} e.g. `Yesterday`
 */
export function dayName(time) {
  const day = dateOf(time);
  const ago = daysAgo(day);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  return (ago > 1 && ago < 7 && WEEKDAYS[day.getDay()]) || dateBeside(day, new Date());
}

/**
 * @param {number} time milliseconds since 1970
 * @param {number} other another one that it stands beside
 * @returns {string} e.g. `at 14:02`; with its day, where that is not the other one's, e.g. `on May 3 at 14:02`
 */
export function momentOf(time, other) {
  const moment = dateOf(time);
  if (dayOf(time) === dayOf(other)) return `at ${clock(moment)}`;
  return `on ${dateBeside(moment, dateOf(other))} at ${clock(moment)}`;
}

/**
 * Shows a day in the middle of a sentence; the exact time is one hover away.
 * @param {HTMLTimeElement} element
 * @param {number} time milliseconds since 1970
 */
export function showDay(element, time) {
  showTime(element, time);
  element.textContent = daysAgo(dateOf(time)) < 2 ? dayName(time).toLowerCase() : dayName(time);
}

/**
 * Shows a time of day, or the day when `short` is asked for and it is not today; the exact time is one hover away.
 * @param {HTMLTimeElement} element
 * @param {number} time milliseconds since 1970
 * @param {{short?: boolean}} [options]
 */
export function showTime(element, time, { short = false } = {}) {
  const moment = dateOf(time);
  element.dateTime = moment.toISOString();
  element.onpointerenter = tellExactly;
  element.textContent = short && daysAgo(moment) !== 0 ? dayName(time) : clock(moment);
}

/** @param {PointerEvent} event */
function tellExactly({ currentTarget }) {
  if (!(currentTarget instanceof HTMLTimeElement)) return;
  hours ??= recallHours();
  exact ??= new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeStyle: "medium", hourCycle: hours });
  currentTarget.title = exact.format(new Date(currentTarget.dateTime));
}
