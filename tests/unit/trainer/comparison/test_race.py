"""Lanes side by side: what each gives depends on nobody else."""

import threading

from trainer.algorithm import Range
from trainer.comparison.candidate import FoldFigures
from trainer.comparison.race import Lane, race
from trainer.comparison.studies import passing_studies
from trainer.errors import TrainingError

SPACE = (Range("l2", 0.1, 50.0, log=True),)
FOLDS = 3


def fit(trial, position):
    return FoldFigures(0.7 + trial.parameters.get("l2", 0.0) / 1000 + position / 100, 0.5, None)


def lanes(names, *, trials=4, fit=fit, studies=None):
    studies = studies or passing_studies()
    return [Lane(studies.study(name, name, SPACE, seed=1), trials, fit, FOLDS) for name in names]


def raced(found, jobs):
    list(race(found, jobs=jobs))
    return {
        lane.study.algorithm: [(one.parameters, one.aucs, one.pruned) for one in lane.study.ended()] for lane in found
    }


def test_the_number_of_jobs_and_the_others_change_nothing():
    alone = raced(lanes(["a"]), 1) | raced(lanes(["b"]), 1)
    assert raced(lanes(["a", "b"]), 3) == alone
    assert [len(trials) for trials in alone.values()] == [4, 4]


def test_folds_of_different_lanes_are_fitted_at_once():
    both = threading.Barrier(2, timeout=20)

    def together(trial, position):
        both.wait()
        return fit(trial, position)

    found = raced(lanes(["a", "b"], trials=1, fit=together), 2)
    assert [len(trials) for trials in found.values()] == [1, 1]


def test_a_race_goes_on_where_an_earlier_one_ended():
    studies, counted = passing_studies(), []

    def counting(trial, position):
        counted.append((trial.number, position))
        return fit(trial, position)

    raced(lanes(["a"], trials=2, studies=studies), 1)
    assert len(raced(lanes(["a"], trials=3, fit=counting, studies=studies), 1)["a"]) == 3
    assert counted == [(2, 0), (2, 1), (2, 2)]


def test_an_algorithm_that_does_not_take_the_rows_is_dropped_with_its_reason():
    def refusing(trial, position):
        raise TrainingError("catboost: only numeric features are supported, not colour")

    refused, other = lanes(["catboost"], fit=refusing)[0], lanes(["lightgbm"])[0]
    ended = list(race([refused, other], jobs=2))
    assert (refused.dropped, refused.study.ended()) == (
        "catboost: only numeric features are supported, not colour",
        (),
    )
    assert (len(ended), other.dropped) == (4, None)
