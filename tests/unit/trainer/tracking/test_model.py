"""What a tracker is told of a registered model, and what cannot make its training fail any more."""

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from trainer.errors import CardError
from trainer.tracking import model as tracked_model
from trainer.tracking.facts import TrackedModel
from trainer.tracking.tracker import Tracker


class Runs:
    """Runs that remember the models."""

    def __init__(self):
        self.models = []

    def errors(self):
        return nullcontext()

    def model(self, model):
        self.models.append(model)


@pytest.mark.parametrize("error", [CardError("no jinja2"), ValueError("a broken font"), ImportError("no NumPy")])
def test_a_card_that_cannot_be_drawn_is_told_and_the_model_is_tracked(error, monkeypatch):
    def failing(*_):
        raise error

    bundle = SimpleNamespace(path=Path("models/m"), model_id="m", evaluation=lambda: None)
    monkeypatch.setattr(tracked_model, "load_bundle", lambda _: bundle)
    monkeypatch.setattr(tracked_model, "to_json", lambda _: {"model_id": "m"})
    monkeypatch.setattr(tracked_model, "registration_of", lambda *_: None)
    monkeypatch.setattr(tracked_model, "rendered_card", failing)
    runs, said = Runs(), []
    tracker = Tracker(runs, lambda what, *_: said.append(what))
    engine = SimpleNamespace(connect=lambda: nullcontext(None))
    tracked_model.track_model(tracker, engine, SimpleNamespace(model_id="m"), Path("models"))
    assert said == [f"no model card: {error}"]
    (told,) = runs.models
    expected = TrackedModel("m", Path("models/m"), {"model_id": "m"}, {}, None)
    fields = ("model_id", "bundle", "report", "figures", "card")
    assert [getattr(told, name) for name in fields] == [getattr(expected, name) for name in fields]
