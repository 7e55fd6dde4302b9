/** Where a list that scrolls is to begin so that its end is seen, and nothing is cut off at the top. */

/**
 * @param {number[]} tops where each of the list's items begins, in pixels from the list's beginning
 * @param {{length: number, height: number}} list how long it is and how much of it is seen, in pixels
 * @returns {{top: number, room: number}} how far to scroll, and how much empty room that takes after the last item
 */
export function endOf(tops, { length, height }) {
  const most = Math.max(0, length - height);
  const whole = tops.find((top) => top >= most);
  // Rather than many empty lines, the beginning of what would be cut off.
  if (whole !== undefined && whole - most <= height / 2) return { top: whole, room: whole - most };
  return { top: tops.findLast((top) => top <= most) ?? 0, room: 0 };
}

/** @param {HTMLElement} list with items as its children, and no padding of its own */
export function showEnd(list) {
  list.style.paddingBlockEnd = "";
  const begins = list.getBoundingClientRect().top + list.clientTop - list.scrollTop;
  const tops = [...list.children].map((item) => item.getBoundingClientRect().top - begins);
  const { top, room } = endOf(tops, { length: list.scrollHeight, height: list.clientHeight });
  list.style.paddingBlockEnd = `${room}px`;
  list.scrollTop = Math.ceil(top);
}
