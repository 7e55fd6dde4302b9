"""What Lighthouse found: the middle of a page's runs, what misses the aims, and the report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TEXT = Path(__file__).with_name("report.md")
AIMS = {"accessibility": 100, "best-practices": 100, "performance": 95}


@dataclass(frozen=True)
class Run:
    """One run: scores from 0 to 100, times in milliseconds, bytes as sent.

    `speed` is how fast Lighthouse found the machine. Only the first run of a page and form has all scores.
    """

    page: str
    form: str
    scores: Mapping[str, int]
    misses: Sequence[str]
    lcp: float
    cls: float
    tbt: float
    size: int
    requests: int
    lighthouse: str = ""
    chromium: str = ""
    throttling: Mapping[str, float] = field(default_factory=dict)
    speed: float = 0


@dataclass(frozen=True)
class Finding:
    """A page in one form: the scores, and the run in the middle by performance."""

    run: Run
    scores: Mapping[str, int]
    misses: Sequence[str]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Finding":
        """What the runs of one page and form come to."""
        middle = sorted(runs, key=lambda run: run.scores["performance"])[len(runs) // 2]
        return cls(
            middle, {**runs[0].scores, **middle.scores}, [*dict.fromkeys((*runs[0].misses, *middle.misses))]
        )

    def missed(self) -> list[str]:
        """The aims that it misses, in words."""
        return [
            f"{name} is {self.scores[name]}, not {aim}"
            for name, aim in AIMS.items()
            if self.scores[name] < aim
        ]


def findings(runs: Sequence[Run]) -> list[Finding]:
    """A finding for each page and form, in the order of their runs."""
    pages = dict.fromkeys((run.page, run.form) for run in runs)
    return [Finding.of([run for run in runs if (run.page, run.form) == each]) for each in pages]


def complaints(found: Sequence[Finding]) -> list[str]:
    """What misses an aim, a line for each page and form, with what Lighthouse says about it."""
    return [
        f"{each.run.page}, {each.run.form}: {'; '.join(missed)}. {' '.join(f'[{miss}]' for miss in each.misses)}".strip()
        for each in found
        if (missed := each.missed())
    ]


def table(found: Sequence[Finding]) -> str:
    """The figures in Markdown."""
    head = (
        "page | form | accessibility | best practices | performance | LCP ms | CLS | TBT ms | KiB | requests"
    )
    rows = [
        f"{each.run.page} | {each.run.form} | "
        + " | ".join(str(each.scores[name]) for name in AIMS)
        + f" | {each.run.lcp:.0f} | {each.run.cls:.3f} | {each.run.tbt:.0f} | {each.run.size / 1024:.0f} | {each.run.requests}"
        for each in found
    ]
    rule = " | ".join(["---", "---", *["---:"] * 8])
    return "\n".join(f"| {row} |" for row in (head, rule, *rows))


def report(found: Sequence[Finding], runs: int, machine: str) -> str:
    """docs/audit.md."""
    throttling = {each.run.form: each.run.throttling for each in found}
    profiles = "\n".join(
        f"- {form}: {profile['rttMs']:.0f} ms there and back, {profile['throughputKbps'] / 1024:.1f} Mbit/s, "
        f"a processor {profile['cpuSlowdownMultiplier']:.0f} times as slow"
        for form, profile in throttling.items()
    )
    complained = "\n".join(f"- {line}" for line in complaints(found)) or "Nothing misses its aim."
    return TEXT.read_text().format(
        table=table(found),
        runs=runs,
        machine=machine,
        profiles=profiles,
        complained=complained,
        lighthouse=found[0].run.lighthouse,
        chromium=found[0].run.chromium,
        speed=round(sum(each.run.speed for each in found) / len(found)),
    )
