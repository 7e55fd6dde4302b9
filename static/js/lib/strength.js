/**
 * How hard a new password is to guess, by an estimator that knows what people choose. It is loaded when somebody is about to choose, and asks
 * nobody: the password stays in the page.
 *
 * @typedef {object} Strength
 * @property {0 | 1 | 2 | 3 | 4} score from easy to guess to strong
 * @property {string} words for the person
 */

/** A password with less falls to whoever steals the server's data, whatever each guess costs: it stands for fewer than a million guesses. */
export const LEAST_SCORE = 2;

/** Before it is judged, typing pauses for so long; in milliseconds. */
const PAUSE = 150;

/** How long a form that is sent waits for an estimator that does not come; in milliseconds. */
const PATIENCE = 5000;

const NAMES = /** @type {const} */ (["Easy to guess", "Easy to guess", "Could be stronger", "Good", "Strong"]);

/** What the estimator calls the weakness, and what people call it. */
const REASONS = new Map([
  ["topTen", "many people use it"],
  ["topHundred", "many people use it"],
  ["common", "many people use it"],
  ["similarToCommon", "many people use one like it"],
  ["wordByItself", "it is one word"],
  ["namesByThemselves", "it is a name"],
  ["commonNames", "it is a name"],
  ["userInputs", "it is made of your name or your address"],
  ["straightRow", "it follows the keys"],
  ["keyPattern", "it follows the keys"],
  ["sequences", "it follows an order"],
  ["simpleRepeat", "it repeats itself"],
  ["extendedRepeat", "it repeats itself"],
  ["dates", "it is a date"],
  ["recentYears", "it is a year"],
]);

/** @type {Promise<import("@zxcvbn-ts/core").ZxcvbnFactory> | null} */
let loading = null;

/** @returns {Promise<import("@zxcvbn-ts/core").ZxcvbnFactory>} */
function load() {
  loading ??= makeEstimator().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function makeEstimator() {
  const [{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }] = await Promise.all([
    import("@zxcvbn-ts/core"),
    import("@zxcvbn-ts/language-common"),
  ]);
  return new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
}

/**
 * @param {string} password
 * @param {string[]} known what others know of the person: name, address
 * @returns {Promise<Strength>}
 * @throws {Error} the estimator could not be loaded
 */
export async function strengthOf(password, known) {
  const { score, feedback } = (await load()).check(password, known.flatMap(partsOf));
  const reason = score < LEAST_SCORE ? REASONS.get(feedback.warning ?? "") : undefined;
  return { score, words: reason ? `${NAMES[score]}: ${reason}` : NAMES[score] };
}

/** @param {string} known */
const partsOf = (known) => [known, ...known.split(/[^\p{L}\p{N}]+/u)].filter((part) => part.length > 2);

/**
 * Says below a field, while somebody types, how good the password is.
 * @param {HTMLInputElement} field
 * @param {HTMLElement} place
 */
export function showStrength(field, place) {
  let timer = 0;
  field.addEventListener("focus", () => void load().catch(() => {}), { once: true });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void judge(field, place), PAUSE);
  });
  field.form?.addEventListener("reset", () => (place.hidden = true));
}

/**
 * @param {HTMLInputElement} field
 * @param {HTMLElement} place
 */
async function judge(field, place) {
  const typed = field.value;
  const strength = typed === "" ? null : await strengthOf(typed, knownOf(field.form)).catch(() => null);
  if (field.value !== typed) return; // it is judged again
  place.hidden = strength === null;
  place.dataset.score = String(strength?.score ?? "");
  if (place.textContent !== (strength?.words ?? "")) place.textContent = strength?.words ?? "";
}

/**
 * Whether a form that is sent refuses a password. An estimator that can't be loaded lets it pass: its length has been looked at.
 * @param {string} password
 * @param {HTMLFormElement} form
 * @returns {Promise<boolean>}
 */
export async function isTooWeak(password, form) {
  /** @type {Promise<null>} */
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, null));
  const strength = await Promise.race([strengthOf(password, knownOf(form)).catch(() => null), late]);
  return strength !== null && strength.score < LEAST_SCORE;
}

/**
 * @param {HTMLFormElement | null} form
 * @returns {string[]}
 */
function knownOf(form) {
  const typed = [...(form?.querySelectorAll("input") ?? [])].filter(({ type }) => type === "text" || type === "email");
  // A password that is shown is a text field too.
  const named = typed.filter(({ autocomplete }) => !autocomplete.endsWith("-password")).map(({ value }) => value);
  return [...named, document.body.dataset.username ?? ""];
}
