//# allFunctionsCalledOnLoad
/** How long messages last, in words. */

/** @type {[seconds: number, name: string, short: string][]} the longest first */
const UNITS = [
  [604_800, "week", "w"],
  [86_400, "day", "d"],
  [3600, "hour", "h"],
  [60, "minute", "min"],
];

/**
 * @param {number} count
 * @param {string} name
 */
const counted = (count, name) => `${count} ${name}${count === 1 ? "" : "s"}`;

/**
 * @param {number} seconds above 0
 * @returns {string} e.g. `1 day`, in the longest unit that gives a whole number
 */
export function spanOf(seconds) {
  const [size, name] = UNITS.find(([unit]) => seconds % unit === 0) ?? [1, "second"];
  return counted(seconds / size, name);
}

/**
 * @param {number} left milliseconds, above 0
 * @returns {{short: string, long: string}} e.g. `4 min` and `4 minutes`: never less than there is; a week is 7 days here
 */
export function leftOf(left) {
  const seconds = left / 1000;
  if (seconds < 60) return { short: "< 1 min", long: "less than a minute" };
  const [size, name, short] = UNITS.slice(1).find(([unit]) => seconds > unit) ?? [60, "minute", "min"];
  const count = Math.ceil(seconds / size);
  return { short: `${count} ${short}`, long: counted(count, name) };
}
