"""What arrives together is scored together, and each gets what it would have got alone."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from threading import Event
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.deployment import Deployed
from predictor.errors import UnavailableError
from predictor.gathering import EngineFaultError, Gathering, GatheringLimits, jobs_of
from predictor.inference import infer
from predictor.metrics import Metrics
from predictor.work import WorkThreads
from tests.unit.predictor.stub_bundle import BrokenEngine, SumEngine, deployed

PD = ("default_probability",)
EVERY_OUTPUT = ("default_probability", "margin", "shap_values", "base_value", "points", "reason_codes")

Asked = tuple[Deployed, np.ndarray, tuple[str, ...]]


def gathered(asked: Sequence[Asked], limits: GatheringLimits | None = None) -> list:
    """What each gets of calls made at once: outputs, or the error."""

    async def scenario() -> list:
        threads = WorkThreads("model", threads=2, waiting=1000)
        gathering = Gathering(threads, Metrics(), limits or GatheringLimits())
        answers = await asyncio.gather(*[gathering.outputs(*one) for one in asked], return_exceptions=True)
        threads.close()
        return answers

    return asyncio.run(scenario())


def rows_of(*values: float) -> np.ndarray:
    return np.array([[value, -1.0] for value in values])


CALLS = st.tuples(
    st.integers(1, 4).flatmap(lambda n: st.lists(st.floats(-20, 20), min_size=n, max_size=n)),
    st.lists(st.sampled_from(EVERY_OUTPUT), min_size=1, unique=True).map(tuple),
)


@given(st.lists(CALLS, min_size=1, max_size=8), st.sampled_from([0.0, 0.1]))
def test_each_gets_what_it_would_have_got_alone_to_the_bit(calls, row_seconds):
    model = deployed(SumEngine(), row_seconds=row_seconds)  # in the loop's thread, and in threads
    answers = gathered([(model, rows_of(*values), wanted) for values, wanted in calls])
    for (values, wanted), answer in zip(calls, answers, strict=True):
        alone = infer(model.bundle, rows_of(*values), wanted)
        assert list(answer) == list(wanted)
        assert {name: array.tolist() for name, array in answer.items()} == {
            name: array.tolist() for name, array in alone.items()
        }


def test_what_comes_in_one_turn_is_one_call_of_the_engine():
    engine = SumEngine()
    model = deployed(engine)
    gathered([(model, rows_of(1.0, 2.0), PD), (model, rows_of(3.0), ("margin",)), (model, rows_of(4.0), ("points",))])
    assert (engine.margins_of, engine.contributions_of) == ([4], [])


def test_nobody_waits_for_contributions_that_another_asked_for():
    engine = SumEngine()
    model = deployed(engine)
    gathered([(model, rows_of(1.0), PD), (model, rows_of(3.0), ("shap_values",)), (model, rows_of(4.0), PD)])
    assert (sorted(engine.margins_of), engine.contributions_of) == ([1, 2], [1])


def test_calls_that_began_with_one_model_end_with_it():
    old, new = deployed(SumEngine()), deployed(SumEngine())
    gathered([(old, rows_of(1.0), PD), (new, rows_of(2.0), PD), (old, rows_of(3.0), PD)])
    assert (old.bundle.engine.margins_of, new.bundle.engine.margins_of) == ([2], [1])


def test_what_comes_in_the_next_turn_is_scored_with_it_and_what_comes_later_is_not():
    engine = SumEngine()
    model = deployed(engine)

    async def scenario() -> None:
        threads = WorkThreads("model", threads=1, waiting=10)
        gathering, calls = Gathering(threads, Metrics(), GatheringLimits()), []
        for value in (1.0, 2.0, 3.0, 4.0):
            calls.append(asyncio.ensure_future(gathering.outputs(model, rows_of(value), PD)))
            await asyncio.sleep(0)
        await asyncio.gather(*calls)
        threads.close()

    asyncio.run(scenario())
    assert engine.margins_of == [2, 2]


def test_many_rows_wait_for_no_others():
    engine = SumEngine()
    model = deployed(engine)
    limits = GatheringLimits(seconds=3600.0, rows=3)
    gathered([(model, rows_of(1.0), PD), (model, rows_of(2.0, 3.0), PD)], limits)
    assert engine.margins_of == [3]


def test_a_delay_gathers_over_several_turns():
    engine = SumEngine()
    model = deployed(engine)

    async def scenario() -> None:
        threads = WorkThreads("model", threads=1, waiting=10)
        gathering = Gathering(threads, Metrics(), GatheringLimits(seconds=0.05))
        first = asyncio.ensure_future(gathering.outputs(model, rows_of(1.0), PD))
        for _ in range(10):
            await asyncio.sleep(0)
        await asyncio.gather(first, gathering.outputs(model, rows_of(2.0), PD))
        threads.close()

    asyncio.run(scenario())
    assert engine.margins_of == [2]


@pytest.mark.parametrize(("row_seconds", "seconds"), [(0.0, 3600.0), (1.0, 0.0)])
def test_who_has_left_is_not_scored(row_seconds, seconds):
    """While calls wait for others, and while their job waits for a thread."""
    engine = SumEngine()
    model = deployed(engine, row_seconds=row_seconds)

    async def scenario() -> None:
        threads, may_go_on = WorkThreads("model", threads=1, waiting=10), Event()
        held = asyncio.ensure_future(threads.run(may_go_on.wait))
        gathering = Gathering(threads, Metrics(), GatheringLimits(seconds=seconds, rows=100))
        leaving = [asyncio.ensure_future(gathering.outputs(model, rows_of(1.0, 2.0), PD)) for _ in range(2)]
        staying = asyncio.ensure_future(gathering.outputs(model, rows_of(1.0, 2.0, 3.0), PD))
        await asyncio.sleep(0)
        if row_seconds:
            for _ in range(3):
                await asyncio.sleep(0)  # the jobs are made
        for call in leaving:
            call.cancel()
        may_go_on.set()
        if seconds:
            gathering._score_gathered()
        assert len((await staying)["default_probability"]) == 3
        await held
        threads.close()

    asyncio.run(scenario())
    assert engine.margins_of == [3]


@pytest.mark.parametrize("row_seconds", [0.0, 1.0])
@pytest.mark.parametrize("error", [ZeroDivisionError("a fault of ours"), MemoryError()])
def test_an_engine_that_fails_is_a_fault_for_each_and_for_nobody_else(error, row_seconds):
    broken, good = deployed(BrokenEngine(error), row_seconds=row_seconds), deployed(SumEngine())
    first, second, third = gathered([(broken, rows_of(1.0), PD), (good, rows_of(1.0), PD), (broken, rows_of(2.0), PD)])
    assert isinstance(first, EngineFaultError)
    assert isinstance(third, EngineFaultError)
    assert first is not third
    assert first.__cause__ is error
    assert second["default_probability"].tolist() == [0.5]


def test_a_short_call_does_not_wait_for_a_long_one_that_came_with_it():
    release = Event()

    class Held(SumEngine):
        def margins(self, rows):
            assert len(rows) == 1 or release.wait(20)
            return super().margins(rows)

    model = deployed(Held(), row_seconds=0.0015)

    async def scenario() -> tuple[bool, bool]:
        threads = WorkThreads("model", threads=1, waiting=10)
        gathering = Gathering(threads, Metrics(), GatheringLimits())
        long = asyncio.ensure_future(gathering.outputs(model, rows_of(1.0, 2.0), PD))
        short = asyncio.ensure_future(gathering.outputs(model, rows_of(1.0), PD))
        await asyncio.wait([short], timeout=10)
        waits = long.done(), short.done()
        release.set()
        await asyncio.gather(long, short)
        threads.close()
        return waits

    assert asyncio.run(scenario()) == (False, True)


FAULTS = {
    "joining the rows": ("predictor.gathering.np.concatenate", MemoryError()),
    "grouping the calls": ("predictor.gathering.depth_of", ZeroDivisionError()),
    "cutting them into jobs": ("predictor.gathering.jobs_of", ZeroDivisionError()),
    "asking the model": ("predictor.gathering.infer", KeyError("default_probability")),
    "counting the batch": ("predictor.metrics.Metrics.gathered", OSError("no space left")),
    "counting the scores": ("predictor.metrics.Metrics.scored", OSError("no space left")),
    "counting what is missing": ("predictor.metrics.Metrics.missing", MemoryError()),
    "starting a thread": ("predictor.work.WorkThreads.run", RuntimeError("can't start new thread")),
    "being cancelled": ("predictor.work.WorkThreads.run", asyncio.CancelledError()),
    "giving the outputs": ("predictor.gathering.accumulate", MemoryError()),
}


@pytest.mark.parametrize("row_seconds", [0.0, 0.015])
@pytest.mark.parametrize(("target", "error"), FAULTS.values(), ids=FAULTS)
def test_whatever_fails_each_call_hears_of_it_and_leaves_its_place(target, error, row_seconds, monkeypatch):
    model = deployed(SumEngine(), row_seconds=row_seconds)

    async def scenario() -> tuple[list, float, list]:
        threads = WorkThreads("model", threads=2, waiting=10)
        gathering = Gathering(threads, Metrics(), GatheringLimits(waiting=3, job_seconds=0.05))
        calls = [asyncio.ensure_future(gathering.outputs(model, rows_of(1.0), PD)) for _ in range(3)]
        with monkeypatch.context() as broken:
            broken.setattr(target, Mock(side_effect=error))
            done, hanging = await asyncio.wait(calls, timeout=20)
        assert not hanging
        after = await asyncio.gather(*[gathering.outputs(model, rows_of(1.0), PD) for _ in range(3)])
        threads.close()
        return [call.exception() for call in calls], len(done), after

    faults, _, after = asyncio.run(scenario())
    in_thread_only = target.startswith("predictor.work") or target.endswith("jobs_of")
    if in_thread_only and not row_seconds:
        assert faults == [None] * 3
    else:
        assert [type(fault) for fault in faults] == [EngineFaultError] * 3
        assert len({id(fault) for fault in faults}) == 3
        assert {type(fault.__cause__) for fault in faults} == {type(error)}
    assert [answer["default_probability"].tolist() for answer in after] == [[0.5]] * 3


def test_a_model_without_a_pace_fails_its_own_calls_alone():
    good, strange = deployed(SumEngine()), replace(deployed(SumEngine()), pace={})
    fault, answer = gathered([(strange, rows_of(1.0), PD), (good, rows_of(1.0), PD)])
    assert isinstance(fault, EngineFaultError)
    assert answer["default_probability"].tolist() == [0.5]


def test_what_is_over_the_bound_is_told_to_come_later_and_the_rest_is_scored():
    release = Event()

    class Held(SumEngine):
        def margins(self, rows):
            release.wait(10)
            return super().margins(rows)

    model = deployed(Held(), row_seconds=1.0)

    async def scenario() -> tuple[list, str, list]:
        threads = WorkThreads("model", threads=2, waiting=10)
        gathering = Gathering(threads, Metrics(), GatheringLimits(waiting=2))
        running = [asyncio.ensure_future(gathering.outputs(model, rows_of(0.0), PD)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError) as refused:
            await gathering.outputs(model, rows_of(0.0), PD)
        release.set()
        done = await asyncio.gather(*running)
        later = await gathering.outputs(model, rows_of(1.0), PD)
        threads.close()
        return done, str(refused.value), later["default_probability"].tolist()

    done, refused, later = asyncio.run(scenario())
    assert refused == "overloaded: 2 requests run or wait for the model already"
    assert len(done) == 2
    assert later == [0.5]


def test_one_that_left_does_not_spoil_the_others(caplog):
    model = deployed(SumEngine())

    async def scenario() -> list[float]:
        threads = WorkThreads("model", threads=1, waiting=10)
        gathering = Gathering(threads, Metrics(), GatheringLimits())
        gone, stays = (asyncio.ensure_future(gathering.outputs(model, rows_of(n), PD)) for n in (5.0, 1.0))
        await asyncio.sleep(0)
        gone.cancel()
        answer = await stays
        threads.close()
        return answer["default_probability"].tolist()

    with caplog.at_level(logging.WARNING):
        assert asyncio.run(scenario()) == [0.5]
    assert caplog.records == []


@given(st.lists(st.floats(0.001, 3.0), max_size=20))
def test_jobs_hold_every_call_once_in_order_and_none_is_longer_than_told_unless_alone(seconds):
    jobs = list(jobs_of(seconds, 1.0))
    assert [each for job in jobs for each in seconds[job]] == seconds
    for job in jobs:
        assert seconds[job]
        assert len(seconds[job]) == 1 or sum(seconds[job]) <= 1.0 + 1e-9
