/** Times as a reader sees them: in their own zone, with words in the page's language and hours in their own custom. */

const LANGUAGE = document.documentElement.lang;

/**
 * Makes a format when it is first used: making one takes longer than using it many times.
 * @param {() => Intl.DateTimeFormatOptions} options
 * @returns {(moment: Date) => string}
 */
function formatOf(options) {
  /** @type {Intl.DateTimeFormat | null} */
  let format = null;
  return (moment) => (format ??= new Intl.DateTimeFormat(LANGUAGE, options())).format(moment);
}

/** @type {Intl.DateTimeFormatOptions["hourCycle"]} */
let hours;

/** How hours are counted where the reader is. */
const hourCycle = () => (hours ??= new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions().hourCycle);

const clock = formatOf(() => ({ hour: "numeric", minute: "2-digit", hourCycle: hourCycle() }));
const weekday = formatOf(() => ({ weekday: "long" }));
const date = formatOf(() => ({ day: "numeric", month: "long" }));
const dateWithYear = formatOf(() => ({ day: "numeric", month: "long", year: "numeric" }));
const exact = formatOf(() => ({ dateStyle: "full", timeStyle: "medium", hourCycle: hourCycle() }));

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
 * @param {number} time milliseconds since 1970
 * @returns {string} e.g. `Yesterday`
 */
export function dayName(time) {
  const day = dateOf(time);
  const ago = daysAgo(day);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  if (ago > 1 && ago < 7) return weekday(day);
  return (day.getFullYear() === new Date().getFullYear() ? date : dateWithYear)(day);
}

/**
 * @param {number} time milliseconds since 1970
 * @param {number} other another one that it stands beside
 * @returns {string} e.g. `at 14:02`; with its day, where that is not the other one's, e.g. `on 3 May at 14:02`
 */
export function momentOf(time, other) {
  const moment = dateOf(time);
  if (dayOf(time) === dayOf(other)) return `at ${clock(moment)}`;
  const day = moment.getFullYear() === dateOf(other).getFullYear() ? date : dateWithYear;
  return `on ${day(moment)} at ${clock(moment)}`;
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
  element.title = exact(moment);
  element.textContent = short && daysAgo(moment) !== 0 ? dayName(time) : clock(moment);
}
