from dataclasses import replace

import numpy as np
import pytest

from credit.bundle.calibration import Calibration
from credit.bundle.evaluation import Vintage
from credit.portfolio_file import load_portfolio
from credit.portfolios import Feature, FeatureKind, Gate, Portfolio, Setting, Split, SplitKind
from trainer.algorithm import algorithm_names
from trainer.errors import InsufficientRowsError, TrainingError
from trainer.evaluation import evaluate, probability
from trainer.fitting import Calibrated, Fit, fit, require_enough
from trainer.judgement import judge
from trainer.rows import Rows, vintages_of

PORTFOLIO = replace(
    load_portfolio("cash_advance"),
    features=(
        Feature("pay", FeatureKind.NUMERIC, "currency", 1, "income"),
        Feature("noise", FeatureKind.NUMERIC, "count", 0, "activity"),
    ),
    gate=Gate(min_rows=50, min_bads=5),
)
FOLDED = replace(PORTFOLIO, split=Split(SplitKind.CROSS_VALIDATION, folds=3, repeats=1))


def draw(n: int, *, bad_rate: float = 0.15, seed: int = 1) -> Rows:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 2))
    intercept = np.log(bad_rate / (1 - bad_rate)) - 0.4
    requested = np.datetime64("2023-01-01", "us") + np.sort(rng.integers(0, 700 * 24, n)) * np.timedelta64(1, "h")
    return Rows(
        advance_id=np.arange(n),
        subject_id=rng.integers(0, n // 2 + 1, n).astype(str),
        requested_at=requested,
        values=values,
        y=(rng.random(n) < probability(intercept - 1.2 * values[:, 0])).astype(np.int8),
        known_at=requested + np.timedelta64(50, "D"),
        has_history=np.ones(n, dtype=bool),
        stored=np.zeros(n, dtype=bool),
        reproduced=np.zeros(n, dtype=bool),
    )


def fitted(rows: Rows, portfolio: Portfolio = PORTFOLIO) -> Fit:
    return fit(rows, portfolio, seed=1, threads=1, progress=lambda *_: None)


def test_enough_rows_give_a_model_calibrated_on_its_slice_and_judged_on_the_last() -> None:
    rows = draw(6000)
    found = fitted(rows)
    assert [one.name for one in found.slices] == ["training", "stopping", "calibration", "purged", "test"]
    assert found.model.calibrated_on is Calibrated.SLICE
    assert rows.requested_at[found.fitted].max() < rows.requested_at[found.judged].min()
    measures = evaluate(
        rows.y[found.judged], found.log_odds, np.arange(len(found.judged)), rng=np.random.default_rng(1)
    )
    assert measures.roc_auc.estimate > 0.75
    assert measures.calibration_slope.lower < 1 < measures.calibration_slope.upper


def test_few_bads_join_slices_and_cross_fit_the_calibration() -> None:
    found = fitted(draw(600))
    rows = {one.name: one.rows for one in found.slices}
    assert (rows["stopping"], rows["calibration"]) == (0, 0)
    assert rows["training"] + rows["purged"] + rows["test"] == 600
    assert found.model.calibrated_on is Calibrated.OUT_OF_FOLD
    assert found.model.calibration.a > 0


def test_cross_validation_predicts_every_row_without_having_seen_it() -> None:
    noise = replace(draw(120), values=np.random.default_rng(2).normal(size=(120, 2)))
    found = fitted(noise, FOLDED)
    measures = evaluate(noise.y, found.log_odds, np.arange(120), rng=np.random.default_rng(1))
    assert found.judged.tolist() == found.fitted.tolist() == list(range(120))
    assert measures.roc_auc.lower < 0.5 < measures.roc_auc.upper + 0.15


def test_the_same_seed_gives_the_same_fit() -> None:
    rows = draw(300)
    one, other = fitted(rows, FOLDED), fitted(rows, FOLDED)
    assert one.model == replace(other.model, estimator=one.model.estimator)
    assert one.model.estimator.native == other.model.estimator.native
    assert np.array_equal(one.log_odds, other.log_odds)


@pytest.mark.parametrize(
    ("bads", "rows", "message"),
    [
        (0, 0, "too few rows: 0 labelled rows"),
        (0, 300, "only one class: 300 labelled rows with history, 0 bad and 300 good"),
        (300, 300, "only one class"),
        (4, 300, "4 bad and 296 good; needed are 50 rows, 5 of each class"),
        (10, 49, "needed are 50 rows"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_its_counts(bads: int, rows: int, message: str) -> None:
    y = np.repeat([1, 0], [bads, rows - bads]).astype(np.int8)
    with pytest.raises(InsufficientRowsError, match=message):
        require_enough(y, PORTFOLIO.gate)


def test_an_unknown_algorithm_is_named() -> None:
    with pytest.raises(
        TrainingError, match=r"portfolio cash_advance: no algorithm 'crystal_ball'; there are base_rate, .*lightgbm, "
    ):
        fitted(draw(300), replace(PORTFOLIO, algorithm="crystal_ball"))


@pytest.mark.parametrize("name", ["logistic_regression", "base_rate"])
def test_what_is_calibrated_and_does_not_stop_early_is_fitted_to_all_rows_before_the_test(name: str) -> None:
    rows = draw(3000)
    found = fitted(rows, replace(PORTFOLIO, algorithm=name))
    counted = {one.name: one.rows for one in found.slices}
    assert (counted["stopping"], counted["calibration"]) == (0, 0)
    assert counted["training"] == len(found.fitted)
    assert (found.model.calibration, found.model.calibrated_on) == (Calibration(1.0, 0.0), Calibrated.NOTHING)


@pytest.mark.parametrize("name", algorithm_names())
def test_every_algorithm_takes_the_path_and_is_judged(name: str) -> None:
    rows = draw(3000)
    portfolio = replace(PORTFOLIO, algorithm=name)
    found = fitted(rows, portfolio)
    judged = judge(rows, rows.take(np.zeros(3000, dtype=bool)), found, portfolio, np.random.default_rng(1))
    auc, most = judged.evaluation.roc_auc.estimate, judged.importance[0]
    if name == "base_rate":
        assert (auc, most.wording) == (0.5, "is not used")
    else:
        linear = name == "logistic_regression"
        words = "decreases default risk" if linear else "increases repayment probability"
        assert (auc > 0.65, most.metric, most.wording) == (True, "pay", words)


@pytest.mark.parametrize("name", algorithm_names())
def test_every_algorithm_can_be_cross_validated(name: str) -> None:
    rows = draw(120)
    folded = Split(SplitKind.CROSS_VALIDATION, folds=2, repeats=1)
    found = fitted(rows, replace(PORTFOLIO, algorithm=name, split=folded))
    assert np.isfinite(found.log_odds).all()
    assert found.model.calibrated_on in {Calibrated.OUT_OF_FOLD, Calibrated.NOTHING}


def test_a_test_slice_of_one_class_is_refused_with_all_slices_counted() -> None:
    rows = draw(400)
    y = rows.y.copy()
    y[300:] = 0
    with pytest.raises(InsufficientRowsError, match=r"the test slice .*; test 100 rows, 0 bad"):
        fitted(replace(rows, y=y))


def test_judgement_counts_the_censored_of_the_judged_time_as_good() -> None:
    rows = draw(1000)
    found = fitted(rows)
    censored = replace(draw(500, seed=4), y=np.full(500, -1, dtype=np.int8))
    recent = int((censored.requested_at >= rows.requested_at[found.judged].min()).sum())
    judged = judge(rows, censored, found, PORTFOLIO, np.random.default_rng(1))
    none = judge(rows, censored.take(np.zeros(500, dtype=bool)), found, PORTFOLIO, np.random.default_rng(1))
    assert judged.sensitivity is not None
    assert judged.sensitivity.censored == recent
    assert none.sensitivity is None
    assert none.evaluation == judged.evaluation
    assert (judged.importance[0].metric, judged.importance[0].observed) == ("pay", 1)
    assert judged.indicative


def test_vintages_are_months_and_years_where_there_are_many() -> None:
    rows = draw(4)
    at = np.array(["2023-01-05", "2023-01-09", "2023-02-01", "2027-01-01"], dtype="datetime64[us]")
    rows = replace(rows, requested_at=at, y=np.array([1, -1, 0, 0], np.int8))
    rows = replace(rows, has_history=np.array([True, True, False, True]))
    assert vintages_of(rows) == (
        Vintage("2023-01", used=1, without_history=0, censored=1, bads=1),
        Vintage("2023-02", used=0, without_history=1, censored=0, bads=0),
        Vintage("2027-01", used=1, without_history=0, censored=0, bads=0),
    )
    many = np.datetime64("2020-01-01", "us") + np.arange(40) * np.timedelta64(31, "D")
    assert [one.name for one in vintages_of(replace(draw(40), requested_at=many))] == ["2020", "2021", "2022", "2023"]


def test_what_a_portfolio_fixes_shapes_the_model_in_every_kind_of_division() -> None:
    few = (Setting("rounds", 7), Setting("leaves", 2))
    for portfolio in (PORTFOLIO, FOLDED):
        found = fitted(draw(400), replace(portfolio, settings=few))
        assert (found.model.estimator.rounds, found.model.estimator.native.count(b"num_leaves=2\n")) == (7, 7)
    with pytest.raises(TrainingError, match=r"portfolio cash_advance \[settings\] depth: lightgbm has no such setting"):
        fitted(draw(300), replace(PORTFOLIO, settings=(Setting("depth", 3),)))
