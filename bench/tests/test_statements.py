"""The program's statements as scripts for pgbench."""

import uuid

import pytest
from django.db import connection

from bench.errors import BenchError
from bench.postgres import read_result
from bench.statements import Statement, only_statement_of, statements_of

PERSON = uuid.UUID("00000001-0000-4000-8000-000000000001")


def test_named_parameters_become_expressions_and_the_others_values() -> None:
    statement = Statement("SELECT %(person)s, %(text)s, %(person)s", {"person": PERSON, "text": "it's"})
    assert statement.as_script({PERSON: ":person"}) == "SELECT :person, 'it''s', :person;\n"


def test_parameters_by_position_are_taken_in_order() -> None:
    statement = Statement("SELECT %s WHERE a = %s AND b", ["bob", True])
    assert statement.as_script({"bob": "'bob' || :pair"}) == "SELECT 'bob' || :pair WHERE a = true AND b;\n"


def ask(query: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query)


@pytest.mark.django_db
def test_what_django_runs_is_seen_as_it_is() -> None:
    def deed() -> None:
        ask("SELECT 1")
        ask("SELECT 2")

    assert [statement.text for statement in statements_of(deed)] == ["SELECT 1", "SELECT 2"]
    with pytest.raises(BenchError, match="2 were run"):
        only_statement_of(deed)


OUTPUT = """number of transactions actually processed: 4000
number of failed transactions: {failed} (0.000%)
latency average = 1.972 ms
tps = 2028.397566 (without initial connection time)
"""


def test_pgbenchs_figures_are_read() -> None:
    result = read_result(OUTPUT.format(failed=0))
    assert (result.rate, result.milliseconds, result.transactions) == (2028.397566, 1.972, 4000)


def test_failed_transactions_and_unknown_words_are_refused() -> None:
    with pytest.raises(BenchError, match="failed"):
        read_result(OUTPUT.format(failed=3))
    with pytest.raises(BenchError, match="unexpected"):
        read_result("pgbench: nothing to say")
