"""How long a conversation takes to open on a phone, and to be scrolled up and searched: in a real, throttled browser."""

import json
import os
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page, expect, sync_playwright

from bench.device import Device
from bench.dialogue import PASSWORD, READER, Dialogue
from bench.errors import BenchError
from bench.report import Spread, aligned
from tests.fixtures import headless_chromium

LIMIT_MS = 1000
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 30_000

# Notes, from outside, when the page comes how far. `seen`: the newest message's text stands in the window, and that was drawn.
WATCH = """(newest) => {
  const noted = (window.noted = {});
  const note = (name) => (noted[name] ??= performance.now());
  const define = customElements.define;
  customElements.define = function (name, ...rest) {
    if (name === "sotto-message") note("modules");
    return define.call(this, name, ...rest);
  };
  const get = IDBObjectStore.prototype.get;
  IDBObjectStore.prototype.get = function (...asked) {
    const request = get.apply(this, asked);
    if (noted.modules) request.addEventListener("success", () => note("account"));
    return request;
  };
  const isSeen = (text) => {
    const { top, bottom } = text.getBoundingClientRect();
    return text.checkVisibility({ visibilityProperty: true }) && top < innerHeight && bottom > 0;
  };
  let tell;
  window.seen = new Promise((resolve, reject) => {
    tell = resolve;
    setTimeout(() => reject(new Error("the newest message is not seen")), PATIENCE);
  });
  const look = () => {
    const texts = [...document.querySelectorAll(".history sotto-message .bubble-text")];
    if (texts.some((text) => text.textContent !== "")) note("opened");
    if (texts.some((text) => text.textContent === newest && isSeen(text))) setTimeout(() => tell(note("seen")));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""

FACTS = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const before = performance.getEntriesByType("resource").filter(({ responseEnd }) => responseEnd <= noted.seen);
  const modules = before.filter(({ name }) => /\\.m?js$/.test(name));
  const sum = (all, of) => all.reduce((total, one) => total + one[of], 0);
  return {
    ...noted,
    first_byte: page.responseStart,
    html: page.responseEnd,
    html_bytes: page.decodedBodySize,
    html_sent: page.encodedBodySize,
    modules_loaded: modules.length,
    modules_bytes: sum(modules, "decodedBodySize"),
    requests: before.length + 1,
    transferred: sum(before, "transferSize") + page.transferSize,
  };
}"""

# Milliseconds for each page of older messages, until it has been drawn.
SCROLL = """async () => {
  const log = document.querySelector("#history");
  const messages = log.getElementsByTagName("sotto-message");
  const drawn = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const times = [];
  while (!document.querySelector("#older").hidden) {
    const count = messages.length;
    const began = performance.now();
    log.scrollTop = 0;
    while (messages.length === count || log.ariaBusy === "true") {
      if (performance.now() - began > PATIENCE) throw new Error("no older messages come");
      await drawn();
    }
    await drawn();
    times.push(performance.now() - began);
    log.scrollTop = 1000;
    await drawn();
  }
  return times;
}"""

# The same while a word is searched for: how many messages there were at every moment.
SEARCH = """async () => {
  const began = performance.now();
  const log = document.querySelector("#history");
  const messages = log.getElementsByTagName("sotto-message");
  const drawn = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  document.querySelector("#find-older").click();
  const times = [];
  let count = messages.length;
  for (let last = began; !document.querySelector("#find-older").hidden; ) {
    await drawn();
    if (performance.now() - last > PATIENCE) throw new Error("no older messages come");
    const now = messages.length;
    if (now === count) continue;
    count = now;
    times.push(performance.now() - last);
    last = performance.now();
  }
  return times;
}"""


@dataclass(frozen=True)
class Way:
    """How a page is opened: on which device, with what was loaded before or not, and where."""

    device: Device
    warm: bool = True
    listed: bool = False

    def __str__(self) -> str:
        start = "list" if self.listed else "new tab"
        return f"{self.device}, {'warm' if self.warm else 'cold'}, {start}"


# Browsers keep what they have compiled once they have loaded it a second time.
WARMING = 3


@dataclass(frozen=True)
class Opening:
    """One opening of a conversation: milliseconds from the navigation's start, numbers and bytes."""

    messages: int
    way: str
    facts: Mapping[str, float]


@dataclass(frozen=True)
class Climb:
    """A whole history loaded page by page: milliseconds for each."""

    what: str
    messages: int
    pages: Sequence[float]

    def line(self) -> str:
        """The first pages beside the last, and all of them."""
        some = max(1, len(self.pages) // 10)
        first, last = (statistics.median(part) for part in (self.pages[:some], self.pages[-some:]))
        return (
            f"{self.what} {self.messages} messages: {len(self.pages)} pages in {sum(self.pages) / 1000:.1f} s; "
            f"a page at the start {first:.0f} ms, at the end {last:.0f} ms (medians of {some})"
        )


@contextmanager
def signed_in(url: str) -> Iterator[BrowserContext]:
    """A phone's browser, in which the reader has signed in. What it has compiled is kept in its profile, as in people's."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with (
        sync_playwright() as playwright,
        TemporaryDirectory(prefix="sotto-bench-", ignore_cleanup_errors=True) as profile,
    ):
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=headless_chromium(),
            args=arguments,
            base_url=url,
            viewport={"width": PHONE["width"], "height": PHONE["height"]},
            device_scale_factor=2,
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto("/accounts/login/")
        page.get_by_label("Username or e-mail").fill(READER)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/messages/")
        page.close()
        yield context
        context.close()


def measure(
    context: BrowserContext, dialogues: Sequence[Dialogue], opens: int, on: Sequence[Device]
) -> tuple[list[Opening], list[Climb]]:
    """Every conversation, opened in every way `opens` times; then the longest one loaded whole, twice."""
    phone, _slow_phone, machine = on
    for dialogue in dialogues:
        # The keys of its epochs are opened and kept, and its files loaded.
        for _time in range(WARMING):
            open_once(context, dialogue, Way(machine))
    warm = [Way(device, listed=listed) for device in on for listed in (False, True)]
    openings = []
    # The cold ones last: what they forget is in none of the warm ones.
    for ways in (warm, [Way(device, warm=False) for device in (phone, machine)]):
        for number in range(opens):
            print(f"Opening {number + 1} of {opens}, {'warm' if ways is warm else 'cold'}...", flush=True)
            openings += [
                Opening(dialogue.messages, str(way), open_once(context, dialogue, way))
                for way in ways
                for dialogue in dialogues
            ]
    longest = max(dialogues, key=lambda dialogue: dialogue.messages)
    print("Scrolling up, and searching...", flush=True)
    return openings, [climb(context, longest, what) for what in ("scrolled", "searched")]


def open_once(context: BrowserContext, dialogue: Dialogue, way: Way) -> dict[str, float]:
    """Opens a conversation in a new page, or by its link in the list of them."""
    page = context.new_page()
    address = f"/messages/{dialogue.peer}/"
    try:
        if way.listed:
            show_list(page)
        tools = page.context.new_cdp_session(page)
        throttle(tools, way)
        page.add_init_script(f"const PATIENCE = {PATIENCE_MS}; ({WATCH})({json.dumps(dialogue.newest)})")
        before = worked(tools)
        with page.expect_response(lambda response: response.url.endswith(address)) as answer:
            if way.listed:
                page.locator(f'a.row[href="{address}"]').click(no_wait_after=True)
            else:
                page.goto(address, wait_until="commit")
        if not answer.value.ok:
            raise BenchError("The conversation's page was not answered.")
        page.wait_for_url(f"**{address}", wait_until="commit")
        page.evaluate("() => window.seen")
        found: dict[str, float] = page.evaluate(FACTS)
        return {**found, "processor": worked(tools) - before}
    finally:
        page.close()


def show_list(page: Page) -> None:
    """The list of conversations, at rest."""
    page.goto("/messages/", wait_until="networkidle")
    expect(page.locator("a.row .row-preview").first).not_to_be_empty()


def worked(tools: CDPSession) -> float:
    """How many milliseconds of the processor the page's main thread has had; what slows it down is in them."""
    metrics = tools.send("Performance.getMetrics")["metrics"]
    return next(float(one["value"]) * 1000 for one in metrics if one["name"] == "TaskDuration")


def throttle(tools: CDPSession, way: Way) -> None:
    """Slows the page's network and processor down, and forgets what was loaded before."""
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    tools.send("Network.enable")
    if not way.warm:
        tools.send("Network.clearBrowserCache")
    way.device.slow_down(tools)


def climb(context: BrowserContext, dialogue: Dialogue, what: str) -> Climb:
    """Loads a whole history, by scrolling up or by searching. Raises BenchError if it does not come."""
    page = context.new_page()
    page.goto(f"/messages/{dialogue.peer}/")
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_editable(timeout=PATIENCE_MS)
    if what == "searched":
        page.locator("summary").filter(has_text="More").click()
        page.get_by_role("button", name="Search in conversation").click()
        page.locator("#find").fill("saffron")
        expect(page.locator("#find-older")).to_be_visible()
    pages = page.evaluate((SEARCH if what == "searched" else SCROLL).replace("PATIENCE", str(PATIENCE_MS)))
    loaded = page.locator("sotto-message[data-seq]:not([data-seq=''])").count()
    if loaded != dialogue.messages:
        raise BenchError(f"{loaded} of {dialogue.messages} messages were loaded.")
    page.close()
    return Climb(what, dialogue.messages, pages)


COLUMNS = ("processor", "first_byte", "html", "modules", "account", "opened", "seen")
COUNTS = ("html_bytes", "html_sent", "modules_loaded", "modules_bytes", "requests", "transferred")


def table(openings: Sequence[Opening]) -> str:
    """Medians of each way and length; of what counts, also the slowest twentieth."""
    head = ["messages", "opened", *COLUMNS, "p95", f"of {LIMIT_MS} ms", *COUNTS]
    kinds = dict.fromkeys((one.way, one.messages) for one in openings)
    return aligned([head, *(cells(*kind, openings) for kind in kinds)])


def cells(way: str, messages: int, openings: Sequence[Opening]) -> list[str]:
    """A row as text."""
    mine = [one.facts for one in openings if (one.way, one.messages) == (way, messages)]
    middle = {name: statistics.median(facts.get(name, 0.0) for facts in mine) for name in (*COLUMNS, *COUNTS)}
    slow = sorted(facts["seen"] for facts in mine)[max(0, -(-len(mine) * 95 // 100) - 1)]
    return [
        str(messages),
        way,
        *(f"{middle[name]:.0f}" for name in COLUMNS),
        f"{slow:.0f}",
        f"{middle['seen'] / LIMIT_MS:.2f}",
        *(f"{middle[name]:.0f}" for name in COUNTS),
    ]


def as_json(openings: Sequence[Opening], climbs: Sequence[Climb], on: Sequence[Device]) -> dict[str, Any]:
    """Everything that was found, raw and summed up."""
    seen = {
        f"{messages}, {way}": asdict(
            Spread.of([one.facts["seen"] for one in openings if (one.way, one.messages) == (way, messages)])
        )
        for way, messages in dict.fromkeys((one.way, one.messages) for one in openings)
    }
    return {
        "limit_ms": LIMIT_MS,
        "devices": [asdict(device) for device in on],
        "seen_ms": seen,
        "openings": [asdict(one) for one in openings],
        "climbs": [asdict(one) for one in climbs],
    }
