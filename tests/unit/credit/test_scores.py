from datetime import UTC, datetime
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

from credit.bundle.calibration import Calibration
from credit.bundle.content import BundleContent
from credit.bundle.manifest import TrainingWindow
from credit.bundle.model_id import ModelId
from credit.bundle.reader import Bundle, load_bundle
from credit.bundle.writer import write_bundle
from credit.portfolio_file import load_portfolio
from credit.reasons import LATEST_SENTENCES, ReasonRules
from credit.scores import ScoredRows, score_of, score_rows

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
PORTFOLIO = load_portfolio("cash_advance")
WIDTH = len(PORTFOLIO.features)


def some_rows(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, WIDTH))
    rows[rng.random(rows.shape) < 0.1] = np.nan
    return rows


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    rows = some_rows(600, 1)
    bad = (np.nansum(rows[:, :3], axis=1) + np.random.default_rng(2).normal(size=600) > 1.0).astype(float)
    booster = lightgbm.train(
        {"objective": "binary", "num_leaves": 7, "verbosity": -1, "num_threads": 1, "deterministic": True},
        lightgbm.Dataset(rows, bad),
        num_boost_round=20,
    )
    content = BundleContent(
        model_id=ModelId("model_cash_advance_20260301_000000"),
        portfolio=PORTFOLIO.name,
        algorithm="lightgbm",
        features=PORTFOLIO.features,
        window=TrainingWindow(AS_OF.replace(year=2025), AS_OF),
        label_rule=PORTFOLIO.label,
        metrics={},
        model=booster.model_to_string().encode(),
        calibration=Calibration(a=0.9, b=-0.2),
        catalogue_version=LATEST_SENTENCES,
        reference=pa.table(dict(zip(PORTFOLIO.feature_names, rows.T, strict=True))),
    )
    path: Path = write_bundle(tmp_path_factory.mktemp("models"), content)
    return load_bundle(path)


@pytest.fixture(scope="module")
def scored(bundle: Bundle) -> ScoredRows:
    return score_rows(bundle, some_rows(200, 3))


def test_contributions_and_base_add_up_to_the_logit_of_the_probability(scored: ScoredRows) -> None:
    logit = np.log(scored.default_probabilities / (1.0 - scored.default_probabilities))
    assert np.abs(scored.contributions.sum(axis=1) + scored.base_values - logit).max() < 1e-9


def test_a_row_alone_scores_as_it_does_in_a_batch_to_the_bit(bundle: Bundle, scored: ScoredRows) -> None:
    rows = some_rows(200, 3)
    for row in range(200):
        alone = score_of(score_rows(bundle, rows[[row]]), 0, subject_id="s", as_of=AS_OF)
        assert alone == score_of(scored, row, subject_id="s", as_of=AS_OF)


def test_amounts_of_all_groups_lead_from_the_mean_log_odds_of_the_reference_to_the_rows(
    bundle: Bundle, scored: ScoredRows
) -> None:
    rules: ReasonRules = bundle.reason_rules
    means = np.array(rules.mean_contributions)
    reference = score_rows(bundle, some_rows(600, 1))
    mean_log_odds = (reference.contributions.sum(axis=1) + reference.base_values).mean()
    excess = (scored.contributions - means).sum(axis=1)
    logit = np.log(scored.default_probabilities / (1.0 - scored.default_probabilities))
    assert np.abs(mean_log_odds + excess - logit).max() < 1e-9


def test_a_score_says_all_that_an_answer_needs(scored: ScoredRows) -> None:
    score = score_of(scored, 7, subject_id="u-7", as_of=AS_OF)
    assert (score.subject_id, score.as_of, score.model_id) == ("u-7", AS_OF, "model_cash_advance_20260301_000000")
    assert tuple(score.contributions) == PORTFOLIO.feature_names
    assert score.repayment_probability == 1.0 - score.default_probability
    assert score.scale == "log_odds_default"
    row = some_rows(200, 3)[7]
    assert score.missing == tuple(np.array(PORTFOLIO.feature_names)[np.isnan(row)])
    odds = (1.0 - score.default_probability) / score.default_probability
    assert score.points == round(600 + 20 * np.log2(odds / 50))


def test_no_rows_give_no_scores(bundle: Bundle) -> None:
    assert len(score_rows(bundle, np.empty((0, WIDTH)))) == 0
