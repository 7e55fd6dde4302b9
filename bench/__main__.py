"""`make bench`: measures, prints a table, writes JSON to bench/results/. `make bench ARGS="--help"` tells what can be chosen."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import loading, place, servers
from bench.backlog import Backlog
from bench.errors import BenchError
from chatproject import embedded

RESULTS = Path(__file__).resolve().parent / "results"
PARTS = ("send", "search", "two", "live")
# Never with the others: it takes a quarter of an hour, writes 50 GB, and works on a database of its own.
CLEANUP = "cleanup"
# Neither: it needs a Chromium, and the processors for itself.
OPEN = "open"
ALONE = (CLEANUP, OPEN)
# What the rounds measure, and the parts that ask for it. Two processes are measured with the sends.
MEASURED = {"send": {"send", "two"}, "search": {"search"}}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the bench; the exit code: 0, or 1 when something makes the figures worthless."""
    options = read_options(arguments)
    servers.allow_many_connections()
    embedded.leave_properly_when_told_to_stop()
    try:
        run(options)
    except (BenchError, AssertionError, OSError) as error:
        print(f"No figures: {error}", file=sys.stderr)
        return 1
    return 0


def run(options: argparse.Namespace) -> None:
    """Measures what was chosen, in a place of its own."""
    if CLEANUP in options.only:
        backlog = Backlog(options.keys, options.stale, options.every)
        with place.prepared(loading.command(backlog), loading.STATISTICS) as prepared:
            measure_cleanup(options, prepared, backlog)
    elif OPEN in options.only:
        with place.prepared() as prepared:
            measure_opening(options, prepared)
    else:
        with place.prepared() as prepared:
            measure(options, prepared)


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
    parser.add_argument(
        "--only",
        type=parts,
        default=PARTS,
        help=f"some of {','.join(PARTS)} (default: all), or {CLEANUP}, or {OPEN}",
    )
    parser.add_argument("--opens", type=int, default=9, help=f"{OPEN}: how often in every way (default: 9)")
    parser.add_argument(
        "--lengths",
        type=lengths,
        default=(50, 10_000),
        help=f"{OPEN}: how many messages the conversations have (default: 50,10000)",
    )
    parser.add_argument(
        "--keys", type=int, default=10_000_000, help=f"{CLEANUP}: how many keys there are (default: 10000000)"
    )
    parser.add_argument(
        "--every",
        type=int,
        default=9,
        help=f"{CLEANUP}: the stale ones are every so-manieth of the last before today (default: 9)",
    )
    parser.add_argument("--stale", type=int, help=f"{CLEANUP}: how many of them are stale (default: a tenth)")
    parser.add_argument(
        "--rate", type=float, default=100.0, help=f"{CLEANUP}: how many sends a second (default: 100)"
    )
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
    if options.stale is None:
        options.stale = options.keys // 10
    if not 0 <= options.stale * options.every <= options.keys - options.keys // 100:
        parser.error("--stale times --every must leave a hundredth of --keys, which are fresh")
    return options


def parts(text: str) -> tuple[str, ...]:
    """The parts named in a list with commas; ArgumentTypeError for an unknown one."""
    chosen = tuple(text.split(","))
    if len(chosen) == 1 and chosen[0] in ALONE:
        return chosen
    if unknown := [part for part in chosen if part not in PARTS]:
        raise argparse.ArgumentTypeError(
            f"{unknown[0]} is none of {', '.join(PARTS)}; {' and '.join(ALONE)} go alone"
        )
    return chosen


def lengths(text: str) -> tuple[int, ...]:
    """The numbers in a list with commas; ArgumentTypeError for none, or one that is no length."""
    try:
        chosen = tuple(map(int, text.split(",")))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not a list of numbers") from error
    if min(chosen) < 1:
        raise argparse.ArgumentTypeError("a conversation has at least one message")
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
    path = result_path(options)
    settings = {**how, "rounds": options.rounds, "parts": options.only, "durable": place.DURABLE}
    report.write(path, settings, facts, figures, live)
    print(report.table(figures) if figures else "")
    print(report.live_lines(live) if live else "")
    print(f"JSON: {path}")


def measure_cleanup(options: argparse.Namespace, prepared: place.Place, backlog: Backlog) -> None:
    """Measures the clean-up of a backlog that is there already, and reports."""
    from bench import cleanup, machine, report

    facts = machine.facts(prepared)
    how = {name: getattr(options, name) for name in ("pairs", "connections", "seconds", "rate")}
    with cleanup.cleaning(prepared, **how) as bench:
        found = cleanup.measure(bench, backlog, options.rounds)
    path = result_path(options)
    settings = {
        **how,
        "rounds": options.rounds,
        "keys": options.keys,
        "stale": options.stale,
        "every": options.every,
    }
    report.save(path, {"settings": settings, "machine": facts, "cleanup": found.as_json()})
    print(cleanup.lines(found, options.rate))
    print(f"JSON: {path}")


def measure_opening(options: argparse.Namespace, prepared: place.Place) -> None:
    """Measures how long conversations take to open in a browser, and reports."""
    from bench import device, dialogue, machine, opening, report

    facts = machine.facts(prepared)
    print(f"Making conversations of {', '.join(map(str, options.lengths))} messages...", flush=True)
    made = dialogue.make_dialogues(options.lengths)
    with (
        # Without the proxy that ends TLS: the browser itself comes.
        servers.web_server(prepared, "open", {"BEHIND_TLS_PROXY": ""}) as server,
        opening.signed_in(f"http://localhost:{server.port}") as browser,
    ):
        on = device.devices(browser)
        openings, climbs = opening.measure(browser, made, options.opens, on)
        server.refuse_trouble()
    path = result_path(options)
    settings = {"opens": options.opens, "lengths": options.lengths}
    report.save(
        path, {"settings": settings, "machine": facts, "opening": opening.as_json(openings, climbs, on)}
    )
    print("\n".join(one.line() for one in on))
    print(opening.table(openings))
    print("\n".join(climb.line() for climb in climbs))
    print(f"JSON: {path}")


def result_path(options: argparse.Namespace) -> Path:
    """Where the JSON goes."""
    chosen: Path | None = options.json
    return chosen or RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"


if __name__ == "__main__":
    sys.exit(main())
