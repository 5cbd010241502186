"""What every algorithm that is found must keep."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from credit.bundle.algorithms import ALGORITHMS
from credit.bundle.calibration import Calibration, ProbabilityCalibration
from credit.bundle.errors import BundleError
from credit.bundle.reader import Bundle, load_bundle
from credit.bundle.writer import write_bundle
from credit.portfolios import FeatureKind
from credit.scores import score_rows
from tests.unit.trainer.algorithms.samples import FEATURES, content_of, draw
from trainer.algorithm import Algorithm, Boosting, Estimator, Sample, algorithm_named, algorithm_names, tuned
from trainer.errors import InsufficientRowsError, TrainingError
from trainer.evaluation import probability
from trainer.ranking import cumulate, rank, roc_auc

TRAINING, LATER = draw(1500, 1), draw(800, 2)
TAKE_CATEGORIES = {"lightgbm", "xgboost", "base_rate"}


@pytest.fixture(scope="module", params=algorithm_names())
def algorithm(request: pytest.FixtureRequest) -> Algorithm:
    return algorithm_named(request.param)


def fitted(algorithm: Algorithm, sample: Sample = TRAINING, *, seed: int = 1) -> Estimator:
    settings = algorithm.settings_for(sample, stopping=False)
    return algorithm.fit(sample, None, features=FEATURES, settings=settings, seed=seed, threads=1)


@pytest.fixture(scope="module")
def estimator(algorithm: Algorithm) -> Estimator:
    return fitted(algorithm)


@pytest.fixture(scope="module")
def bundle(algorithm: Algorithm, estimator: Estimator, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    model_dir = tmp_path_factory.mktemp("models")
    return load_bundle(write_bundle(model_dir, content_of(algorithm, estimator, TRAINING, LATER)))


def test_every_algorithm_is_found_and_can_be_served() -> None:
    assert set(algorithm_names()) == set(ALGORITHMS)


def test_an_algorithm_has_the_name_of_its_module(algorithm: Algorithm) -> None:
    assert algorithm.__name__ == f"trainer.algorithms.{algorithm.NAME}"  # type: ignore[attr-defined]


def test_training_and_serving_agree_on_the_scale(algorithm: Algorithm) -> None:
    assert algorithm.TRAITS.scale == ALGORITHMS[algorithm.NAME].scale


def test_served_margins_are_the_library_s_own(algorithm: Algorithm, estimator: Estimator, bundle: Bundle) -> None:
    rows = np.vstack([TRAINING.rows, LATER.rows, np.full((1, 4), np.nan), np.zeros((1, 4))])
    own, tolerance = estimator.margins(rows), ALGORITHMS[algorithm.NAME].tolerance
    assert own.dtype == np.float64
    assert np.abs(bundle.engine.margins(rows) - own).max() <= tolerance <= 1e-5


def test_contributions_add_up_to_the_margin(bundle: Bundle) -> None:
    rows = np.vstack([LATER.rows, bundle.golden.rows])
    sums = bundle.engine.contributions(rows).sum(axis=1)
    assert np.abs(sums - bundle.engine.margins(rows))[: len(LATER.rows)].max() <= 1e-9


def test_explanations_add_up_to_what_the_scale_says(bundle: Bundle) -> None:
    scored = score_rows(bundle, LATER.rows)
    sums, given = scored.contributions.sum(axis=1) + scored.base_values, scored.default_probabilities
    assert scored.scale == bundle.calibration.scale
    if isinstance(bundle.calibration, ProbabilityCalibration):
        expected = np.clip(sums, bundle.calibration.lowest, bundle.calibration.highest)
        assert np.abs(expected - given).max() <= 1e-9
    else:
        assert np.abs(sums - (np.log(given) - np.log1p(-given))).max() <= 1e-9


def test_any_number_gets_a_probability_and_points(bundle: Bundle) -> None:
    edges = [np.nan, 0.0, -0.0, 1e300, -1e300, np.inf, -np.inf, 5e-324]
    rows = np.array([[one, other, one, other] for one in edges for other in edges])
    scored = score_rows(bundle, rows)
    assert ((scored.default_probabilities >= 0) & (scored.default_probabilities <= 1)).all()
    assert np.abs(scored.points).max() < 10**12


def test_a_row_alone_scores_as_it_does_in_a_batch_to_the_bit(bundle: Bundle) -> None:
    rows = LATER.rows[:100]
    alone = np.concatenate([bundle.engine.margins(rows[[row]]) for row in range(100)])
    explained = np.concatenate([bundle.engine.contributions(rows[[row]]) for row in range(100)])
    np.testing.assert_array_equal(alone, bundle.engine.margins(rows))
    np.testing.assert_array_equal(explained, bundle.engine.contributions(rows))


def test_the_same_seed_gives_the_same_bytes(algorithm: Algorithm, estimator: Estimator) -> None:
    assert fitted(algorithm).native == estimator.native


def test_those_who_stop_early_keep_fewer_rounds_than_they_may(algorithm: Algorithm) -> None:
    settings = algorithm.settings_for(TRAINING, stopping=True)
    if not algorithm.TRAITS.stops_early:
        assert not isinstance(settings, Boosting)
        return
    stopped = algorithm.fit(TRAINING, LATER, features=FEATURES, settings=settings, seed=1, threads=1)
    assert 5 < stopped.rounds < settings.rounds
    assert np.isfinite(stopped.margins(LATER.rows)).all()


def test_what_may_be_tuned_are_its_settings_and_both_ends_of_a_range_can_be_fitted(algorithm: Algorithm) -> None:
    settings = replace(algorithm.settings_for(TRAINING, stopping=False))
    for at in ("low", "high"):
        changed = tuned(algorithm, settings, {one.name: getattr(one, at) for one in algorithm.SPACE})
        estimator = algorithm.fit(TRAINING, None, features=FEATURES, settings=changed, seed=1, threads=1)
        assert np.isfinite(estimator.margins(LATER.rows)).all()
        for one in algorithm.SPACE:
            assert isinstance(getattr(changed, one.name), int if one.whole else float)


def test_it_ranks_and_is_about_calibrated(algorithm: Algorithm, bundle: Bundle) -> None:
    log_odds = bundle.calibration.log_odds(bundle.engine.margins(LATER.rows))
    auc = float(roc_auc(cumulate(rank(log_odds, LATER.y), np.ones((1, len(LATER.y)))))[0])
    assert auc == 0.5 if algorithm.NAME == "base_rate" else auc > 0.7
    assert probability(log_odds).sum() == pytest.approx(LATER.bads, rel=0.15)


def test_what_holds_by_construction_holds(algorithm: Algorithm, bundle: Bundle) -> None:
    if not algorithm.TRAITS.monotone:
        pytest.skip("directions are not enforced")
    for column, sign in ((0, -1), (1, 1)):
        rows = np.tile(np.nanmean(TRAINING.rows, axis=0), (200, 1))
        rows[:, column] = np.nanquantile(TRAINING.rows[:, column], np.linspace(0, 1, 200))
        assert (sign * np.diff(bundle.engine.margins(rows)) >= 0).all()


def test_its_own_weights_name_their_figure(algorithm: Algorithm, estimator: Estimator) -> None:
    weights = estimator.weights
    assert (weights.figure != "", weights.values.shape, weights.values[3]) == (True, (4,), 0.0)
    if algorithm.NAME != "base_rate":
        assert abs(weights.values[0]) > abs(weights.values[2])


def test_a_bundle_whose_library_says_otherwise_is_refused(
    algorithm: Algorithm, estimator: Estimator, tmp_path: Path
) -> None:
    content = content_of(algorithm, estimator, TRAINING, LATER)
    wrong = replace(content, library_margins=lambda rows: estimator.margins(rows) + 2e-5)
    with pytest.raises(BundleError, match=f"against {algorithm.NAME} itself: row 0: margin .*, expected"):
        write_bundle(tmp_path, wrong)
    swapped = replace(content, features=(FEATURES[1], FEATURES[0], *FEATURES[2:]))
    if ALGORITHMS[algorithm.NAME].feature_names(estimator.native):
        with pytest.raises(BundleError, match="but the model's columns are pay, overdrafts, noise, constant"):
            write_bundle(tmp_path, swapped)


def test_a_calibration_of_another_scale_is_refused(algorithm: Algorithm, estimator: Estimator, tmp_path: Path) -> None:
    log_odds = algorithm.TRAITS.scale == "log_odds_default"
    other = ProbabilityCalibration(1.0, 0.0, 0.01, 0.99) if log_odds else Calibration(1.0, 0.0)
    content = replace(content_of(algorithm, estimator, TRAINING, LATER), calibration=other)
    with pytest.raises(
        BundleError, match=rf"calibration\.json: scale {other.scale}, but margins of {algorithm.NAME} are"
    ):
        write_bundle(tmp_path, content)


def test_a_native_file_that_is_none_is_refused(algorithm: Algorithm, estimator: Estimator, tmp_path: Path) -> None:
    for model in (b"", b"pickle", b"{}", b"[1]"):
        content = replace(content_of(algorithm, estimator, TRAINING, LATER), model=model)
        with pytest.raises(BundleError, match=ALGORITHMS[algorithm.NAME].native_file):
            write_bundle(tmp_path, content)
    assert list(tmp_path.iterdir()) == []


def test_a_category_is_fitted_exactly_or_refused(algorithm: Algorithm, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows = TRAINING.rows.copy()
    rows[:, 3] = rng.integers(0, 6, len(rows))
    sample = Sample(rows, np.where(rows[:, 3] == 4, 1, TRAINING.y).astype(np.int8))
    features = (*FEATURES[:3], replace(FEATURES[3], kind=FeatureKind.CATEGORICAL))

    def fit() -> Estimator:
        settings = algorithm.settings_for(sample, stopping=False)
        return algorithm.fit(sample, None, features=features, settings=settings, seed=1, threads=1)

    if algorithm.NAME not in TAKE_CATEGORIES:
        with pytest.raises(TrainingError, match=f"{algorithm.NAME}: only numeric features are supported, not constant"):
            fit()
        return
    content = replace(content_of(algorithm, fit(), sample, LATER), features=features)
    served = load_bundle(write_bundle(tmp_path, content))
    risky = np.tile([1500.0, 1.0, 0.0, 0.0], (6, 1))
    risky[:, 3] = np.arange(6)
    margins = served.engine.margins(risky)
    assert (margins[4] > np.delete(margins, 4) + 1).all() or algorithm.NAME == "base_rate"


def test_one_class_alone_is_refused_but_by_lightgbm(algorithm: Algorithm) -> None:
    if algorithm.NAME == "lightgbm":
        pytest.skip("a fold without bads gets trees that say so")
    with pytest.raises(InsufficientRowsError, match=f"{algorithm.NAME} needs rows of both classes: 1500 rows, 0 bad"):
        fitted(algorithm, Sample(TRAINING.rows, np.zeros(1500, np.int8)))


KNOWN = {
    "base_rate": set(),
    "catboost": {"depth", "learning_rate", "l2_leaf_reg", "border_count"},
    "lightgbm": {"num_leaves", "learning_rate", "lambda_l2", "max_bin", "lambda_l1"},
    "logistic_regression": {"C", "max_iter", "tol", "solver"},
    "random_forest": {"n_estimators", "max_depth", "max_features", "criterion"},
    "xgboost": {"max_depth", "learning_rate", "reg_lambda", "scale_pos_weight", "max_bin", "objective", "seed"},
}
"""Of each library some parameters that we set, and some that we leave to it."""


def test_its_library_s_parameters_are_told_in_plain_text(algorithm: Algorithm, estimator: Estimator) -> None:
    told = estimator.parameters
    assert KNOWN[algorithm.NAME] <= told.keys()
    assert all(isinstance(value, str) and value for value in told.values())
