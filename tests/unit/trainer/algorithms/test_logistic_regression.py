"""Requirement C1, against scikit-learn as anybody would write it down."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from credit.bundle.algorithms import ALGORITHMS
from tests.unit.trainer.algorithms.samples import FEATURES, draw
from trainer.algorithm import Sample
from trainer.algorithms.logistic_regression import Settings, fit
from trainer.errors import TrainingError

TRAINING, LATER = draw(1500, 1), draw(800, 2)


def fitted(settings: Settings, sample: Sample = TRAINING):
    return fit(sample, None, features=FEATURES, settings=settings, seed=1, threads=1)


@pytest.mark.parametrize("penalty", [1.0, 0.01])
def test_served_probabilities_are_a_straightforward_run_s_to_1e_6(penalty: float) -> None:
    plain = make_pipeline(StandardScaler(), LogisticRegression(C=penalty, max_iter=1000))
    plain.fit(np.nan_to_num(TRAINING.rows), TRAINING.y)
    engine = ALGORITHMS["logistic_regression"].engine_of(fitted(Settings(inverse_penalty=penalty)).native)
    served = 1 / (1 + np.exp(-engine.margins(LATER.rows)))
    np.testing.assert_allclose(served, plain.predict_proba(np.nan_to_num(LATER.rows))[:, 1], rtol=0, atol=1e-6)


def test_filling_and_scaling_are_in_the_native_file() -> None:
    native = json.loads(fitted(Settings()).native)
    filled = np.nan_to_num(TRAINING.rows)
    assert (native["features"], native["fill"]) == (["pay", "overdrafts", "noise", "constant"], 0.0)
    assert native["terms"].keys() == {"pay", "overdrafts", "noise"}
    assert native["terms"]["pay"]["mean"] == pytest.approx(filled[:, 0].mean(), rel=1e-12)
    assert native["terms"]["pay"]["sd"] == pytest.approx(filled[:, 0].std(), rel=1e-12)


def test_weights_are_the_standardised_coefficients() -> None:
    estimator = fitted(Settings())
    weights = dict(zip(estimator.feature_names, estimator.weights.values, strict=True))
    terms = json.loads(estimator.native)["terms"]
    assert weights["pay"] < 0 < weights["overdrafts"]
    for name, term in terms.items():
        assert term["coefficient"] * term["sd"] == pytest.approx(weights[name], rel=1e-12)


def test_what_does_not_converge_is_refused() -> None:
    with pytest.raises(TrainingError, match="logistic_regression: not converged in 1 iterations"):
        fitted(Settings(iterations=1))


def test_a_value_that_is_infinite_is_refused() -> None:
    rows = TRAINING.rows.copy()
    rows[3, 1] = np.inf
    with pytest.raises(TrainingError, match=r"logistic_regression: .*infinity"):
        fitted(Settings(), replace(TRAINING, rows=rows))
