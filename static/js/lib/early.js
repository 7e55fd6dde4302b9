//# allFunctionsCalledOnLoad
/** What is pressed before the page can answer is pressed again once it can: nothing that a person does meanwhile is lost. */

/**
 * Holds what is pressed.
 * @param {HTMLElement} root where
 * @returns {() => void} lets it through, and all that comes
 */
export function holdPresses(root) {
  /** @type {HTMLElement[]} */
  const held = [];
  const hold = (/** @type {Event} */ event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button === null) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    held.push(button);
  };
  root.addEventListener("click", hold, { capture: true });
  return () => {
    root.removeEventListener("click", hold, { capture: true });
    for (const button of held.splice(0)) button.click();
  };
}
