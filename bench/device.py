"""What a page is opened on: this machine as it is, or slowed down to a phone.

Lighthouse makes a processor four times slower, whatever it was, so its phone is another one on every machine. Its own index of a
processor's speed (BenchmarkIndex) says which: 125 to 800 are phones of the middle (its docs/throttling.md). Chromium's developer
tools go the other way, and slow a machine down until it has the index of a phone that they name.
"""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from playwright.sync_api import BrowserContext, CDPSession, Page

from bench.audit.tool import speed_test

# Lighthouse's "slow 4G" as it is simulated: every request waits for one round trip, on connections that are open already.
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1638.4 * 1024 / 8,
    "uploadThroughput": 750 * 1024 / 8,
}
NO_THROTTLE = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
CPU_SLOWDOWN = 4
# The index of a Moto G Power of 2022, "low-tier" in the developer tools (CalibrationController.ts).
SLOW_PHONE_INDEX = 264
TRIES = 3
STEPS = 8
# As fine as Chromium takes it.
FINEST = 0.01


@dataclass(frozen=True)
class Device:
    """What it is called, how many times slower its processor is than this one, its network, and its processor's index here."""

    name: str
    slowdown: float
    network: Mapping[str, float]
    index: float

    def slow_down(self, tools: CDPSession) -> None:
        """Make a page as slow as on this device."""
        tools.send("Network.emulateNetworkConditions", dict(self.network))
        tools.send("Emulation.setCPUThrottlingRate", {"rate": self.slowdown})

    def line(self) -> str:
        """How fast its processor is."""
        return f"{self.name}: {self.slowdown:.4g} times slower, index {self.index:.0f}"

    def __str__(self) -> str:
        return self.name


def devices(context: BrowserContext) -> tuple[Device, Device, Device]:
    """A phone by Lighthouse's constant, a phone of a known speed, and this machine; takes half a minute."""
    page = context.new_page()
    index = indexing(page, speed_test())
    slower = slowdown_to(SLOW_PHONE_INDEX, index)
    found = (
        Device("phone", CPU_SLOWDOWN, SLOW_4G, index(CPU_SLOWDOWN)),
        Device("slow phone", slower, SLOW_4G, index(slower)),
        Device("unthrottled", 1, NO_THROTTLE, index(1)),
    )
    page.close()
    return found


def indexing(page: Page, test: str) -> Callable[[float], float]:
    """What gives the index of this processor, slowed down so many times: the median of some."""
    tools = page.context.new_cdp_session(page)
    call = f"({test})()"
    # Compiled and optimised before it counts.
    page.evaluate(call)

    def index(slowdown: float) -> float:
        tools.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        found: list[float] = [page.evaluate(call) for _try in range(TRIES)]
        return statistics.median(found)

    return index


def slowdown_to(wanted: float, index: Callable[[float], float]) -> float:
    """How many times slower the processor must be made to have this index, by halves; 1 if it has no more."""
    fastest = index(1)
    low, high = 1.0, max(1.0, 2 * fastest / wanted)
    for _step in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if index(middle) > wanted else (low, middle)
    return round(low / FINEST) * FINEST
