/**
 * Several pages of older messages taken as one: whatever is shown or checked is looked at as a whole whenever something is added to it, so many
 * small additions would cost as much as the square of their number.
 *
 * @typedef {import("./feed.js").HistoryPage} HistoryPage
 */

/** At most so many messages come at once, so that nobody waits long for the next sign of life. */
const MOST = 1000;

/**
 * How many messages are to come at once: a quarter of those that are there, so that all together the looking costs a few times their number.
 * @param {number} there
 */
export const atOnce = (there) => Math.min(MOST, Math.floor(there / 4));

/**
 * Loads pages until they hold enough, or nothing is left.
 * @param {(before: number) => Promise<HistoryPage>} load
 * @param {number} before the lowest `seq` that is there
 * @param {number} wanted how many messages are enough
 * @returns {Promise<{page: HistoryPage, failure: unknown}>} all as one page; `failure`: why it is less than was wanted, else null
 * @throws whatever `load` throws for the very first
 */
export async function loadPages(load, before, wanted) {
  let page = goingBack(await load(before), before);
  while (page.more && page.messages.length < wanted) {
    try {
      page = joined(await load(firstOf(page, before)), page, before);
    } catch (failure) {
      return { page, failure };
    }
  }
  return { page, failure: null };
}

/**
 * @param {Pick<HistoryPage, "messages">} page
 * @param {number} before
 * @returns {number} the lowest `seq` of the page, or where it was to begin
 */
export const firstOf = ({ messages }, before) => messages[0]?.seq ?? before;

/**
 * A server that goes on without going back is not asked for ever.
 * @param {HistoryPage} page
 * @param {number} before
 * @returns {HistoryPage}
 */
const goingBack = (page, before) => ({ ...page, more: page.more && firstOf(page, before) < before });

/**
 * @param {HistoryPage} earlier
 * @param {HistoryPage} later
 * @param {number} before
 * @returns {HistoryPage}
 */
function joined(earlier, later, before) {
  const { messages, more } = goingBack(earlier, firstOf(later, before));
  return { ...later, messages: [...messages, ...later.messages], more };
}
