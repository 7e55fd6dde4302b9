"""What every page owes to somebody with a keyboard, a screen reader, or poor sight: how tests look at it."""

from pathlib import Path

from playwright.sync_api import Locator, Page

AXE = Path(__file__).resolve().parents[1] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# All that is different in the dark.
RULES_OF_COLOUR = ["color-contrast", "link-in-text-block"]
FARTHEST = 60

SMALL_PHONE = 360
# A desk's window, and half of it, for somebody whose browser shows all text twice as large as usual (WCAG 1.4.4).
DESK = 1280
LARGE_TEXT = {"standard": 32, "fixed": 26}
# A window of 1280 pixels in which everything is shown four times as large (WCAG 1.4.10).
ENLARGED = 320
LEAST = 44

# What is smaller to press than so many pixels, and can't be pressed as far around its middle either.
# Links in a text may be, and what is covered is out of reach.
SMALL = """(least) => {
  const within = [...document.querySelectorAll("dialog[open], .menu[open], :popover-open")].at(-1) ?? document;
  const room = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return Math.min(width, height) > least - 0.5;
  };
  const around = (element) => {
    element.scrollIntoView({ block: "center" });
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const [x, y, reach] = [(left + right) / 2, (top + bottom) / 2, least / 2 - 1];
    const isAt = ([across, down]) => element.contains(document.elementFromPoint(across, down));
    return !isAt([x, y]) || [[x - reach, y], [x + reach, y], [x, y - reach], [x, y + reach]].every(isAt);
  };
  const unseen = (element) => !element.checkVisibility({ visibilityProperty: true }) || element.offsetWidth <= 1;
  const inText = (element) => element.matches("a") && getComputedStyle(element).display === "inline";
  const small = (element) => !room(element) && ![...(element.labels ?? [])].some(room) && !around(element);
  const pressed = [...within.querySelectorAll("a[href], button, input, select, textarea, summary, [role=button]")];
  return pressed
    .filter((element) => !unseen(element) && !inText(element) && small(element))
    .map((element) => Array.from(element.outerHTML.replace(/\\s+/g, " ")).slice(0, 120).join(""));
}"""

# What is covered by something else, or has more in it than it shows.
CUT = """() => {
  const covered = (element) => {
    element.scrollIntoView({ block: "center", inline: "center" });
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return there === null || !(element.contains(there) || there.contains(element));
  };
  const seen = { visibilityProperty: true, opacityProperty: true };
  const shown = (element) => element.checkVisibility(seen) && element.offsetWidth > 1;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  const over = all("a[href], button, input, select, textarea, summary").filter(covered);
  const room = document.createRange();
  const width = (part) => (room.selectNodeContents(part), room.getBoundingClientRect().width);
  const words = (element) => [element, ...element.querySelectorAll("*")].filter((part) => part.offsetWidth > 1);
  const texts = (element) => words(element).flatMap((part) => [...part.childNodes].filter((node) => node.nodeType === 3));
  const cut = (element) => texts(element).some((text) => width(text) > element.offsetWidth + 1);
  const full = all("button, [role=button], label, legend, h1, h2, h3").filter(cut);
  return [...over.map((one) => ["covered", one]), ...full.map((one) => ["cut", one])].map(
    ([what, one]) => `${what}: ${one.outerHTML.replace(/\\s+/g, " ").slice(0, 120)}`,
  );
}"""

# The element with the focus, if it is in sight with a line of at least 2 pixels around it; else what is wrong.
FOCUS = """() => {
  const element = document.activeElement;
  if (element === null || element === document.body) return "";
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const { top, bottom, left, right } = element.getBoundingClientRect();
  const inSight = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  return inSight && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 ? "" : element.outerHTML.slice(0, 200);
}"""


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe-core finds on the page as it is, by these rules of its or by all that WCAG 2.2 AA asks for."""
    # Trusted Types let no page make a script out of a text: axe is run by the debugger.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    wanted = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    found = page.evaluate("(runOnly) => axe.run({ runOnly, resultTypes: ['violations'] })", wanted)
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]]


def troubles(page: Page) -> list[str]:
    """What is wrong with the page as it is: in light and dark, and on small phones. Its size stays."""
    # Without motion, so that no colour is looked at on its way to another.
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = [f"light: {one}" for one in violations(page)]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found += [f"dark: {one}" for one in violations(page, RULES_OF_COLOUR)]
    size = page.viewport_size
    assert size is not None
    for width in (ENLARGED, SMALL_PHONE):
        page.set_viewport_size({"width": width, "height": size["height"]})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"wider than {width} pixels")
    found += [f"too small to press: {one}" for one in page.evaluate(SMALL, LEAST)]
    page.set_viewport_size(size)
    return found


def troubles_of_large_text(page: Page) -> list[str]:
    """What is wrong when all text is twice as large. The page's size stays."""
    size = page.viewport_size
    assert size is not None
    found = []
    debugger = page.context.new_cdp_session(page)
    debugger.send("Page.setFontSizes", {"fontSizes": LARGE_TEXT})
    for width in (DESK, DESK // 2):
        page.set_viewport_size({"width": width, "height": size["height"]})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"large text: wider than {width} pixels")
        found += [f"large text, {width} pixels: {one}" for one in page.evaluate(CUT)]
    debugger.send("Page.setFontSizes", {"fontSizes": {"standard": 16, "fixed": 13}})
    debugger.detach()
    page.set_viewport_size(size)
    return found


def troubles_of_forced_colours(page: Page, steps: int = 12) -> list[str]:
    """What is wrong when the reader has chosen the colours: a focus that is not seen on the way of so many Tabs."""
    page.emulate_media(forced_colors="active")
    found = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        unseen = page.evaluate(FOCUS)
        if unseen:
            found.append(f"forced colours, the focus is not seen: {unseen}")
    page.emulate_media(forced_colors="none")
    return found


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until `wanted` has the focus, which is seen at every step; AssertionError if it cannot be reached."""
    for _ in range(FARTHEST):
        assert page.evaluate(FOCUS) == "", "the focus cannot be seen"
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached")
