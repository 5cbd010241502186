"""The files of the tables' acceptance: a sound one, and those that are wrong in the way that is asked for."""

import os
from datetime import UTC, datetime

import pytest

from benchmarks.process_memory import resident, with_children
from benchmarks.table_files import FEATURES, PORTFOLIO, malformed, write_malformed, write_table
from credit.intake.errors import IntakeError
from credit.intake.table_check import check_table_file
from credit.portfolio_file import parse_portfolio

ROWS = 60
CASES = tuple(malformed(ROWS))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "rows.parquet"
    write_table(path, ROWS, seed=7)
    return path


def test_the_sound_file_is_sound(sound):
    portfolio = parse_portfolio(PORTFOLIO, source="my.toml")
    found = check_table_file(sound, portfolio, now=NOW)
    assert (found.rows, len(found.missing), found.ignored) == (ROWS, FEATURES, ())
    assert 0 < found.bads < found.labelled <= ROWS


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_wrong_file_is_refused_for_what_is_wrong(sound, tmp_path, case):
    path = tmp_path / "wrong.parquet"
    write_malformed(path, sound, case)
    with pytest.raises(IntakeError) as refused:
        check_table_file(path, parse_portfolio(case.portfolio(PORTFOLIO), source="my.toml"), now=NOW)
    assert str(refused.value).startswith(f"wrong.parquet: {case.says}")


def test_a_process_is_among_those_of_its_parent():
    assert {os.getpid(), os.getppid()} <= with_children([os.getppid()])
    assert resident(os.getpid()) > 10_000_000
