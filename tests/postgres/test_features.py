"""What a feature reads: by examples, one rule each."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from sqlalchemy import Connection, text

from credit.features import query
from credit.features.errors import FeatureError
from credit.features.query import Key, compute_features
from credit.portfolio_file import load_portfolio
from credit.portfolios import Feature, FeatureKind
from tests.postgres.feature_records import Account, Advance, History, Rate, Repayment, Transaction, write

PORTFOLIO = load_portfolio("cash_advance")
EARLY = datetime(2023, 1, 1, tzinfo=UTC)
NOON = datetime(2024, 5, 15, 12, tzinfo=UTC)


@pytest.fixture
def connection(database) -> Iterator[Connection]:
    with database.engine().connect() as connection:
        yield connection


def row(number: int, posted_at: datetime, amount: int = -100, **others: object) -> Transaction:
    known = others.pop("ingested_at", max(EARLY, posted_at))
    return Transaction("a", str(number), posted_at, amount, known, **others)  # type: ignore[arg-type]


def account(**others: object) -> Account:
    return Account("a", EARLY, **others)  # type: ignore[arg-type]


def settle(connection: Connection, *transactions: Transaction, accounts: tuple = (), **others) -> None:
    write(connection, "u", History(accounts or (account(),), transactions, **others))
    connection.commit()


def features(connection: Connection, as_of: datetime = NOON, snapshot: str | None = None) -> dict[str, float]:
    rows = compute_features(connection, PORTFOLIO, [Key("u", as_of, snapshot)])
    return dict(zip(PORTFOLIO.feature_names, rows.values[0].tolist(), strict=True))


def count90(connection: Connection, as_of: datetime = NOON, snapshot: str | None = None) -> float:
    return features(connection, as_of, snapshot)["metric_transaction_count90"]


def reasons(connection: Connection) -> dict[str, str]:
    return dict(compute_features(connection, PORTFOLIO, [Key("u", NOON)]).null_reasons[0])


def test_without_an_account_all_is_unknown(connection) -> None:
    rows = compute_features(connection, PORTFOLIO, [Key("nobody", NOON)])
    assert np.isnan(rows.values).all()
    assert rows.null_reasons == (dict.fromkeys(PORTFOLIO.feature_names, "no account"),)
    assert rows.has_history.tolist() == [False]


def test_no_keys_give_no_rows(connection) -> None:
    rows = compute_features(connection, PORTFOLIO, [])
    assert rows.values.shape == (0, len(PORTFOLIO.feature_names))
    assert (rows.null_reasons, rows.has_history.tolist()) == ((), [])


def test_an_account_without_transactions_has_counts_of_zero_and_no_history(connection) -> None:
    settle(connection)
    rows = compute_features(connection, PORTFOLIO, [Key("u", NOON)])
    known = {name for name in PORTFOLIO.feature_names if name not in rows.null_reasons[0]}
    assert known == {
        "metric_transaction_count90",
        "metric_advance_count90",
        "metric_advance_outstanding",
        "metric_advance_late_count",
    }
    assert rows.has_history.tolist() == [False]


def test_an_old_transaction_is_history_and_its_balance_still_stands(connection) -> None:
    settle(connection, row(1, NOON - timedelta(days=400), balance_after=12_345))
    rows = compute_features(connection, PORTFOLIO, [Key("u", NOON)])
    assert rows.has_history.tolist() == [True]
    assert rows.null_reasons[0]["metric_overdraft_count90"] == "no transaction in 90 days"
    assert features(connection)["metric_total_balance"] == 123.45


def test_another_portfolios_account_is_not_read(connection) -> None:
    settle(connection, row(1, NOON - timedelta(days=1)))
    rows = compute_features(connection, replace(PORTFOLIO, name="other"), [Key("u", NOON)])
    assert rows.null_reasons[0]["metric_transaction_count90"] == "no account"


def test_a_window_is_whole_local_days_and_today_up_to_now(connection) -> None:
    midnight = datetime(2024, 2, 15, 5, tzinfo=UTC)  # New York's, 90 days before May 15
    settle(
        connection,
        row(1, midnight - timedelta(microseconds=1)),
        row(2, midnight),
        row(3, NOON - timedelta(microseconds=1)),
        row(4, NOON),
        accounts=(account(timezone="America/New_York"),),
    )
    assert count90(connection) == 2
    # Between the midnights of UTC and of New York it is still the day before there.
    assert count90(connection, datetime(2024, 5, 16, 3, 59, tzinfo=UTC)) == 3
    assert count90(connection, datetime(2024, 5, 16, 4, tzinfo=UTC)) == 2


def test_a_repeated_midnight_belongs_to_its_day(connection) -> None:
    # On 2023-11-05 Havana's clocks go from 1:00 back to 0:00: local midnight is at 4:00 and again at 5:00 UTC.
    first_midnight = datetime(2023, 11, 5, 4, tzinfo=UTC)
    settle(
        connection,
        row(1, first_midnight - timedelta(seconds=1)),
        row(2, first_midnight),
        accounts=(account(timezone="America/Havana"),),
    )
    assert count90(connection, datetime(2024, 2, 3, 12, tzinfo=UTC)) == 1


def test_a_correction_moves_a_transaction_out_of_the_window_and_into_it(connection) -> None:
    inside, outside, known = NOON - timedelta(days=10), NOON - timedelta(days=120), NOON - timedelta(days=2)
    settle(
        connection,
        row(1, inside),
        row(1, outside, version=2, ingested_at=known),
        row(2, outside),
        row(2, inside, version=2, ingested_at=known),
        row(3, inside),
        row(3, inside, version=2, ingested_at=known, voided=True),
    )
    assert count90(connection) == 1
    assert count90(connection, known - timedelta(seconds=1)) == 2


def test_pending_transactions_count_once_they_are_posted(connection) -> None:
    posted = NOON - timedelta(days=3)
    settle(
        connection,
        row(1, posted, status="pending"),
        row(1, posted, status="posted", version=2, ingested_at=NOON - timedelta(days=1)),
    )
    assert count90(connection, NOON - timedelta(days=2)) == 0
    assert count90(connection) == 1


def test_a_voided_account_is_gone_with_its_transactions(connection) -> None:
    closed = Account("a", NOON - timedelta(days=1), version=2, voided=True)
    settle(connection, row(1, NOON - timedelta(days=3)), accounts=(account(), closed))
    assert count90(connection, NOON - timedelta(days=2)) == 1
    assert reasons(connection)["metric_transaction_count90"] == "no account"


def test_balances_of_one_instant_follow_the_providers_numbers(connection) -> None:
    moment = NOON - timedelta(days=3)
    settle(connection, row(9, moment, balance_after=900), row(10, moment, balance_after=1000))
    assert features(connection)["metric_total_balance"] == 10.0


def test_the_lowest_balance_includes_the_one_carried_into_the_window(connection) -> None:
    settle(
        connection,
        row(1, NOON - timedelta(days=20), balance_after=5_00),
        row(2, NOON - timedelta(days=2), balance_after=90_00),
    )
    assert features(connection)["metric_clean_buffer7"] == 5.0


def test_the_seven_named_metrics_of_a_small_history(connection) -> None:
    def day(number: int) -> datetime:
        return NOON - timedelta(days=number)

    settle(
        connection,
        row(1, day(58), 1000_00, category="salary", balance_after=1000_00),
        row(2, day(28), 1400_00, category="salary", balance_after=2400_00),
        row(3, day(20), -350_00, category="loan_payment", balance_after=2050_00),
        row(4, day(10), -2060_00, category="rent", balance_after=-10_00),
        row(5, day(9), 110_00, category="refund", balance_after=100_00),
        row(6, day(1), -40_00, category="groceries", balance_after=60_00),
    )
    values = features(connection)
    flows = [-350.0, -2060.0, 110.0, -40.0]
    spread = float(np.std([*flows, *[0.0] * (59 - len(flows))]))
    assert values["metric_volatility90"] == pytest.approx(spread / (2400 / 59), rel=1e-12)
    named = {name: values[name] for name in PORTFOLIO.feature_names[:7] if name != "metric_volatility90"}
    assert named == {
        "metric_debt_load30": 0.25,
        "metric_overdraft_count90": 1.0,
        "metric_median_paycheck": 1200.0,
        "metric_clean_buffer7": 60.0,
        "metric_total_balance": 60.0,
        "metric_transaction_count90": 6.0,
    }


def test_foreign_amounts_convert_at_the_rate_known_then(connection) -> None:
    valid, day = NOON - timedelta(days=5), timedelta(days=1)
    rates = (
        Rate("EUR", "USD", valid, Decimal("1.5"), valid),
        Rate("EUR", "USD", valid, Decimal(2), NOON - day, version=2),
        Rate("USD", "JPY", valid, Decimal(160), valid),
    )
    settle(
        connection,
        row(1, NOON - 4 * day, 100_00, category="salary", currency="EUR"),
        row(2, NOON - 4 * day, 16_000, category="salary", currency="JPY"),
        rates=rates,
    )
    assert features(connection)["metric_income30"] == 300.0
    assert features(connection, NOON - 2 * day)["metric_income30"] == 250.0


def test_an_amount_without_a_rate_leaves_money_unknown_and_counts_known(connection) -> None:
    settle(
        connection,
        row(1, NOON - timedelta(days=50), 100_00, category="salary", currency="EUR"),
        row(2, NOON - timedelta(days=4), 100_00, category="salary"),
    )
    assert features(connection)["metric_income30"] == 100.0
    assert count90(connection) == 2
    missing = reasons(connection)
    assert missing["metric_median_paycheck"] == missing["metric_volatility90"] == "no exchange rate"


def test_an_absurd_amount_spoils_no_other_users_row(connection) -> None:
    settle(connection, row(1, NOON - timedelta(days=1), 2**63 - 1, category="salary", currency="EUR"))
    write(connection, "rates", History(rates=(Rate("EUR", "USD", EARLY, Decimal("1e9"), EARLY),)))
    rows = compute_features(connection, PORTFOLIO, [Key("u", NOON), Key("nobody", NOON)])
    income = rows.values[0, PORTFOLIO.feature_names.index("metric_income30")]
    assert income == float((2**63 - 1) * 10**9) / 100


def test_an_advance_is_late_as_far_as_was_known(connection) -> None:
    requested = NOON - timedelta(days=40)
    due, paid = NOON - timedelta(days=26), NOON - timedelta(days=20)
    advance = Advance("a", "1", requested, due, requested)
    repayment = Repayment(("a", "1"), "r", paid, 10_500, paid)
    settle(connection, advances=(advance,), repayments=(repayment,))

    def history(as_of: datetime) -> tuple[float, float, float]:
        values = features(connection, as_of)
        return (
            values["metric_advance_outstanding"],
            values["metric_advance_late_share"],
            values["metric_advance_most_days_late"],
        )

    assert history(paid - timedelta(days=2)) == (105.0, 1.0, 4.0)
    assert history(NOON) == (0.0, 1.0, 6.0)
    assert history(due + timedelta(hours=71))[0] == 105.0
    assert np.isnan(history(due + timedelta(hours=71))[1])


def test_a_late_commit_is_neither_lost_nor_read_into_the_past(database, connection) -> None:
    settle(connection)
    writer = database.engine().connect()
    moment = writer.scalar(text("SELECT clock_timestamp()"))
    write(writer, "u", History(transactions=(row(1, moment),)), backfilled=False)  # stamped, not yet committed
    snapshot, as_of = connection.execute(text("SELECT pg_current_snapshot()::text, clock_timestamp()")).one()
    assert count90(connection, as_of, snapshot) == 0
    writer.commit()
    writer.close()
    assert count90(connection, as_of, snapshot) == 0  # what the stored score saw
    assert count90(connection, as_of) == 1  # a recomputation goes by the clock alone
    connection.rollback()
    later, now = connection.execute(text("SELECT pg_current_snapshot()::text, clock_timestamp()")).one()
    assert count90(connection, now, later) == 1


def test_a_transaction_of_now_changes_the_next_run(connection) -> None:
    settle(connection)

    def run() -> float:
        snapshot, as_of = connection.execute(text("SELECT pg_current_snapshot()::text, clock_timestamp()")).one()
        return count90(connection, as_of, snapshot)

    assert run() == 0
    moment = connection.scalar(text("SELECT clock_timestamp()"))
    write(connection, "u", History(transactions=(row(1, moment),)), backfilled=False)
    connection.commit()
    assert run() == 1


def test_more_keys_than_a_statement_takes_keep_their_order(connection, monkeypatch) -> None:
    settle(connection, row(1, NOON - timedelta(days=3)), row(2, NOON - timedelta(days=1)))
    keys = [Key("u", NOON - timedelta(days=number)) for number in range(5)]
    whole = compute_features(connection, PORTFOLIO, keys)
    monkeypatch.setattr(query, "KEYS_A_STATEMENT", 2)
    chunked = compute_features(connection, PORTFOLIO, keys)
    assert chunked.values.tobytes() == whole.values.tobytes()
    assert whole.values[:, PORTFOLIO.feature_names.index("metric_transaction_count90")].tolist() == [2, 1, 1, 0, 0]


def test_the_callers_settings_are_as_before(connection) -> None:
    connection.execute(text("SET LOCAL jit = on"))
    compute_features(connection, PORTFOLIO, [Key("u", NOON)])
    assert connection.execute(text("SELECT current_setting('jit')")).scalar() == "on"


def test_a_portfolio_may_take_some_of_the_features_in_its_own_order(connection) -> None:
    settle(connection, row(1, NOON - timedelta(days=1), balance_after=700))
    names = ("metric_total_balance", "metric_transaction_count90")
    chosen = replace(PORTFOLIO, features=tuple(PORTFOLIO.feature(name) for name in names))
    assert compute_features(connection, chosen, [Key("u", NOON)]).values.tolist() == [[7.0, 1.0]]


def test_a_feature_that_cash_flow_does_not_define_is_refused(connection) -> None:
    unknown = Feature("kyc_verified", FeatureKind.NUMERIC, "flag", 1, "identity")
    with pytest.raises(FeatureError, match="portfolio cash_advance: cash flow defines no kyc_verified"):
        compute_features(connection, replace(PORTFOLIO, features=(unknown,)), [])


def test_a_time_without_a_zone_is_refused(connection) -> None:
    with pytest.raises(FeatureError, match="as_of of subject 'u' has no time zone"):
        compute_features(connection, PORTFOLIO, [Key("u", datetime(2024, 1, 1))])  # noqa: DTZ001
