//# allFunctionsCalledOnLoad
/**
 * The times that messages say they were written at, against the server's and against each other. The sender's own time is what is shown; people's
 * clocks are wrong in real life, and a message can wait for a connection, so nothing more is made of a difference than that it is said.
 *
 * @typedef {import("./opener.js").Opened} Opened
 *
 * @typedef {object} TimeMark
 * @property {number | null} arrived the server's time, milliseconds since 1970, where it differs
 * @property {boolean} early whether it says that it was written before an earlier message of the same sender
 */

/** Clocks may differ by so much, in milliseconds: 5 minutes. */
export const CLOCKS_DIFFER = 5 * 60 * 1000;

/**
 * By so much, in milliseconds, a message can have been deleted too early by this browser's clock, if an honest server has: its sender's clock may be
 * ahead of the server's, which is seen to when it is stored, and this one behind.
 */
export const DELETED_EARLY = 2 * CLOCKS_DIFFER;

/**
 * @param {{at: number, opened: Opened}[]} history as it was written; `at`: the server's time
 * @returns {TimeMark[]} one for each
 */
export function timeMarks(history) {
  /** @type {Map<boolean, number>} the time of the last message, by sender */
  const last = new Map();
  return history.map(({ at, opened: { mine, envelope, failure } }) => {
    // What does not open says nothing, and is shown with the server's time.
    if (envelope === null || failure !== null) return { arrived: null, early: false };
    const { time } = envelope;
    const early = time < (last.get(mine) ?? 0) - CLOCKS_DIFFER;
    last.set(mine, time);
    // Not the other way round: a server may also give no number.
    return { arrived: Math.abs(at - time) <= CLOCKS_DIFFER ? null : at, early };
  });
}
