"""A small population of a lender, and what the tests of training do with it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, Engine, insert, select

from credit.database.schema import (
    ACCOUNTS,
    ADVANCES,
    PIPELINE_RUNS,
    REPAYMENTS,
    TRANSACTIONS,
)
from credit.portfolio_file import load_portfolio
from credit.portfolios import Portfolio
from trainer.pipeline import TrainingOrder
from trainer.rows import Rows, Source, gather_rows

START = datetime(2023, 1, 1, tzinfo=UTC)
NOW = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CASH = load_portfolio("cash_advance")
SMALL = replace(CASH, gate=replace(CASH.gate, min_rows=60, min_bads=8))


def write_population(connection: Connection, users: int, seed: int) -> None:
    """Users with pay and spending each week; who is often overdrawn repays less often."""
    rng = np.random.default_rng(seed)
    known = {"currency": "USD", "backfilled": True}
    accounts = connection.execute(
        insert(ACCOUNTS).returning(ACCOUNTS.c.account_id, sort_by_parameter_order=True),
        [
            {
                **known,
                "portfolio": "cash_advance",
                "provider_id": f"a{user}",
                "subject_id": f"u{user}",
                "timezone": "UTC",
                "opened_at": START - 90 * DAY,
                "ingested_at": START - 90 * DAY,
            }
            for user in range(users)
        ],
    ).scalars().all()  # fmt: skip
    stress = rng.random(users)
    transactions, advances, bads = [], [], []
    for user, account in enumerate(accounts):
        for week in range(-8, 46):
            at = START + week * 7 * DAY + timedelta(minutes=user)
            balance = int(rng.normal(400_00 - 600_00 * stress[user], 100_00))
            category, amount = ("salary", 500_00) if week % 2 else ("rent", -450_00)
            transactions.append(
                {
                    **known,
                    "account_id": account,
                    "provider_id": f"t{week}",
                    "posted_at": at,
                    "ingested_at": at + timedelta(hours=1),
                    "amount": amount,
                    "balance_after": balance,
                    "category": category,
                }
            )
        for number in range(3):
            at = START + float(rng.uniform(0, 330)) * DAY
            advances.append(
                {
                    **known,
                    "account_id": account,
                    "provider_id": f"v{number}",
                    "requested_at": at,
                    "due_at": at + 14 * DAY,
                    "amount": 100_00,
                    "ingested_at": at,
                }
            )
            bads.append(bool(rng.random() < 0.6 * stress[user] ** 2))
    connection.execute(insert(TRANSACTIONS), transactions)
    ids = connection.execute(
        insert(ADVANCES).returning(ADVANCES.c.advance_id, sort_by_parameter_order=True), advances
    ).scalars()
    repayments = [
        {
            **known,
            "advance_id": advance_id,
            "provider_id": "r",
            "paid_at": advance["due_at"],
            "amount": 100_00,
            "ingested_at": min(advance["due_at"] + DAY, NOW),
        }
        for advance_id, advance, bad in zip(ids, advances, bads, strict=True)
        if not bad and advance["due_at"] < NOW
    ]
    connection.execute(insert(REPAYMENTS), repayments)


def order(tmp_path: Path, portfolio: Portfolio = SMALL, **options: object) -> TrainingOrder:
    return TrainingOrder(portfolio, tmp_path / "models", threads=1, **options)


def runs(engine: Engine) -> list[tuple[str, dict]]:
    with engine.connect() as connection:
        found = select(PIPELINE_RUNS.c.state, PIPELINE_RUNS.c.outcome).order_by(PIPELINE_RUNS.c.started_at)
        return [tuple(row) for row in connection.execute(found)]


def first_request(engine: Engine) -> tuple[str, datetime]:
    """A user and the time of the user's first request that has a history."""
    with engine.connect() as connection:
        rows = gather_rows(connection, CASH, as_of=NOW, source=Source.RECOMPUTED, progress=lambda *_: None)
    return str(rows.subject_id[0]), rows.requested_at[0].item().replace(tzinfo=UTC)


def gathered(engine: Engine, source: Source = Source.AUDITS) -> Rows:
    with engine.connect() as connection:
        return gather_rows(connection, CASH, as_of=NOW, source=source, progress=lambda *_: None)
