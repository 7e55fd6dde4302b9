//# allFunctionsCalledOnLoad
/**
 * What is to be seen on and before a message, in short: so that a history that is looked at anew touches only the messages of which something
 * else is to be said.
 *
 * @typedef {(string | number | boolean | null)[]} Gist
 */

/**
 * @param {object} shown
 * @param {import("./notes.js").Note[]} shown.notes
 * @param {import("./clocks.js").TimeMark} shown.mark
 * @param {import("./amendments.js").Amended} shown.amended
 * @param {string | null} quoted what the message that it quotes says now, null when that is not there
 * @returns {Gist}
 */
export function gistOf({ notes, mark, amended }, quoted) {
  const { carrier, open, text, edited, deleted, reactions, quote } = amended;
  const before = notes.flatMap(({ words, advice, help }) => [words, advice, help]);
  const under = reactions.flatMap(({ emoji, mine }) => [emoji, mine]);
  return [mark.arrived, mark.early, carrier, open, text, edited, deleted, quote?.mine ?? null, quoted, before.length, ...before, ...under];
}

/**
 * @param {Gist | undefined} one
 * @param {Gist} other
 */
export const sameGist = (one, other) => one !== undefined && one.length === other.length && one.every((part, index) => part === other[index]);
