"""Browser contexts that are used one after the other: each time with nothing in them but what a browser caches of the site.

What a page costs that is opened in a new context is for the most part its modules, fetched and compiled; they are the same for
everybody, and never change. A context that was changed for good, by a clock or a script of a test's own, is not used again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

# Of browsers for sites that are gone, so that these do not pile up.
MOST_AT_REST = 6

# What cannot be undone: it holds for all pages that a context is going to have.
FOR_GOOD = (
    "add_init_script",
    "expose_binding",
    "expose_function",
    "route_web_socket",
    "set_extra_http_headers",
)
CLOCKS = ("install", "pause_at", "set_fixed_time", "set_system_time")


@dataclass(frozen=True)
class Kind:
    """What two contexts must have in common for one to serve as the other."""

    chrome: Browser
    url: str
    options: str


in_use: dict[BrowserContext, Kind] = {}
at_rest: dict[BrowserContext, Kind] = {}


def take(chrome: Browser, url: str, options: dict[str, object]) -> Page:
    """A page in a context for this site, with these options of Playwright's, that knows nobody."""
    kind = Kind(chrome, url, repr(sorted(options.items())))
    context = next((context for context, other in at_rest.items() if other == kind), None)
    if context is None:
        context = chrome.new_context(base_url=url, **options)  # type: ignore[arg-type]
        page = context.new_page()
        watch(context)
    else:
        del at_rest[context]
        page = context.new_page()
        forget(page, url)
    in_use[context] = kind
    return page


def watch(context: BrowserContext) -> None:
    """Have a context closed after its test if that changes it for good."""
    for owner, names in ((context, FOR_GOOD), (context.clock, CLOCKS)):
        for name in names:
            setattr(owner, name, spoiling(context, getattr(owner, name)))


def spoiling(context: BrowserContext, change: Callable[..., Any]) -> Callable[..., Any]:
    """The same change, after which a context does not rest."""

    def made(*arguments: Any, **options: Any) -> Any:
        in_use.pop(context, None)
        return change(*arguments, **options)

    return made


def forget(page: Page, url: str) -> None:
    """Delete what the site has stored in the context of this page, which is at no site."""
    tools = page.context.new_cdp_session(page)
    tools.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "all"})
    tools.detach()


def give_back(context: BrowserContext) -> None:
    """Close all pages of a context, which may be taken again if it was taken; else close it."""
    kind = in_use.pop(context, None)
    if kind is None:
        context.close()
        return
    for page in context.pages:
        page.close()
    context.unroute_all(behavior="ignoreErrors")
    context.set_offline(False)
    context.clear_permissions()
    context.clear_cookies()
    at_rest[context] = kind
    while len(at_rest) > MOST_AT_REST:
        oldest = next(iter(at_rest))
        del at_rest[oldest]
        oldest.close()
