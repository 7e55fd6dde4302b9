"""The program's own SQL as scripts for pgbench, taken from what Django sends to PostgreSQL, so that the two cannot differ."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

from bench.errors import BenchError

PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?s")


@dataclass(frozen=True)
class Statement:
    """A statement with its placeholders, and what stood for them."""

    text: str
    parameters: Mapping[str, Any] | Sequence[Any]

    def as_script(self, expressions: Mapping[object, str]) -> str:
        """The statement for pgbench: in place of each parameter the expression given for its value, else the value itself."""
        by_position: Iterator[Any] = iter(() if isinstance(self.parameters, Mapping) else self.parameters)

        def written(match: re.Match[str]) -> str:
            value = self.parameters[match[1]] if isinstance(self.parameters, Mapping) else next(by_position)
            return expressions.get(value) or sql.Literal(value).as_string(None)

        return PLACEHOLDER.sub(written, self.text).strip() + ";\n"


def statements_of(deed: Callable[[], object]) -> list[Statement]:
    """Every statement that Django runs while `deed` does."""
    seen: list[Statement] = []

    def note(execute: Callable[..., Any], text: str, parameters: Any, many: bool, context: Any) -> Any:
        seen.append(Statement(text, parameters))
        return execute(text, parameters, many, context)

    with connection.execute_wrapper(note):
        deed()
    return seen


def only_statement_of(deed: Callable[[], object]) -> Statement:
    """The one statement that `deed` runs; BenchError if it runs more, for then pgbench would measure something else."""
    seen = statements_of(deed)
    if len(seen) != 1:
        raise BenchError(f"One statement was expected, and {len(seen)} were run.")
    return seen[0]
