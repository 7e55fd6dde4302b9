//# allFunctionsCalledOnLoad
/** Which tabs of this browser are open: each holds a lock of its own for as long as its page lives. */

const NAME = "sotto-tab";
const PREFIX = `${NAME} `;

/**
 * Makes this tab known.
 * @returns {import("./draft.js").Tabs} `id` stays over a reload, and goes with the tab
 */
export function knownTabs() {
  const id = sessionStorage.getItem(NAME) ?? crypto.randomUUID();
  sessionStorage.setItem(NAME, id);
  void navigator.locks.request(PREFIX + id, () => new Promise(() => undefined));
  return { id, open: openTabs };
}

/** Leaves no trace of this tab. */
export function forgetTab() {
  sessionStorage.removeItem(NAME);
}

async function openTabs() {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.flatMap(({ name = "" }) => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : [])));
}
