"""What the audit makes of what Lighthouse says."""

import pytest

from bench.audit.__main__ import read_options
from bench.audit.figures import Run, complaints, findings, report


def run(performance: int, **others: int) -> Run:
    slowdown = {"rttMs": 150, "throughputKbps": 1638.4, "cpuSlowdownMultiplier": 4}
    scores = {"performance": performance, **others}
    return Run("home", "mobile", scores, [], 1000, 0, 0, 2048, 3, "12", "156", slowdown, 1500)


def test_a_page_is_judged_by_the_run_in_the_middle() -> None:
    first = run(90, **{"accessibility": 100, "best-practices": 100})
    (found,) = findings([first, run(99), run(97)])
    assert found.scores == {"performance": 97, "accessibility": 100, "best-practices": 100}
    assert complaints([found]) == []


@pytest.mark.parametrize(
    ("performance", "accessibility", "practices", "said"),
    [
        (94, 100, 100, "performance is 94, not 95"),
        (95, 99, 100, "accessibility is 99, not 100"),
        (95, 100, 96, "best-practices is 96, not 100"),
    ],
)
def test_every_aim_that_is_missed_is_said(
    performance: int, accessibility: int, practices: int, said: str
) -> None:
    found = findings([run(performance, **{"accessibility": accessibility, "best-practices": practices})])
    assert complaints(found) == [f"home, mobile: {said}."]
    assert f"- home, mobile: {said}." in report(found, 1, "a machine")


def test_only_an_audit_of_everything_is_written_down() -> None:
    assert read_options([]).whole
    assert not read_options(["home"]).whole
    assert not read_options(["--form", "mobile"]).whole
