"""The scoring job on a lender's own table: each subject's latest row, once, by the model's own categories."""

from dataclasses import replace
from datetime import UTC, datetime

import lightgbm
import numpy as np
import pytest
from sqlalchemy import select, text

from credit.bundle.model_id import ModelId
from credit.database.schema import FEATURE_STORE_SNAPSHOTS, RISK_SCORE_AUDITS
from credit.intake.table_load import load_table_file
from credit.portfolio_file import load_portfolio
from credit.portfolios import Comparison, Feature, FeatureKind, TableLabel, TableRule
from credit.scores import score_rows
from predictor.batch.job import NOTHING_NEW, score_portfolio
from predictor.batch.plan import ScoringError
from tests.postgres.scoring.world import deploy, stored_bundle

PORTFOLIO = replace(
    load_portfolio("trade_credit"),
    features=(
        Feature("amount", FeatureKind.NUMERIC, "currency", 0, "trade"),
        Feature("dispute", FeatureKind.CATEGORICAL, "category", 0, "trade", categories=("No", "Yes")),
    ),
    label=TableRule(TableLabel("late", Comparison.GREATER, 0.0), subject_id="id", observed_at="issued"),
)
HEAD = "id,issued,amount,dispute,late"
ROWS = ("a,2024-01-03,12.5,No,0", "a,2024-02-03,7.5,Yes,", "b,2024-01-04,,?,1")


@pytest.fixture(scope="module")
def fitted():
    """A model, and the rows that it was fitted on."""
    rng = np.random.default_rng(4)
    rows = np.column_stack([rng.normal(10, 5, 400), rng.integers(0, 2, 400)])
    bad = (rows[:, 1] + rng.normal(size=400) > 1).astype(float)
    settings = {"objective": "binary", "num_leaves": 4, "verbosity": -1, "num_threads": 1}
    return lightgbm.train(settings, lightgbm.Dataset(rows, bad, categorical_feature=[1]), num_boost_round=5), rows


@pytest.fixture(scope="module")
def bundle(tmp_path_factory, fitted):
    model_id = ModelId("model_trade_credit_20240301_000000")
    return stored_bundle(tmp_path_factory.mktemp("models"), model_id, PORTFOLIO, *fitted)


@pytest.fixture(scope="module")
def turned(tmp_path_factory, fitted):
    """The same trees as a later model, whose list of categories is in another order."""
    dispute = replace(PORTFOLIO.features[1], categories=("Yes", "No"))
    portfolio = replace(PORTFOLIO, features=(PORTFOLIO.features[0], dispute))
    model_id = ModelId("model_trade_credit_20240401_000000")
    return stored_bundle(tmp_path_factory.mktemp("models"), model_id, portfolio, *fitted)


@pytest.fixture
def score(database, bundle):
    deploy(database.engine(), bundle)

    def score(portfolio=PORTFOLIO, **wishes):
        return score_portfolio(database.engine("blink_scorer"), portfolio, lambda _: bundle, **wishes)

    return score


@pytest.fixture
def load(database, tmp_path):
    def load(*rows):
        path = tmp_path / "rows.csv"
        path.write_text("\n".join([HEAD, *rows]) + "\n")
        return load_table_file(database.engine("blink_loader"), PORTFOLIO, path, batch_id="B1", now=datetime.now(UTC))

    return load


def scored(database):
    """Subjects with the features and the margins of their scores, and why features were unknown, in order."""
    audits, snapshots = RISK_SCORE_AUDITS.c, FEATURE_STORE_SNAPSHOTS.c
    query = (
        select(audits.subject_id, snapshots.features, snapshots.null_reasons, audits.margin)
        .join_from(RISK_SCORE_AUDITS, FEATURE_STORE_SNAPSHOTS, audits.snapshot_id == snapshots.snapshot_id)
        .order_by(audits.as_of, audits.subject_id)
    )
    with database.engine("blink_reader").connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


UNKNOWN = {
    "amount": "not in the lender's table",
    "dispute": "not in the lender's table, or none of the model's categories",
}


def test_each_subjects_latest_row_is_scored_once(database, load, score, bundle):
    load(*ROWS)
    assert score().scored == 2
    margins = score_rows(bundle, np.array([[7.5, 1.0], [np.nan, np.nan]])).margins.tolist()
    assert scored(database) == [
        ("a", {"amount": 7.5, "dispute": 1.0}, {}, margins[0]),
        ("b", {"amount": None, "dispute": None}, UNKNOWN, margins[1]),
    ]
    assert score() == NOTHING_NEW


def test_a_row_that_is_new_or_corrected_brings_its_subject_back_and_a_label_does_not(database, load, score):
    load(*ROWS)
    score()
    load("a,2024-02-03,7.5,Yes,30")
    assert score() == NOTHING_NEW
    load("b,2024-01-04,3,?,1", "c,2024-01-05,1,No,")
    assert score().scored == 2
    assert [(subject, features["amount"]) for subject, features, *_ in scored(database)[2:]] == [("b", 3.0), ("c", 1.0)]
    assert score() == NOTHING_NEW


def test_a_list_of_categories_that_has_grown_since_changes_no_score(database, load, score):
    load(*ROWS)
    grown = replace(PORTFOLIO.features[1], categories=("?", "Yes", "No"))
    assert score(replace(PORTFOLIO, features=(PORTFOLIO.features[0], grown))).scored == 2
    assert [features["dispute"] for _, features, *_ in scored(database)] == [1.0, None]


def test_a_snapshot_is_not_scored_by_a_model_that_reads_its_codes_as_other_categories(database, load, score, turned):
    load(*ROWS)
    first = score()
    deploy(database.engine(), turned)
    before = scored(database)

    def score_by_it(as_of):
        return score_portfolio(database.engine("blink_scorer"), PORTFOLIO, lambda _: turned, as_of=as_of)

    said = (
        f"^a was scored as of {first.as_of:%Y-%m-%d %H:%M:%S} UTC by a model of other features or categories, whose "
        "snapshot stays: score as of another time$"
    )
    with pytest.raises(ScoringError, match=said):
        score_by_it(first.as_of)
    assert scored(database) == before

    # The run that cannot be carried out stands in nobody's way.
    assert score_by_it(datetime.now(UTC)).scored == 2
    assert [features["dispute"] for _, features, *_ in scored(database)[2:]] == [0.0, None]


def test_a_feature_that_the_table_has_no_more_is_told(load, score):
    load(*ROWS)
    with pytest.raises(
        ScoringError, match="the champion has features that portfolio trade_credit does not compute: disp"
    ):
        score(replace(PORTFOLIO, features=PORTFOLIO.features[:1]))


def test_what_is_new_is_found_by_an_index(database, load):
    load(*ROWS)
    query = text(
        "EXPLAIN SELECT subject_id FROM blink.ground_truth_labels WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())"
    )
    with database.engine().connect() as connection:
        connection.execute(text("SET enable_seqscan = off"))
        plan = "\n".join(connection.execute(query).scalars())
    assert "ground_truth_labels_xid_idx" in plan
