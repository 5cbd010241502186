"""XGBoost with weights of its classes."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.trainer.algorithms.samples import FEATURES, draw
from trainer.algorithms.xgboost import Settings, fit
from trainer.calibration import fit_calibration
from trainer.evaluation import probability

SAMPLE, HELD_BACK = draw(1500, 1), draw(1500, 2)
PLAIN = Settings(
    rounds=20,
    patience=None,
    depth=3,
    learning_rate=0.1,
    min_hessian_in_leaf=1.0,
    l2=1.0,
    feature_fraction=1.0,
    row_fraction=1.0,
)


def fitted(settings, sample=SAMPLE):
    return fit(sample, None, features=FEATURES, settings=settings, seed=1, threads=1)


def test_balanced_is_the_ratio_of_goods_to_bads():
    bads = SAMPLE.bads
    ratio = replace(PLAIN, bad_weight=(len(SAMPLE.y) - bads) / bads)
    assert fitted(replace(PLAIN, bad_weight="balanced")).native == fitted(ratio).native


def test_balanced_margins_lie_higher_and_the_calibration_brings_them_back():
    plain, balanced = (fitted(replace(PLAIN, bad_weight=weight)) for weight in (1.0, "balanced"))
    rate = HELD_BACK.y.mean()
    assert probability(plain.margins(HELD_BACK.rows)).mean() == pytest.approx(rate, rel=0.1)
    margins = balanced.margins(HELD_BACK.rows)
    assert probability(margins).mean() > rate + 0.1
    calibration = fit_calibration(margins, HELD_BACK.y, "log_odds_default")
    assert float(np.mean(calibration.probability(margins))) == pytest.approx(rate, rel=0.02)
