"""Tracking never makes a training fail that has begun, and says once what it cannot do."""

import sys
from contextlib import nullcontext

import pytest

from tests.unit.trainer.comparison.samples import trial
from trainer.errors import TrackingError, TrainingError
from trainer.tracking.facts import RunFacts, TrackingPlace
from trainer.tracking.tracker import Tracker, tracked_run

FACTS = RunFacts("consumer_credit", "comparison", {"rows_sha256": "00"})


class Recorded:
    """Runs that remember what they were told, and fail at one of the calls."""

    def __init__(self, fails_at=None, error=TrackingError):
        self.told = []
        self.fails_at = fails_at
        self.error = error

    def errors(self):
        return nullcontext()

    def __getattr__(self, name):
        def call(*given, **named):
            self.told.append((name, named))
            if name == self.fails_at:
                raise self.error(f"MLflow at http://mlflow: {name} refused")

        return call


def test_what_fails_is_told_once_and_nothing_follows():
    runs, said = Recorded(fails_at="trial"), []
    tracker = Tracker(runs, lambda what, *_: said.append(what))
    for _ in range(3):
        tracker.tell("trial", trial("lightgbm", 0.7))
    tracker.tell("end", error=None)
    assert (runs.told, said) == ([("trial", {})], ["not tracked any further: MLflow at http://mlflow: trial refused"])
    assert not tracker.active


def test_what_nobody_thought_of_is_told_too():
    runs, said = Recorded(fails_at="model", error=KeyError), []
    Tracker(runs, lambda what, *_: said.append(what)).tell("model")
    assert said == ["not tracked any further: KeyError: 'MLflow at http://mlflow: model refused'"]


def test_without_a_place_nothing_is_imported_or_said():
    said = []
    with tracked_run(None, FACTS, lambda what, *_: said.append(what)) as tracker:
        tracker.tell("trial", trial("lightgbm", 0.7))
    assert (tracker.active, said) == (False, [])


def test_without_mlflow_it_is_said_once(monkeypatch):
    said = []
    monkeypatch.setitem(sys.modules, "mlflow", None)
    monkeypatch.delitem(sys.modules, "trainer.tracking.mlflow_runs", raising=False)
    with tracked_run(TrackingPlace("sqlite:////nowhere"), FACTS, lambda what, *_: said.append(what)) as tracker:
        tracker.tell("trial", trial("lightgbm", 0.7))
    assert said == ["not tracked: mlflow is not installed; install blinkscoring[track]"]


def test_a_run_ends_with_the_block(monkeypatch):
    runs = Recorded()
    monkeypatch.setattr("trainer.tracking.tracker._runs", lambda *_: runs)
    with tracked_run(TrackingPlace("http://mlflow"), FACTS, lambda *_: None):
        pass
    assert runs.told == [("begin", {}), ("end", {"error": None})]


def test_a_run_ends_with_the_error_of_the_block(monkeypatch):
    runs = Recorded()
    monkeypatch.setattr("trainer.tracking.tracker._runs", lambda *_: runs)
    with (
        pytest.raises(TrainingError, match="too few rows"),
        tracked_run(TrackingPlace("http://mlflow"), FACTS, lambda *_: None),
    ):
        raise TrainingError("too few rows")
    assert runs.told == [("begin", {}), ("end", {"error": "TrainingError: too few rows"})]


def test_a_place_that_cannot_be_used_is_an_error_before_anything_is_trained(monkeypatch):
    monkeypatch.setattr("trainer.tracking.tracker._runs", lambda *_: Recorded(fails_at="begin"))
    with (
        pytest.raises(TrackingError, match="begin refused"),
        tracked_run(TrackingPlace("http://mlflow"), FACTS, lambda *_: None),
    ):
        pytest.fail("the block began")
