"""What each role may do, what the checks refuse, and that facts and audits are append-only."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

ACCOUNT = """
INSERT INTO blink.accounts (portfolio, provider_id, version, subject_id, currency, timezone, opened_at, ingested_at,
                            backfilled)
VALUES ('cash_advance', 'a1', :version, :subject, :currency, :timezone, :now, :now, :backfilled)
RETURNING account_id, corrects, ingested_at, xid::text = pg_current_xact_id()::text
"""
TRANSACTION = """
INSERT INTO blink.transactions (account_id, provider_id, posted_at, amount, currency, category)
VALUES (:account, 't1', :now, :amount, :currency, :category)
"""


def insert_account(connection, **changes):
    values = {
        "version": 1,
        "subject": "u1",
        "currency": "USD",
        "timezone": "Europe/Prague",
        "now": NOON,
        "backfilled": True,
    }
    return connection.execute(text(ACCOUNT), values | changes).one()


def refused(engine, statement, kind=DBAPIError, **values):
    with engine.connect() as connection, pytest.raises(kind) as caught:
        connection.execute(text(statement), values)
    return str(caught.value.orig).splitlines()[0]


@pytest.fixture
def account(database):
    with database.engine("blink_loader").begin() as connection:
        return insert_account(connection).account_id


def test_a_fact_is_stamped_by_the_server_and_history_keeps_its_time(database):
    with database.engine("blink_loader").begin() as connection:
        history = insert_account(connection)
        before = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        live = insert_account(connection, version=2, backfilled=False)
    assert (history.ingested_at, history[3]) == (NOON, True)
    assert live.ingested_at >= before
    assert (history.corrects, live.corrects) == (None, history.account_id)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"timezone": "Mars/Olympus"}, 'time zone "Mars/Olympus" not recognized'),
        ({"currency": "usd"}, 'new row for relation "accounts" violates check constraint "accounts_currency_check"'),
        ({"version": 2}, "accounts: version 2 of a1 has no version 1"),
        ({"now": datetime(2999, 1, 1, tzinfo=UTC)}, "accounts: ingested_at 2999-01-01 00:00:00+00 lies in the future"),
    ],
)
def test_a_wrong_account_is_refused(database, changes, message):
    with database.engine("blink_loader").connect() as connection, pytest.raises(DBAPIError) as caught:
        insert_account(connection, **changes)
    assert str(caught.value.orig).splitlines()[0] == message


def test_a_correction_may_not_move_an_account_to_another_subject(database, account):
    with database.engine("blink_loader").connect() as connection, pytest.raises(DBAPIError) as caught:
        insert_account(connection, version=2, subject="u2")
    assert "a correction of a1 may not move it to another subject" in str(caught.value.orig)


@pytest.mark.parametrize("change", [{"currency": None}, {"currency": ""}, {"category": "bribe"}, {"account": -1}])
def test_a_wrong_transaction_is_refused(database, account, change):
    values = {"account": account, "now": NOON, "amount": -100, "currency": "USD", "category": "rent"} | change
    refused(database.engine("blink_loader"), TRANSACTION, IntegrityError, **values)


def test_nothing_is_known_before_it_happens(database, account):
    values = {"account": account, "now": datetime(2999, 1, 1, tzinfo=UTC), "amount": 1, "currency": "USD"}
    message = refused(database.engine("blink_loader"), TRANSACTION, IntegrityError, category="rent", **values)
    assert 'violates check constraint "transactions_past_check"' in message


def test_a_repayment_is_in_the_currency_of_its_advance(database, account):
    advance = """
        INSERT INTO blink.advances (account_id, provider_id, requested_at, due_at, amount, currency)
        VALUES (:account, 'v1', :now, :now + interval '14 days', 10000, 'USD') RETURNING advance_id
    """
    repayment = """
        INSERT INTO blink.repayments (advance_id, provider_id, paid_at, amount, currency)
        VALUES (:advance, 'r1', :now, 10000, 'JPY')
    """
    with database.engine("blink_loader").begin() as connection:
        key = connection.execute(text(advance), {"account": account, "now": NOON}).scalar_one()
    message = refused(database.engine("blink_loader"), repayment, DBAPIError, advance=key, now=NOON)
    assert message == "repayments: r1 is in JPY, its advance in USD; convert it at the rate the customer was given"


@pytest.mark.parametrize("role", ["blink_owner", "blink_loader"])
@pytest.mark.parametrize("verb", ["UPDATE blink.accounts SET currency = 'EUR'", "DELETE FROM blink.accounts"])
def test_nobody_changes_a_fact(database, account, role, verb):
    message = refused(database.engine(role), verb)
    assert "permission denied" in message or "accounts is append-only" in message


@pytest.mark.parametrize("role", ["blink_scorer", "blink_trainer", "blink_reader"])
def test_only_the_loader_writes_facts(database, account, role):
    values = {"account": account, "now": NOON, "amount": 1, "currency": "USD", "category": "rent"}
    assert refused(database.engine(role), TRANSACTION, **values) == "permission denied for table transactions"


LEDGER = ("risk_score_audits", "feature_store_snapshots", "audit_batches", "score_requests")


@pytest.mark.parametrize("table", LEDGER)
def test_the_scorer_cannot_update_or_delete_an_audit(database, table):
    engine = database.engine("blink_scorer")
    with engine.begin() as connection:
        connection.execute(text("SELECT blink.ensure_partitions(:day, 1)"), {"day": date(2026, 3, 1)})
    denied = f"permission denied for table {table}"
    column = {"audit_batches": "count", "score_requests": "client"}.get(table, "portfolio")
    assert refused(engine, f"UPDATE blink.{table} SET {column} = {column}") == denied
    assert refused(engine, f"DELETE FROM blink.{table}") == denied
    assert refused(engine, f"TRUNCATE blink.{table}") == denied


@pytest.mark.parametrize("verb", ["DELETE FROM", "TRUNCATE"])
@pytest.mark.parametrize("table", ["risk_score_audits", "risk_score_audits_p20260301", "audit_batches"])
def test_even_the_owner_is_told_that_the_ledger_is_append_only(database, table, verb):
    engine = database.engine("blink_owner")
    with engine.begin() as connection:
        connection.execute(text("SELECT blink.ensure_partitions(:day, 1)"), {"day": date(2026, 3, 1)})
    cascade = " CASCADE" if verb == "TRUNCATE" else ""
    assert "is append-only" in refused(engine, f"{verb} blink.{table}{cascade}")


def test_a_partition_holds_one_utc_day_and_making_it_again_is_harmless(database):
    engine = database.engine("blink_scorer")
    for _ in range(2):
        with engine.begin() as connection:
            connection.execute(text("SELECT blink.ensure_partitions(:day, 2)"), {"day": date(2026, 2, 28)})
    bounds = """
        SELECT relname, pg_get_expr(relpartbound, oid) FROM pg_class
        WHERE relispartition AND relkind = 'r' AND relname LIKE 'risk_score_audits%' ORDER BY relname
    """
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text(bounds))]
    assert rows == [
        (
            "risk_score_audits_p20260228",
            "FOR VALUES FROM ('2026-02-28 00:00:00+00') TO ('2026-03-01 00:00:00+00')",
        ),
        (
            "risk_score_audits_p20260301",
            "FOR VALUES FROM ('2026-03-01 00:00:00+00') TO ('2026-03-02 00:00:00+00')",
        ),
    ]


def test_two_sessions_that_make_the_same_partition_at_once_both_succeed(database):
    engine = database.engine("blink_scorer")
    statement = text("SELECT blink.ensure_partitions(:day, 1)")
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")

    def second():
        with engine.begin() as connection:
            connection.execute(statement, {"day": date(2026, 3, 1)})

    with ThreadPoolExecutor(1) as pool, engine.connect() as first, engine.connect() as watcher:
        first.execute(statement, {"day": date(2026, 3, 1)})
        beside = pool.submit(second)
        while watcher.execute(waiting).scalar_one() == 0:
            assert not beside.done()
        first.commit()
        beside.result(timeout=60)


def test_only_one_run_of_a_kind_and_portfolio_can_be_running(database):
    statement = """
        INSERT INTO blink.pipeline_runs (run_id, kind, portfolio, as_of, pg_snapshot, state, started_at)
        VALUES (gen_random_uuid(), 'score', 'cash_advance', :now, pg_current_snapshot(), 'running', :now)
    """
    engine = database.engine("blink_scorer")
    with engine.begin() as connection:
        connection.execute(text(statement), {"now": NOON})
    assert "pipeline_runs_active_key" in refused(engine, statement, IntegrityError, now=NOON)


def test_a_login_without_the_role_keeps_its_own_rights(database):
    owner = database.engine()
    with owner.begin() as connection:
        connection.execute(text("CREATE ROLE outsider LOGIN"))
    outsider = type(database)(database.url.replace("postgres@", "outsider@"), database.engines)
    try:
        assert refused(outsider.engine("blink_reader"), "SELECT * FROM blink.accounts") == (
            "permission denied for schema blink"
        )
    finally:
        for engine in database.engines:
            engine.dispose()
        with owner.begin() as connection:
            connection.execute(text("DROP ROLE outsider"))


@pytest.mark.parametrize("probability", [-0.001, 1.001, float("nan")])
def test_a_probability_lies_between_0_and_1(database, probability):
    statement = """
        INSERT INTO blink.latest_scores (portfolio, subject_id, as_of, audit_id, model_id, default_probability, points)
        VALUES ('cash_advance', 'u1', :now, gen_random_uuid(), 'm', :probability, 600)
    """
    message = refused(database.engine("blink_scorer"), statement, IntegrityError, now=NOON, probability=probability)
    assert 'violates check constraint "latest_scores_default_probability_check"' in message


def test_who_scores_cannot_read_protected_values_and_reads_every_other_column(database):
    scorer = database.engine("blink_scorer")
    columns = "SELECT string_agg(column_name, ', ') FROM information_schema.columns WHERE table_name = :table"
    with database.engine().connect() as connection:
        every = connection.execute(text(columns), {"table": "ground_truth_labels"}).scalar_one().split(", ")
    others = ", ".join(name for name in every if name != "protected")
    for asked in ("protected", "*", "label, protected"):
        statement = f"SELECT {asked} FROM blink.ground_truth_labels"
        assert refused(scorer, statement) == "permission denied for table ground_truth_labels"
    with scorer.connect() as connection:
        assert connection.execute(text(f"SELECT {others} FROM blink.ground_truth_labels")).all() == []
