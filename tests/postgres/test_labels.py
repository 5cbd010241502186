"""The SQL of labels is the pure rule: equal on drawn histories of every kind, at every time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from sqlalchemy import Connection, insert, text

from credit.database.labels import Labels, read_labels
from credit.database.schema import ACCOUNTS, ADVANCES, FX_RATES, REPAYMENTS
from credit.labels import AdvanceVersion, Label, RepaymentVersion, label_advance
from credit.money import minor_unit_exponent
from credit.portfolio_file import load_portfolio
from credit.portfolios import Currency, LabelRule

START = datetime(2024, 1, 1, tzinfo=UTC)
PORTFOLIO = load_portfolio("cash_advance")
RULES = (PORTFOLIO.label, LabelRule(30, 5.0, 5, bads_known_early=True), LabelRule(10, 0.0, 0))
# One unit of the currency in dollars; none is known of the franc.
RATES = {"USD": Decimal(1), "EUR": Decimal("1.25"), "JPY": Decimal("0.005"), "GBP": Decimal("1.28")}


@dataclass(frozen=True)
class History:
    currency: str
    advance: Sequence[AdvanceVersion]
    repayments: Sequence[RepaymentVersion]


def draw_history(rng: np.random.Generator) -> History:
    def moment(first: int = 0, last: int = 120) -> datetime:
        return START + timedelta(hours=int(rng.integers(24 * first, 24 * last)))

    def chance(probability: float) -> bool:
        return bool(rng.random() < probability)

    requested = moment(last=20)
    first = AdvanceVersion(1, requested, requested, requested + timedelta(days=14), 100_00)
    versions = [first]
    for version in range(2, 2 + int(rng.choice([0, 0, 1, 2]))):
        versions.append(
            replace(
                versions[-1],
                version=version,
                ingested_at=versions[-1].ingested_at + timedelta(hours=int(rng.integers(1, 1500))),
                due_at=versions[-1].due_at + timedelta(days=int(rng.choice([0, 0, 20, -3]))),
                owed_minor=int(rng.choice([100_00, 90_00])),
                written_off_at=moment(20) if chance(0.4) else None,
                voided=chance(0.15),
            )
        )
    return History(
        str(rng.choice(["USD", "EUR", "JPY", "GBP", "CHF"], p=[0.5, 0.15, 0.15, 0.1, 0.1])),
        versions,
        [row for name in "abc"[: rng.integers(0, 4)] for row in draw_repayment(name, rng, moment(10, 70))],
    )


def draw_repayment(name: str, rng: np.random.Generator, paid_at: datetime) -> list[RepaymentVersion]:
    amount = int(rng.choice([30_00, 50_00, 99_00, 100_00]))
    lag = timedelta(hours=int(rng.choice([2, 48, 1000])))
    rows = [RepaymentVersion(name, 1, paid_at + lag, paid_at, amount)]
    if rng.random() < 0.3:
        later = rows[0].ingested_at + timedelta(hours=int(rng.integers(1, 900)))
        rows.append(replace(rows[0], version=2, ingested_at=later, voided=bool(rng.random() < 0.6), amount_minor=1))
    return rows


def write(connection: Connection, histories: Sequence[History]) -> list[int]:
    """Writes the histories as history; the advances' ids."""
    known = {"ingested_at": START - timedelta(days=400), "backfilled": True}
    rates = [
        {"base": base, "quote": "USD", "valid_at": START - timedelta(days=9), "rate": rate, **known}
        for base, rate in RATES.items()
        if base in {"EUR", "JPY"}
    ]
    inverse = {"base": "USD", "quote": "GBP", "valid_at": START - timedelta(days=9), "rate": 1 / RATES["GBP"], **known}
    taken_back = {"base": "CHF", "quote": "USD", "valid_at": START, "rate": 1, **known}
    connection.execute(insert(FX_RATES), [*rates, inverse, taken_back])
    connection.execute(insert(FX_RATES), [{**taken_back, "version": 2, "voided": True}])
    return [write_history(connection, index, history, known) for index, history in enumerate(histories)]


def write_history(connection: Connection, index: int, history: History, known: dict[str, object]) -> int:
    account = connection.execute(
        insert(ACCOUNTS).returning(ACCOUNTS.c.account_id),
        {
            "portfolio": "cash_advance",
            "provider_id": f"a{index}",
            "subject_id": f"u{index}",
            "currency": history.currency,
            "timezone": "UTC",
            "opened_at": START - timedelta(days=500),
            **known,
        },
    ).scalar_one()
    ids = [
        connection.execute(
            insert(ADVANCES).returning(ADVANCES.c.advance_id),
            {
                "account_id": account,
                "provider_id": "loan",
                "version": row.version,
                "voided": row.voided,
                "requested_at": row.requested_at,
                "due_at": row.due_at,
                "written_off_at": row.written_off_at,
                "amount": row.owed_minor - 100,
                "fee": 100,
                "currency": history.currency,
                "ingested_at": row.ingested_at,
                "backfilled": True,
            },
        ).scalar_one()
        for row in history.advance
    ]
    for row in history.repayments:
        connection.execute(
            insert(REPAYMENTS),
            {
                "advance_id": ids[0],
                "provider_id": row.repayment_id,
                "version": row.version,
                "voided": row.voided,
                "paid_at": row.paid_at,
                "amount": row.amount_minor,
                "currency": history.currency,
                "ingested_at": row.ingested_at,
                "backfilled": True,
            },
        )
    return int(ids[0])


def by_rule(history: History, rule: LabelRule, as_of: datetime) -> Label | None:
    rate = RATES.get(history.currency)
    places = minor_unit_exponent(history.currency)
    material = None if rate is None else Decimal(str(rule.material_amount)) * 10**places / rate
    return label_advance(history.advance, history.repayments, rule=rule, material_minor=material, as_of=as_of)


def as_labels(labels: Labels) -> dict[int, Label]:
    def moment(at: np.datetime64) -> datetime | None:
        return None if np.isnat(at) else at.item().replace(tzinfo=UTC)

    return {
        int(labels.advance_id[i]): Label(
            moment(labels.requested_at[i]),
            None if labels.y[i] < 0 else int(labels.y[i]),
            moment(labels.known_at[i]),
            labels.censored[i],
        )
        for i in range(len(labels))
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_sql_and_rule_agree_on_every_history_at_every_time(database, seed: int) -> None:
    rng = np.random.default_rng(seed)
    histories = [draw_history(rng) for _ in range(150)]
    seen = set()
    with database.engine("blink_loader").begin() as connection:
        ids = write(connection, histories)
    with database.engine("blink_trainer").connect() as connection:
        for rule in RULES:
            for day in (10, 40, 55, 75, 100, 160):
                as_of = START + timedelta(days=day)
                portfolio = replace(PORTFOLIO, label=rule)
                found = as_labels(read_labels(connection, portfolio, as_of=as_of))
                labels = {i: by_rule(h, rule, as_of) for i, h in zip(ids, histories, strict=True)}
                assert found == {i: label for i, label in labels.items() if label is not None}
                seen |= {(label.y, label.censored) for label in found.values()}
    assert len(seen) == 4  # bad, good, and both kinds of censored


def test_labels_of_an_empty_portfolio(database) -> None:
    with database.engine("blink_trainer").connect() as connection:
        empty = replace(PORTFOLIO, currency=Currency("EUR"))
        assert len(read_labels(connection, empty, as_of=START)) == 0


def test_a_voided_account_takes_its_advances_away(database) -> None:
    history = draw_history(np.random.default_rng(5))
    with database.engine("blink_loader").begin() as connection:
        write(connection, [replace(history, advance=history.advance[:1])])
        connection.execute(
            text(
                "INSERT INTO blink.accounts (portfolio, provider_id, version, voided, subject_id, currency, timezone,"
                " opened_at, ingested_at, backfilled) SELECT portfolio, provider_id, 2, true, subject_id, currency,"
                " timezone, opened_at, :at, true FROM blink.accounts"
            ),
            {"at": START + timedelta(days=90)},
        )
    with database.engine("blink_trainer").connect() as connection:
        counts = [len(read_labels(connection, PORTFOLIO, as_of=START + timedelta(days=day))) for day in (89, 91)]
    assert counts == [1, 0]
