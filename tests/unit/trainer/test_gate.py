import numpy as np
import pytest

from trainer.evaluation import log_losses, probability
from trainer.gate import paired_evidence

RNG = np.random.default_rng(8)
TRUTH = RNG.normal(-1.5, 1.3, 3000)
Y = (RNG.random(3000) < probability(TRUTH)).astype(np.int8)
NOISY = TRUTH + RNG.normal(0, 1.5, 3000)
USERS = np.arange(3000)


def test_a_better_model_is_seen_to_be_better() -> None:
    found = paired_evidence(Y, challenger=TRUTH, champion=NOISY, users=USERS, rng=np.random.default_rng(1))
    assert found is not None
    assert found.auc.lower > 0
    assert found.log_loss.lower > 0
    expected = np.mean(log_losses(Y, NOISY) - log_losses(Y, TRUTH))
    assert found.log_loss.estimate == pytest.approx(expected)


def test_the_same_model_differs_by_exactly_nothing() -> None:
    found = paired_evidence(Y, challenger=TRUTH, champion=TRUTH, users=USERS, rng=np.random.default_rng(1))
    assert found is not None
    assert (found.auc.lower, found.auc.estimate, found.auc.upper) == (0, 0, 0)
    assert (found.log_loss.lower, found.log_loss.upper) == (0, 0)


def test_exchanging_the_models_turns_the_differences_around() -> None:
    one = paired_evidence(Y, challenger=TRUTH, champion=NOISY, users=USERS, rng=np.random.default_rng(1))
    other = paired_evidence(Y, challenger=NOISY, champion=TRUTH, users=USERS, rng=np.random.default_rng(1))
    assert one is not None
    assert other is not None
    assert one.auc.lower == pytest.approx(-other.auc.upper)
    assert one.log_loss.estimate == pytest.approx(-other.log_loss.estimate)


def test_pairing_gives_a_narrower_interval_than_two_samples_would() -> None:
    near = TRUTH + np.random.default_rng(3).normal(0, 0.05, 3000)
    found = paired_evidence(Y, challenger=near, champion=TRUTH, users=USERS, rng=np.random.default_rng(1))
    assert found is not None
    assert found.auc.upper - found.auc.lower < 0.01


def test_one_class_is_no_evidence() -> None:
    none = np.zeros(10, dtype=np.int8)
    ten = np.arange(10)
    rng = np.random.default_rng(1)
    assert paired_evidence(none, challenger=TRUTH[:10], champion=NOISY[:10], users=ten, rng=rng) is None
