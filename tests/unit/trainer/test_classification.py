"""Counts at the cut-off, beside scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix

from trainer.classification import CLASSES, Classification, ClassReport, classify, report_of
from trainer.evaluation import probability


@pytest.mark.parametrize("cut_off", [0.12, 0.5, 0.9])
def test_counts_and_rates_are_scikit_learns(cut_off):
    rng = np.random.default_rng(3)
    log_odds = rng.normal(size=500)
    y = (rng.random(500) < probability(log_odds)).astype(np.int8)
    found = classify(y, log_odds, cut_off)
    declined = probability(log_odds) >= cut_off
    expected = classification_report(y, declined, target_names=CLASSES, output_dict=True, zero_division=0)
    assert np.array_equal(found.confusion_matrix, confusion_matrix(y, declined))
    assert found.accuracy == pytest.approx(accuracy_score(y, declined))
    for name in CLASSES:
        assert report_of(found)[name] == pytest.approx(expected[name])


def test_a_class_that_nothing_is_taken_for_has_rates_of_0():
    found = classify(np.array([0, 0, 1], dtype=np.int8), np.array([-5.0, -5.0, -5.0]), 0.5)
    assert found == Classification(
        cut_off=0.5,
        accuracy=2 / 3,
        confusion_matrix=((2, 0), (1, 0)),
        classes=(ClassReport(2 / 3, 1.0, 0.8, 2), ClassReport(0.0, 0.0, 0.0, 1)),
    )


def test_the_cut_off_itself_is_declined():
    assert classify(np.array([1], dtype=np.int8), np.array([0.0]), 0.5).confusion_matrix == ((0, 0), (0, 1))
