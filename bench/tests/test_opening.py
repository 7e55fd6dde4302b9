"""What is made of the openings: medians beside the limit, and the first pages beside the last."""

from bench.opening import Climb, Opening, as_json, table


def opening(messages: int, way: str, seen: float) -> Opening:
    return Opening(
        messages, way, {"seen": seen, "first_byte": seen / 4, "html_bytes": 1000, "processor": 150.4}
    )


def test_each_way_and_length_is_summed_up_by_itself() -> None:
    openings = [
        *(opening(50, "phone, warm", seen) for seen in (800, 700, 900)),
        *(opening(10_000, "phone, warm", seen) for seen in (1000, 2000, 1500)),
    ]
    _head, short, long = table(openings).splitlines()
    assert short.split()[:11] == ["50", "phone,", "warm", "150", "200", "0", "0", "0", "0", "800", "900"]
    assert long.split()[9:12] == ["1500", "2000", "1.50"]
    assert as_json(openings, [], [])["seen_ms"]["10000, phone, warm"] == {
        "median": 1500,
        "low": 1000,
        "high": 2000,
    }


def test_a_climb_says_whether_pages_take_longer_at_its_end() -> None:
    line = Climb("scrolled", 1000, [10.0] * 10 + [40.0] * 10).line()
    assert "20 pages in 0.5 s" in line
    assert "at the start 10 ms, at the end 40 ms" in line
