/** The mark beside a person's name (templates/contacts/_mark.html): an icon and a word, never a colour alone. */

/** @typedef {import("./pins.js").Mark} Mark */

/** @type {Record<Mark, {icon: string, word: string}>} */
const LOOKS = {
  unverified: { icon: "shield", word: "Unverified" },
  verified: { icon: "shield-check", word: "Verified" },
  changed: { icon: "shield-alert", word: "Keys changed" },
};

/**
 * @param {Element | null} element
 * @param {Mark} mark
 */
export function showMark(element, mark) {
  if (!(element instanceof HTMLElement)) throw new TypeError("there is no mark beside this name");
  const { icon, word } = LOOKS[mark];
  const use = element.querySelector("use");
  use?.setAttribute("href", String(use.getAttribute("href")).replace(/#.*/u, `#${icon}`));
  element.dataset.mark = mark;
  element.lastElementChild?.replaceChildren(word);
  element.hidden = false;
}
