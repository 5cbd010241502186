"""A server of several workers is ready when all of them are."""

from pathlib import Path

import pytest

from predictor.worker_states import WorkerPlace, WorkerState, WorkerStates, forget, state_of


def workers(directory: Path) -> tuple[WorkerStates, WorkerStates]:
    first, second = (WorkerStates(WorkerPlace(number, 2, directory)) for number in range(2))
    for one in (first, second):
        one.tell(listening=True, trouble="", model_id="m")
    return first, second


def test_all_are_ready_when_each_is_and_each_sees_it(tmp_path):
    assert [one.trouble() for one in workers(tmp_path)] == ["", ""]
    assert [one.trouble("m") for one in workers(tmp_path)] == ["", ""]


@pytest.mark.parametrize(
    ("changes", "of_any", "of_version"),
    [
        ({"listening": False}, "is starting", "is starting"),
        ({"trouble": "no champion"}, "no champion", "no champion"),
        ({"model_id": "n"}, "", "has n"),
        ({"obstacle": "not registered"}, "", "not registered"),
    ],
)
def test_one_that_is_not_ready_is_named_by_all(tmp_path, changes, of_any, of_version):
    first, second = workers(tmp_path)
    second.tell(**changes)
    said = {"worker 2 of 2: " + trouble if trouble else "" for trouble in (of_any,)}
    assert {first.trouble(), second.trouble()} == said
    assert {first.trouble("m"), second.trouble("m")} == {f"worker 2 of 2: {of_version}"}


def test_one_that_has_ended_is_awaited_again(tmp_path):
    first, _ = workers(tmp_path)
    forget(tmp_path, 1)
    forget(tmp_path, 1)
    assert first.trouble() == "worker 2 of 2: is starting"
    assert state_of(tmp_path, 1) is None


def test_what_is_told_adds_up(tmp_path):
    states = WorkerStates(WorkerPlace(0, 1, tmp_path))
    states.tell(model_id="m", trouble="")
    states.tell(obstacle="not registered")
    assert state_of(tmp_path, 0) == WorkerState(False, "", "m", "not registered")
