"""`make bench`: measures, prints a table, writes JSON to bench/results/. `make bench ARGS="--help"` tells what can be chosen."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import place, servers
from bench.errors import BenchError

RESULTS = Path(__file__).resolve().parent / "results"
PARTS = ("send", "search", "two", "live")
# What the rounds measure, and the parts that ask for it. Two processes are measured with the sends.
MEASURED = {"send": {"send", "two"}, "search": {"search"}}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the bench; the exit code: 0, or 1 when something makes the figures worthless."""
    options = read_options(arguments)
    servers.allow_many_connections()
    try:
        with place.prepared() as prepared:
            measure(options, prepared)
    except (BenchError, AssertionError, OSError) as error:
        print(f"No figures: {error}", file=sys.stderr)
        return 1
    return 0


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was chosen on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="How fast is Sotto, and how fast could it be here?"
    )
    parser.add_argument(
        "--seconds", type=float, default=8.0, help="how long each measurement takes (default: 8)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each is repeated (default: 3)")
    parser.add_argument(
        "--connections", type=int, default=16, help="how many requests are under way at once (default: 16)"
    )
    parser.add_argument(
        "--pairs", type=int, default=256, help="how many conversations there are (default: 256)"
    )
    parser.add_argument(
        "--pages", type=int, default=1000, help="how many idle live connections (default: 1000)"
    )
    parser.add_argument("--only", type=parts, default=PARTS, help=f"some of {','.join(PARTS)} (default: all)")
    parser.add_argument(
        "--against",
        type=Path,
        action="append",
        default=[],
        help="the folder of another checkout, measured too in every round; may be repeated",
    )
    parser.add_argument("--json", type=Path, help="where the JSON goes (default: bench/results/<time>.json)")
    options = parser.parse_args(arguments)
    if options.pairs < options.connections or options.pairs % options.connections:
        parser.error(
            "--pairs must be a multiple of --connections: each connection has conversations of its own"
        )
    return options


def parts(text: str) -> tuple[str, ...]:
    """The parts named in a list with commas; ArgumentTypeError for an unknown one."""
    chosen = tuple(text.split(","))
    if unknown := [part for part in chosen if part not in PARTS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(PARTS)}")
    return chosen


def measure(options: argparse.Namespace, prepared: place.Place) -> None:
    """Makes the people, measures what was chosen, and reports. Django is set up by now, and its models can be imported."""
    from bench import machine, report, rounds

    print(f"Making {2 * options.pairs} people with {options.pairs} conversations...", flush=True)
    facts = machine.facts(prepared)
    how = {"pairs": options.pairs, "connections": options.connections, "seconds": options.seconds}
    deeds = [deed for deed, parts in MEASURED.items() if parts & set(options.only)]
    figures, live = [], None
    with rounds.bench(prepared, two="two" in options.only, against=options.against, **how) as bench:
        for number in range(1, options.rounds + 1 if deeds else 1):
            print(f"Round {number} of {options.rounds}...", flush=True)
            figures += list(bench.round(number, deeds))
        if "live" in options.only:
            print(f"{options.pages} open pages...", flush=True)
            live = bench.live(options.pages).as_json()
    path = options.json or RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    settings = {**how, "rounds": options.rounds, "parts": options.only, "durable": place.DURABLE}
    report.write(path, settings, facts, figures, live)
    print(report.table(figures) if figures else "")
    print(report.live_lines(live) if live else "")
    print(f"JSON: {path}")


if __name__ == "__main__":
    sys.exit(main())
