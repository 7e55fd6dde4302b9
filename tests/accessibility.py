"""What every page owes to somebody with a keyboard, a screen reader, or poor sight: how tests look at it."""

from pathlib import Path
from typing import Literal

from playwright.sync_api import Locator, Page

AXE = Path(__file__).resolve().parents[1] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
FARTHEST = 60

# The element with the focus, if it is in sight with a line of at least 2 pixels around it; else what is wrong.
FOCUS = """() => {
  const element = document.activeElement;
  if (element === null || element === document.body) return "";
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const { top, bottom, left, right } = element.getBoundingClientRect();
  const inSight = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  return inSight && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 ? "" : element.outerHTML.slice(0, 200);
}"""


def violations(page: Page) -> list[str]:
    """What axe-core finds on the page as it is."""
    # Trusted Types let no page make a script out of a text: axe is run by the debugger.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "(values) => axe.run({ runOnly: { type: 'tag', values }, resultTypes: ['violations'] })", TAGS
    )
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]]


def troubles(page: Page, width: int = 360) -> list[str]:
    """What is wrong with the page as it is, in light and dark, and whether it is too wide for a small phone."""
    found = []
    for scheme in SCHEMES:
        # Without motion, so that no colour is looked at on its way to another.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [f"{scheme}: {one}" for one in violations(page)]
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": width, "height": size["height"]})
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append(f"wider than {width} pixels")
    page.set_viewport_size(size)
    return found


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until `wanted` has the focus, which is seen at every step; AssertionError if it cannot be reached."""
    for _ in range(FARTHEST):
        assert page.evaluate(FOCUS) == "", "the focus cannot be seen"
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached")
