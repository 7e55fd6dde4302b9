/**
 * The panel that emoji are chosen from. What they are called is loaded when it is first opened; what was chosen is remembered while the page is
 * open, and written nowhere.
 *
 * @typedef {import("./emoji_data.js").Emoji} Emoji
 */

import { GROUPS, readEmoji, searchEmoji, stepInGrid } from "./emoji_data.js";
import { byId } from "./page.js";

const COLUMNS = 7;
const RECENT = 3 * COLUMNS;

class EmojiPanel {
  #field;
  #panel = byId("emoji-panel");
  #button = byId("emoji-open", HTMLButtonElement);
  #search = byId("emoji-search", HTMLInputElement);
  #grid = byId("emoji-grid");
  /** @type {Emoji[]} */
  #all = [];
  /** @type {Emoji[]} newest first */
  #recent = [];

  /** @param {HTMLTextAreaElement} field that emoji are put into */
  constructor(field) {
    this.#field = field;
    this.#button.addEventListener("click", () => (this.#panel.hidden ? this.#open() : this.#close()));
    this.#search.addEventListener("input", () => this.#find());
    this.#panel.addEventListener("keydown", (event) => this.#press(event));
    this.#grid.addEventListener("click", ({ target }) => target instanceof Element && this.#choose(target.closest("button")));
    byId("emoji-groups").append(...GROUPS.map(({ group, name, emoji }) => this.#makeGroup(group, name, emoji)));
    document.addEventListener("click", ({ target }) => {
      if (target instanceof Node && target.isConnected && !this.#panel.contains(target) && !this.#button.contains(target)) this.#hide();
    });
  }

  async #open() {
    this.#panel.hidden = false;
    this.#button.ariaExpanded = "true";
    this.#search.value = "";
    // A keyboard on the screen would take the room that the emoji need: there it comes when somebody wants to search.
    (matchMedia("(pointer: coarse)").matches ? this.#panel : this.#search).focus();
    if (this.#all.length === 0) await this.#load();
    // They may have typed meanwhile.
    if (this.#search.value !== "") this.#find();
    else if (this.#recent.length > 0) this.#show(this.#recent, null);
    else this.#showGroup(0);
  }

  #close() {
    this.#hide();
    this.#field.focus();
  }

  #hide() {
    this.#panel.hidden = true;
    this.#button.ariaExpanded = "false";
  }

  async #load() {
    const { src = "", integrity = "" } = this.#panel.dataset;
    try {
      const answer = await fetch(src, { integrity });
      this.#all = answer.ok ? readEmoji(await answer.json()) : [];
    } catch (error) {
      console.error(error);
    }
    byId("emoji-problem").hidden = this.#all.length > 0;
  }

  /** @param {number} group */
  #showGroup(group) {
    this.#search.value = "";
    this.#show(this.#all.filter((one) => one.group === group), group);
  }

  #find() {
    if (this.#search.value.trim() === "") this.#showGroup(0);
    else this.#show(searchEmoji(this.#all, this.#search.value), null);
  }

  /**
   * @param {Emoji[]} list
   * @param {number | null} group the one that this is
   */
  #show(list, group) {
    const cells = list.map((one) => this.#makeCell(one));
    const rows = [];
    while (cells.length > 0) rows.push(this.#makeRow(cells.splice(0, COLUMNS)));
    this.#grid.replaceChildren(...rows);
    this.#grid.scrollTop = 0;
    const first = this.#grid.querySelector("button");
    if (first !== null) first.tabIndex = 0;
    byId("emoji-nothing").hidden = list.length > 0 || this.#all.length === 0;
    for (const button of byId("emoji-groups").querySelectorAll("button")) button.ariaPressed = String(button.dataset.group === String(group));
  }

  /** @param {HTMLElement[]} cells */
  #makeRow(cells) {
    const row = document.createElement("div");
    row.role = "row";
    row.append(...cells);
    return row;
  }

  /** @param {Emoji} one */
  #makeCell({ emoji, name }) {
    const cell = document.createElement("div");
    const button = document.createElement("button");
    cell.role = "gridcell";
    Object.assign(button, { type: "button", tabIndex: -1, textContent: emoji, ariaLabel: name, title: name });
    cell.append(button);
    return cell;
  }

  /**
   * @param {number} group
   * @param {string} name
   * @param {string} emoji
   */
  #makeGroup(group, name, emoji) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: emoji, ariaLabel: name, title: name });
    button.dataset.group = String(group);
    button.addEventListener("click", () => this.#showGroup(group));
    return button;
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.key === "Escape") this.#close();
    else if (event.target === this.#search) this.#pressInSearch(event);
    else if (event.target instanceof Element && this.#grid.contains(event.target)) this.#move(event);
  }

  /** @param {KeyboardEvent} event */
  #pressInSearch(event) {
    const first = this.#grid.querySelector("button");
    if (first === null || event.isComposing || !["Enter", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "Enter") this.#choose(first);
    else first.focus();
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const cells = [...this.#grid.querySelectorAll("button")];
    const at = cells.findIndex((cell) => cell === document.activeElement);
    const to = stepInGrid(event.key, { at, count: cells.length, columns: COLUMNS });
    if (to === null) return;
    event.preventDefault();
    for (const cell of cells) cell.tabIndex = -1;
    const cell = /** @type {HTMLButtonElement} */ (cells[to]);
    cell.tabIndex = 0;
    cell.focus();
  }

  /**
   * Puts an emoji where the caret is. The panel stays for another one.
   * @param {HTMLButtonElement | null} button
   */
  #choose(button) {
    const chosen = this.#all.find(({ emoji }) => emoji === button?.textContent);
    if (chosen === undefined || this.#field.readOnly || this.#field.disabled) return;
    const { selectionStart, selectionEnd } = this.#field;
    this.#field.setRangeText(chosen.emoji, selectionStart, selectionEnd, "end");
    this.#field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    this.#recent = [chosen, ...this.#recent.filter((one) => one !== chosen)].slice(0, RECENT);
  }
}

/** Lets emoji be chosen for what is being written. */
export function startEmoji() {
  return new EmojiPanel(byId("message", HTMLTextAreaElement));
}
