//# allFunctionsCalledOnLoad
/**
 * How far the last line of a conversation has come, in the list, if one has written it oneself: the marks that stand beside messages
 * (delivery.js). Who has receipts off is given none, and is shown none.
 *
 * @typedef {import("./delivery.js").Mark} Mark
 * @typedef {import("./delivery.js").Marks} Marks
 */

/**
 * Shows a mark by its element (templates/messaging/_bubble_mark.html).
 * @param {HTMLElement} element
 * @param {Mark} mark
 * @param {string} word for whoever does not see it
 */
export function drawMark(element, mark, word) {
  element.dataset.mark = mark;
  element.lastElementChild?.replaceChildren(word);
}

/**
 * What counts of what the server says: nothing beyond the last line that is known, so a later one begins as sent; and nothing goes back.
 * @param {Marks | null} before null with receipts off
 * @param {Marks} said
 * @param {number} last the last line's `seq`
 * @returns {Marks | null}
 */
export function marksOf(before, said, last) {
  if (before === null) return null;
  const cut = (/** @type {number} */ one, /** @type {number} */ other) => Math.max(one, Math.min(other, last));
  return { delivered: cut(before.delivered, said.delivered), read: cut(before.read, said.read) };
}

/**
 * @param {Marks | null} marks
 * @param {{seq: number, mine: boolean}} last the last line
 * @returns {Mark | null} null where none is shown
 */
export function markOf(marks, { seq, mine }) {
  if (marks === null || !mine) return null;
  if (seq <= marks.read) return "read";
  return seq <= marks.delivered ? "delivered" : "sent";
}

/** @param {HTMLElement} row @returns {Marks | null} */
function known({ dataset: { delivered, read } }) {
  return delivered === undefined || read === undefined ? null : { delivered: Number(delivered), read: Number(read) };
}

/**
 * Takes what the server says of a conversation; its row has the rest.
 * @param {HTMLElement} row
 * @param {Marks} said
 */
export function learnRowMarks(row, said) {
  const marks = marksOf(known(row), said, Number(row.dataset.seq));
  if (marks !== null) Object.assign(row.dataset, marks);
  drawRow(row);
}

/**
 * Shows the mark of a row whose last line is another one now, or that has just come.
 * @param {HTMLElement} row
 * @param {boolean} mine whether one has written that line oneself
 */
export function showRowMark(row, mine) {
  const said = known(row);
  row.toggleAttribute("data-mine", mine);
  if (said !== null) Object.assign(row.dataset, marksOf({ delivered: 0, read: 0 }, said, Number(row.dataset.seq)));
  drawRow(row);
}

/**
 * A list that is fetched anew may be older than what was told meanwhile.
 * @param {HTMLElement | undefined} from the row that is shown
 * @param {HTMLElement} to the one that takes its place
 */
export function carryRowMarks(from, to) {
  const marks = from === undefined ? null : known(from);
  if (marks !== null) learnRowMarks(to, marks);
}

/** @param {HTMLElement} row */
function drawRow(row) {
  const element = row.querySelector(".bubble-mark");
  if (!(element instanceof HTMLElement)) return;
  const mark = markOf(known(row), { seq: Number(row.dataset.seq), mine: row.dataset.mine !== undefined });
  element.hidden = mark === null;
  if (mark !== null) drawMark(element, mark, `${mark}, `);
}
