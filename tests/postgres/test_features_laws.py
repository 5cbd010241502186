"""Laws of the features, on generated histories and real servers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from credit.features.query import FeatureRows, Key, compute_features
from credit.portfolio_file import load_portfolio
from tests.postgres.feature_histories import RATES, as_ofs, histories
from tests.postgres.feature_oracle import expected, has_history
from tests.postgres.feature_records import History, known_from, write

PORTFOLIO = load_portfolio("cash_advance")
SUBJECTS = count()

law = settings(
    max_examples=15,
    deadline=None,
    # Each example has a subject of its own in the test's database.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture
def connection(database) -> Iterator[Connection]:
    with database.engine().connect() as connection:
        write(connection, "rates", History(rates=RATES))
        connection.commit()
        yield connection


def settle(connection: Connection, history: History) -> str:
    """Write the history for a new subject, whose name it gives; account names are made unique."""
    subject = f"subject{next(SUBJECTS)}"
    write(connection, subject, replace(own(history, subject), rates=()))
    connection.commit()
    return subject


def own(history: History, subject: str) -> History:
    return History(
        [replace(row, provider_id=subject + row.provider_id) for row in history.accounts],
        [replace(row, account=subject + row.account) for row in history.transactions],
        [replace(row, account=subject + row.account) for row in history.advances],
        [replace(row, advance=(subject + row.advance[0], row.advance[1])) for row in history.repayments],
        history.rates,
    )


def bits(rows: FeatureRows) -> tuple[object, ...]:
    return rows.values.tobytes(), rows.null_reasons, rows.has_history.tobytes()


def computed(connection: Connection, keys: Sequence[Key]) -> FeatureRows:
    return compute_features(connection, PORTFOLIO, keys)


def rows_of(rows: FeatureRows, index: Sequence[int]) -> FeatureRows:
    reasons = tuple(rows.null_reasons[i] for i in index)
    return FeatureRows(rows.values[index], reasons, rows.has_history[index])


@law
@given(history=histories(), times=st.lists(as_ofs, min_size=4, max_size=4))
def test_every_feature_agrees_with_its_plain_computation(connection, history, times) -> None:
    subject = settle(connection, history)
    rows = computed(connection, [Key(subject, time) for time in times])
    for time, values, reasons, known in zip(times, rows.values, rows.null_reasons, rows.has_history, strict=True):
        features = expected(history, time)
        assert dict(zip(PORTFOLIO.feature_names, _nones(values), strict=True)) == features
        assert set(reasons) == {name for name, value in features.items() if value is None}
        assert known == has_history(history, time)


def _nones(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


@law
@given(history=histories(), times=st.lists(as_ofs, min_size=3, max_size=3))
def test_one_key_many_keys_and_stored_snapshots_give_the_same_bits(connection, history, times) -> None:
    subject = settle(connection, history)
    snapshot = connection.scalar(text("SELECT pg_current_snapshot()::text"))
    keys = [Key(subject, time) for time in times]
    batch = computed(connection, [*keys, Key("nobody", times[0]), *reversed(keys)])
    alone = [bits(computed(connection, [key])) for key in keys]
    kept = computed(connection, [replace(key, snapshot=snapshot) for key in keys])
    assert [bits(rows_of(batch, [index])) for index in range(3)] == alone
    assert bits(rows_of(batch, [6, 5, 4])) == bits(rows_of(batch, [0, 1, 2])) == bits(kept)


PARALLEL = {
    "min_parallel_table_scan_size": "0",
    "min_parallel_index_scan_size": "0",
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
    "max_parallel_workers_per_gather": "2",
}
OTHER_PLANS = ({"enable_nestloop": "off"}, {"enable_hashagg": "off", "enable_sort": "on"}, {"work_mem": "64kB"})


@law
@given(history=histories(), times=st.lists(as_ofs, min_size=3, max_size=3))
def test_plans_and_session_settings_change_no_bit(connection, history, times) -> None:
    subject = settle(connection, history)
    keys = [Key(subject, time) for time in times]
    before = bits(computed(connection, keys))
    version = connection.scalar(text("SELECT current_setting('server_version_num')::int"))
    forced = {"debug_parallel_query" if version >= 160000 else "force_parallel_mode": "on"}
    elsewhere = {"timezone": "Australia/Lord_Howe", "datestyle": "German", "extra_float_digits": "0"}
    for session in (PARALLEL | forced, *OTHER_PLANS, elsewhere):
        for name, value in session.items():
            connection.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})
        assert bits(computed(connection, keys)) == before
        connection.rollback()


@law
@given(history=histories(most=20), later=histories(most=20), as_of=as_ofs)
def test_what_is_ingested_later_changes_no_past_feature(connection, history, later, as_of) -> None:
    subject = settle(connection, history)
    snapshot = connection.scalar(text("SELECT pg_current_snapshot()::text"))
    keys = [Key(subject, as_of), Key(subject, as_of, snapshot)]
    before = bits(computed(connection, keys))
    write(connection, subject, own(corrections_of(history, as_of), subject))
    write(connection, subject, own(renamed(later, as_of), subject))
    connection.commit()
    assert bits(computed(connection, keys)) == before


@law
@given(history=histories(most=20), as_of=as_ofs)
def test_a_snapshot_sees_no_later_commit_however_early_its_rows_claim_to_be(connection, history, as_of) -> None:
    subject = settle(connection, history)
    snapshot = connection.scalar(text("SELECT pg_current_snapshot()::text"))
    before = bits(computed(connection, [Key(subject, as_of, snapshot)]))
    write(connection, subject, own(corrections_of(history, as_of - timedelta(days=50)), subject))
    connection.commit()
    assert bits(computed(connection, [Key(subject, as_of, snapshot)])) == before


def corrections_of(history: History, as_of: datetime) -> History:
    """A reversal of every fact, known just after as_of."""
    since = as_of + timedelta(microseconds=1)

    def reversed_later(rows: Sequence) -> list:
        return [replace(row, version=9, voided=True, ingested_at=known_from(row, since)) for row in rows]

    return History(
        reversed_later(history.accounts),
        reversed_later(_firsts(history.transactions)),
        reversed_later(_firsts(history.advances)),
        reversed_later(_firsts(history.repayments)),
    )


def _firsts(rows: Sequence) -> list:
    return [row for row in rows if row.version == 1]


def renamed(history: History, as_of: datetime) -> History:
    """New facts about the past, known just after as_of."""
    since = as_of + timedelta(seconds=1)
    rows = [replace(row, account="a0", provider_id="x" + row.provider_id) for row in history.transactions]
    return History(
        [replace(row, provider_id="x" + row.provider_id, ingested_at=since) for row in history.accounts],
        [replace(row, ingested_at=known_from(row, since + timedelta(seconds=row.version))) for row in rows],
    )
