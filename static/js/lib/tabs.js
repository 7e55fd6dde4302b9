//# allFunctionsCalledOnLoad
/**
 * Which tabs of this browser are open: each holds a lock of its own for as long as its page lives. A tab that is duplicated gives its session
 * storage along, and with it its name, which the other one must not take.
 */

const NAME = "sotto-tab";
const PREFIX = `${NAME} `;

/** How long, in milliseconds, the page that was here before may take to go. */
const PATIENCE = 500;

/**
 * Makes this tab known.
 * @returns {Promise<import("./draft.js").Tabs>} `id` stays over a reload, and goes with the tab; one that another was made from has one of its own
 */
export async function knownTabs() {
  const known = sessionStorage.getItem(NAME);
  if (known !== null && (await hold(known, AbortSignal.timeout(PATIENCE)))) return { id: known, open: openTabs };
  const id = crypto.randomUUID();
  sessionStorage.setItem(NAME, id);
  await hold(id);
  return { id, open: openTabs };
}

/**
 * @param {string} id
 * @param {AbortSignal} [signal] ends the waiting
 * @returns {Promise<boolean>} whether the lock is this page's, for as long as it lives; else it is another tab's
 */
function hold(id, signal) {
  return new Promise((resolve) => {
    const held = () => {
      resolve(true);
      return new Promise(() => undefined);
    };
    navigator.locks.request(PREFIX + id, signal ? { signal } : {}, held).catch(() => resolve(false));
  });
}

/** Leaves no trace of this tab. */
export function forgetTab() {
  sessionStorage.removeItem(NAME);
}

async function openTabs() {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.flatMap(({ name = "" }) => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : [])));
}
