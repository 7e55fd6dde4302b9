//# allFunctionsCalledOnLoad
/**
 * The blocks in which the older messages of a history stand, with their lines: so that a browser passes over what is far away, however much there
 * is (conversation.css, docs/performance.md). What came with the page, and what comes at the end, stands beside them.
 *
 * @typedef {"previousElementSibling" | "nextElementSibling"} Direction
 */

const BLOCK = "history-block";

/** So many messages are in a block: a history of 10,000 has not many blocks, and each is soon laid out. */
const BLOCKFUL = 50;

/**
 * @param {Element | null} element
 * @returns {element is HTMLElement}
 */
export const isBlock = (element) => element?.classList.contains(BLOCK) ?? false;

/**
 * @param {HTMLElement[]} messages in the order in which they are to stand
 * @returns {HTMLElement[]} what holds them
 */
export function inBlocks(messages) {
  const blocks = [];
  for (let first = 0; first < messages.length; first += BLOCKFUL) {
    const block = document.createElement("div");
    block.className = BLOCK;
    block.append(...messages.slice(first, first + BLOCKFUL));
    blocks.push(block);
  }
  return blocks;
}

/**
 * Has the browser pass over a block while it is far from what is seen: it takes as much room as when it was laid out last.
 * @param {HTMLElement} block
 * @param {number} height of what is in it, in pixels
 */
export function settle(block, height) {
  block.style.containIntrinsicBlockSize = `${height}px`;
  block.dataset.settled = "";
}

/**
 * @param {Node} node that has come into a history, or gone from it
 * @returns {Node[]} itself, or all that is in it
 */
export const partsOf = (node) => (node instanceof Element && isBlock(node) ? [...node.children] : [node]);

/**
 * What stands before or after an element of a history, or a block of it, in whichever block that is.
 * @param {Element} element
 * @param {Direction} direction
 * @returns {Element | null}
 */
export function beside(element, direction) {
  const next = element[direction];
  if (next === null) return isBlock(element.parentElement) ? beside(element.parentElement, direction) : null;
  if (!isBlock(next)) return next;
  return (direction === "nextElementSibling" ? next.firstElementChild : next.lastElementChild) ?? beside(next, direction);
}

/**
 * @param {HTMLElement} element of a history
 * @returns {number} how far below its beginning it stands, in pixels
 */
export const topOf = ({ offsetTop, parentElement }) => offsetTop + (isBlock(parentElement) ? parentElement.offsetTop : 0);
