"""What PostgreSQL does by itself with a statement: pgbench, over the same socket, on the same tables."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from accounts.sessions import SessionStore
from bench.errors import BenchError
from bench.people import Kind, Pair, id_in_sql, id_of, name_of
from bench.place import Place
from bench.statements import only_statement_of
from chatproject import embedded, embedded_owner

# Counters that no browser of the bench comes to.
COUNTERS = "random(1000000000, 9000000000000000)"


@dataclass(frozen=True)
class Script:
    """A pgbench script and the variables that it is given."""

    path: Path
    variables: Sequence[str]


@dataclass(frozen=True)
class Result:
    """Transactions a second, the milliseconds that one took on average, and how many there were."""

    rate: float
    milliseconds: float
    transactions: int


def pair_of_this_client(pairs: int, clients: int) -> str:
    """Chooses a pair that no other client chooses, as the web server's load does: nobody waits for another's lock."""
    return f"\\set pair 1 + :client_id + {clients} * random(0, {pairs // clients - 1})\n"


def send_script(folder: Path, pairs: Sequence[Pair], clients: int) -> Script:
    """All SQL of a send: the session's look-up, and the statement that stores a message, with an envelope of the usual size."""
    first = pairs[0]
    session = only_statement_of(SessionStore(first.writers_browser.session_key).load)
    statement = only_statement_of(first.send_here)
    envelope = first.next_envelope()
    expressions: dict[object, str] = {id_of(kind, first.number): id_in_sql(kind) for kind in Kind}
    for name, value in dict(statement.parameters).items():
        if name in SENT:
            expressions[value] = SENT[name]
    text = (
        pair_of_this_client(len(pairs), clients)
        + f"\\set counter {COUNTERS}\n"
        + session.as_script({})
        + statement.as_script(expressions)
    )
    return written(folder / "send.sql", text, [f"envelope=\\x{envelope.hex()}"])


# An envelope names its key, which is each pair's own.
SENT = {
    "message": "gen_random_uuid()",
    "counter": ":counter::bigint",
    "envelope": f"overlay(:envelope::bytea placing uuid_send({id_in_sql(Kind.KEY)}) from 3)",
}


def search_script(folder: Path, pairs: Sequence[Pair], clients: int) -> Script:
    """The statement that finds a person by name."""
    from accounts.models import User
    from contacts.search import find

    searcher = User.objects.get(pk=id_of(Kind.WRITER, 1))
    name = name_of(Kind.READER, 2)
    statement = only_statement_of(lambda: find(searcher=searcher, query=name))
    stem = name.removesuffix("2")
    text = pair_of_this_client(len(pairs), clients) + statement.as_script({name: f"'{stem}' || :pair::text"})
    return written(folder / "search.sql", text, [])


def written(path: Path, text: str, variables: Sequence[str]) -> Script:
    """The script in its file."""
    path.write_text(text)
    return Script(path, variables)


def pgbench(place: Place, script: Script, clients: int, seconds: float) -> Result:
    """Runs the script for about so many seconds. Raises BenchError if it fails, in whole or in part."""
    given = [argument for variable in script.variables for argument in ("-D", variable)]
    how = ["-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(max(1, round(seconds)))]
    where = ["-h", str(place.socket), "-U", embedded.ROLE, embedded.DATABASE]
    command = [str(embedded_owner.PROGRAMS / "pgbench"), *how, *given, "-f", str(script.path), *where]
    done = subprocess.run(
        command,
        env=embedded.plain_environment(),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 60,
    )
    if done.returncode:
        raise BenchError(f"pgbench failed: {done.stderr.strip()[-500:]}")
    return read_result(done.stdout)


def read_result(output: str) -> Result:
    """What pgbench printed. Raises BenchError if a transaction failed, or the figures are not there."""

    def figure(pattern: str) -> float:
        match = re.search(pattern, output)
        if not match:
            raise BenchError(f"pgbench said something unexpected: {output[-500:]}")
        return float(match[1])

    if figure(r"number of failed transactions: (\d+)"):
        raise BenchError("Transactions of pgbench failed.")
    return Result(
        figure(r"tps = ([\d.]+)"),
        figure(r"latency average = ([\d.]+) ms"),
        int(figure(r"actually processed: (\d+)")),
    )
