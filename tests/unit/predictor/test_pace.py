"""How fast a model is found to be."""

from itertools import count

import numpy as np
import pytest

from predictor.inference import Depth
from predictor.pace import Cost, pace_of
from tests.unit.predictor.stub_bundle import SumEngine, stub_bundle


class Slow(SumEngine):
    """Takes 1 s a call and 2 s a row for margins, ten times as long for contributions."""

    spent = 0.0

    def margins(self, rows):
        self.spent += 1 + 2 * len(rows)
        return super().margins(rows)

    def contributions(self, rows):
        self.spent += 10 + 20 * len(rows)
        return super().contributions(rows)


def test_a_models_pace_is_timed_by_call_and_by_row():
    engine = Slow()
    assert pace_of(stub_bundle(engine), clock=lambda: engine.spent) == {
        Depth.MARGINS: Cost(call=1.0, row=2.0),
        Depth.CONTRIBUTIONS: Cost(call=11.0, row=22.0),
        Depth.REASONS: Cost(call=11.0, row=22.0),
    }


def test_a_pause_of_the_machine_does_not_make_a_model_slow():
    engine, looks = Slow(), count()
    paused = 0.0

    def clock() -> float:
        nonlocal paused
        paused += 100.0 * (next(looks) % 6 == 1)  # in the first of three tries
        return engine.spent + paused

    assert pace_of(stub_bundle(engine), clock=clock)[Depth.MARGINS] == Cost(call=1.0, row=2.0)


@pytest.mark.parametrize(("rows", "seconds"), [(1, 3.0), (10, 21.0)])
def test_an_answer_costs_its_call_and_its_rows(rows, seconds):
    assert Cost(call=1.0, row=2.0).of(rows) == seconds


def test_timing_answers_golden_rows_only():
    engine = SumEngine()
    pace_of(stub_bundle(engine))
    assert set(engine.margins_of) == {1, 16}
    assert np.all(np.array(engine.contributions_of) <= 16)
