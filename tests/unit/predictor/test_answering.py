"""What is long to read leaves the event loop, by its bytes and by what its rows take."""

import asyncio
from collections.abc import Sequence
from threading import current_thread
from types import SimpleNamespace

import numpy as np
import pytest

from predictor.answering import Answering, Call, LoopLimits
from predictor.category_codes import CategoryCodes
from predictor.errors import TooLargeError
from predictor.feature_values import Floats
from predictor.gathering import Gathering, GatheringLimits
from predictor.infer_request import InferRequest, InstanceRows, RowSource
from predictor.inference import Answer
from predictor.metrics import Metrics
from predictor.row_limits import RowLimits
from predictor.work import WorkThreads
from tests.unit.predictor.stub_bundle import SumEngine, deployed

LOOP = LoopLimits()


class Traced:
    """Rows of zeros, and the threads that read and made them."""

    def __init__(self, rows: int, steps: int) -> None:
        self.count = rows
        self._steps = steps
        self.read_in = ""
        self.made_in = ""

    def read(self) -> InferRequest:
        self.read_in = current_thread().name
        return InferRequest(self)

    def steps(self, features: int) -> int:
        return self._steps

    def rows(self, feature_names: Sequence[str], codes: CategoryCodes) -> Floats:
        self.made_in = current_thread().name
        return np.zeros((self.count, len(feature_names)))


def scored(source: Traced, size: int) -> Answer:
    """The answer to one call with a body of that size."""

    async def scenario() -> Answer:
        threads = WorkThreads("model", threads=1, waiting=10)
        model = deployed(SumEngine())
        answering = Answering(
            SimpleNamespace(current=lambda: model),
            SimpleNamespace(),
            Gathering(threads, Metrics(), GatheringLimits()),
            name="stub",
            compute=threads,
            limits=LOOP,
            row_limits=RowLimits(rows=5, answer_values=100),
        )
        try:
            return await answering.infer(Call("r", size, source.read, lambda _, answer: answer))
        finally:
            threads.close()

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("size", "steps", "read_in", "made_in"),
    [
        (LOOP.body_bytes, LOOP.row_steps, "MainThread", "MainThread"),
        (LOOP.body_bytes, LOOP.row_steps + 1, "MainThread", "blink-model_0"),
        (LOOP.body_bytes + 1, 0, "blink-model_0", "blink-model_0"),
    ],
)
def test_what_takes_long_is_done_in_a_thread(size, steps, read_in, made_in):
    source = Traced(3, steps)
    assert scored(source, size).rows == 3
    assert (source.read_in, source.made_in) == (read_in, made_in)


@pytest.mark.parametrize("size", [1, LOOP.body_bytes + 1])
def test_too_many_rows_are_refused_before_they_are_made(size):
    source = Traced(6, 0)
    with pytest.raises(TooLargeError, match=r"^6 rows; at most 5 are scored at once$"):
        scored(source, size)
    assert source.made_in == ""


def test_each_value_of_an_instance_is_a_step_however_short_it_is_written():
    source: RowSource = InstanceRows(({},) * 1000)
    assert source.count == 1000
    assert source.steps(30) > 30 * 1000
    assert source.steps(1) > LOOP.row_steps
