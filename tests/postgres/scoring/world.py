"""A small lender with a deployed model, for tests of scoring."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, Engine, select, text

from credit.bundle.calibration import Calibration
from credit.bundle.content import BundleContent
from credit.bundle.manifest import TrainingWindow
from credit.bundle.model_id import ModelId
from credit.bundle.reader import Bundle, load_bundle
from credit.bundle.writer import write_bundle
from credit.database.models import ModelStatus, RegisteredModel, register
from credit.database.schema import AUDIT_BATCHES, LATEST_SCORES, RISK_SCORE_AUDITS
from credit.portfolio_file import load_portfolio
from credit.portfolios import Portfolio
from credit.reasons import LATEST_SENTENCES
from predictor.batch.job import ScoringOutcome, score_portfolio

PORTFOLIO = load_portfolio("cash_advance")
START = datetime(2026, 1, 1, tzinfo=UTC)
FIRST, SECOND = ModelId("model_cash_advance_20260301_000000"), ModelId("model_cash_advance_20260308_000000")

# Ninety days of rent, pay and shopping, of sums that differ by subject.
_HISTORY = text("""
    WITH subject AS (
        INSERT INTO blink.accounts (portfolio, provider_id, subject_id, currency, timezone, opened_at)
        SELECT :portfolio, 'a-' || s, s, 'USD', 'Europe/Prague', '2020-01-01' FROM unnest(:subjects) AS s
        RETURNING account_id, subject_id
    )
    INSERT INTO blink.transactions (account_id, provider_id, posted_at, amount, currency, balance_after, category)
    SELECT account_id, 't-' || day, now() - make_interval(days => day, hours => 1),
           CASE WHEN day % 14 = 0 THEN 90000 + hashtext(subject_id) % 40000 ELSE -(day * 37 + 900) END, 'USD',
           10000 + hashtext(subject_id || day) % 30000,
           CASE WHEN day % 14 = 0 THEN 'salary' WHEN day % 30 = 1 THEN 'rent' ELSE 'shopping' END
    FROM subject, generate_series(0, 88, 4) AS day
""")
_TRANSACT = text("""
    INSERT INTO blink.transactions (account_id, provider_id, posted_at, amount, currency, category)
    SELECT account_id, :provider_id, now() - interval '1 hour', :amount, 'USD', 'shopping'
    FROM blink.accounts WHERE portfolio = :portfolio AND subject_id = :subject
""")


def names(count: int) -> list[str]:
    return [f"u-{number:04d}" for number in range(count)]


def add_subjects(engine: Engine, subjects: Sequence[str]) -> None:
    with engine.begin() as connection:
        connection.execute(_HISTORY, {"portfolio": PORTFOLIO.name, "subjects": list(subjects)})


def transact(connection: Connection, subject: str, provider_id: str, amount: int = -5000) -> None:
    values = {"portfolio": PORTFOLIO.name, "subject": subject, "provider_id": provider_id, "amount": amount}
    assert connection.execute(_TRANSACT, values).rowcount == 1


def make_bundle(model_dir: Path, model_id: ModelId, seed: int) -> Bundle:
    """A model hand-trained on noise whose features are of about the size of real ones."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(500, len(PORTFOLIO.features))) * 10.0 ** rng.integers(0, 4, len(PORTFOLIO.features))
    rows[rng.random(rows.shape) < 0.1] = np.nan
    bad = (rng.random(500) < 0.3).astype(float)
    parameters = {"objective": "binary", "num_leaves": 7, "verbosity": -1, "num_threads": 1, "seed": seed}
    booster = lightgbm.train(parameters, lightgbm.Dataset(rows, bad), num_boost_round=25)
    return stored_bundle(model_dir, model_id, PORTFOLIO, booster, rows)


def stored_bundle(
    model_dir: Path, model_id: ModelId, portfolio: Portfolio, booster: lightgbm.Booster, rows: np.ndarray
) -> Bundle:
    """The bundle of a LightGBM model of a portfolio's features, fitted to rows."""
    content = BundleContent(
        model_id=model_id,
        portfolio=portfolio.name,
        algorithm="lightgbm",
        features=portfolio.features,
        window=TrainingWindow(START.replace(year=2025), START),
        label_rule=portfolio.label,
        metrics={},
        model=booster.model_to_string().encode(),
        calibration=Calibration(a=0.9, b=-0.3),
        catalogue_version=LATEST_SENTENCES,
        reference=pa.table(dict(zip(portfolio.feature_names, rows.T, strict=True))),
        sentences=portfolio.own_sentences,
    )
    return load_bundle(write_bundle(model_dir, content))


def deploy(engine: Engine, bundle: Bundle) -> None:
    with engine.begin() as connection:
        retire = "UPDATE blink.blink_models SET status = 'retired' WHERE portfolio = :name AND status = 'champion'"
        connection.execute(text(retire), {"name": bundle.portfolio})
        register(
            connection,
            RegisteredModel(
                model_id=bundle.model_id,
                portfolio=bundle.portfolio,
                batch_id=None,
                algorithm="lightgbm",
                model_path=bundle.model_id,
                manifest_sha256=bytes.fromhex(bundle.manifest_sha256),
                metrics={},
                feature_importance=(),
                status=ModelStatus.CHAMPION,
                run_id=None,
                fitted_until=START,
                created_at=START,
            ),
        )


@dataclass(frozen=True)
class World:
    """One test's lender."""

    owner: Engine
    scorer: Engine
    url: str
    model_dir: Path

    def score(self, **wishes: object) -> ScoringOutcome:
        return score_portfolio(self.scorer, PORTFOLIO, self.load, **wishes)  # type: ignore[arg-type]

    def load(self, model: RegisteredModel) -> Bundle:
        return self.load_model(str(model.model_path))

    def load_model(self, model_id: str) -> Bundle:
        return load_bundle(self.model_dir / model_id)

    def transact(self, subject: str, provider_id: str, amount: int = -5000) -> None:
        with self.owner.begin() as connection:
            transact(connection, subject, provider_id, amount)

    def audited(self) -> list[tuple[str, str, datetime]]:
        """Subject, model and as_of of every audit."""
        audits = RISK_SCORE_AUDITS.c
        found = select(audits.subject_id, audits.model_id, audits.as_of).order_by(audits.scored_at, audits.subject_id)
        with self.owner.connect() as connection:
            return [tuple(row) for row in connection.execute(found)]

    def latest(self) -> dict[str, tuple[datetime, str]]:
        """As_of and model of every subject's latest score."""
        scores = LATEST_SCORES.c
        with self.owner.connect() as connection:
            rows = connection.execute(select(scores.subject_id, scores.as_of, scores.model_id))
            return {row.subject_id: (row.as_of, row.model_id) for row in rows}

    def batches(self) -> list[tuple[str, int, int]]:
        """Writer, sequence and count of every batch of the ledger."""
        columns = AUDIT_BATCHES.c
        found = select(columns.writer, columns.sequence, columns.count).order_by(columns.writer, columns.sequence)
        with self.owner.connect() as connection:
            return [tuple(row) for row in connection.execute(found)]

    def runs(self) -> list[tuple[str, dict[str, object]]]:
        """State and outcome beside the plan of every run, in order."""
        with self.owner.connect() as connection:
            rows = connection.execute(
                text("SELECT state, outcome - 'plan' AS outcome FROM blink.pipeline_runs ORDER BY started_at")
            )
            return [tuple(row) for row in rows]


def stop_after(batches: int) -> Callable[[str, int, int | None], None]:
    """A progress callback that fails once so many batches are committed."""
    calls = iter(range(batches + 1))

    def report(_what: str, done: int, _total: int | None) -> None:
        if next(calls) == batches:
            raise InterruptedError(done)

    return report
