"""Who is compared: right answers only, and whoever is missing or wrong is named."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.comparison import Batch, compare, largest_difference
from benchmarks.contestant import Absent, Contestant, assemble
from benchmarks.errors import BenchmarkError
from benchmarks.trees_model import TreesCase, TreesModel, generated_rows, parsed_case

MODEL = TreesModel(TreesCase(3, 4), "", generated_rows(1100, np.random.default_rng(0)), Path())


def answering(name, answer, **more):
    return Contestant(name, "1", lambda _model: answer, **more)


def sums(rows):
    return np.nansum(rows, axis=1)


def failing(_rows):
    raise RuntimeError("no such\n  instruction")


def test_a_peer_that_answers_wrongly_or_fails_is_named_and_not_measured():
    found = [
        answering("LightGBM", sums),
        answering("ours", sums),
        answering("rounded", lambda rows: sums(rows).astype(np.float32), tolerance=1e-3),
        answering("wrong", lambda rows: sums(rows) + 1e-3),
        answering("one row", sums, largest_batch=1),
        answering("broken", failing),
    ]
    comparison = compare([MODEL], [Batch(1, 3, 2), Batch(8, 2, 2)], (found, [Absent("away", "not here")]), str)
    measured = [(one.batch, one.contestant) for one in comparison.measured]
    assert measured == [
        *((1, name) for name in ("LightGBM", "ours", "rounded", "one row")),
        *((8, name) for name in ("LightGBM", "ours", "rounded")),
    ]
    assert comparison.absent == [
        Absent("away", "not here"),
        Absent("broken", "3 × 4: RuntimeError: no such instruction"),
    ]
    told = {one.contestant: (one.difference == 0, one.difference <= one.tolerance) for one in comparison.proved}
    assert told == {
        "LightGBM": (True, True),
        "ours": (True, True),
        "rounded": (False, True),
        "wrong": (False, False),
        "one row": (True, True),
    }


def test_the_baseline_is_once_as_fast_as_itself():
    comparison = compare([MODEL], [Batch(4, 2, 3)], ([answering("LightGBM", sums)], []), str)
    (one,) = comparison.measured
    assert (one.times_baseline.lower, one.times_baseline.upper) == (1.0, 1.0)


def test_a_wrong_answer_of_ours_ends_the_comparison():
    found = [answering("LightGBM", sums), answering("ours", lambda rows: sums(rows) * 2)]
    with pytest.raises(BenchmarkError, match=r"3 × 4: our answers differ from the baseline's by \d"):
        compare([MODEL], [Batch(1, 1, 1)], (found, []), str)


@pytest.mark.parametrize(
    ("answer", "difference"),
    [([1.0, 2.0], 0.0), ([1.0, 2.5], 0.5), ([1.0], np.inf), ([1.0, np.nan], np.inf)],
)
def test_largest_difference(answer, difference):
    assert largest_difference(np.array(answer), np.array([1.0, 2.0])) == difference


def test_who_is_not_installed_is_told_with_the_way_to_install_it():
    present, absent = assemble(["lightgbm_predict", "nobody"])
    assert [one.name for one in present] == ["LightGBM"]
    reason = "not installed: No module named 'benchmarks.peers.nobody' (`make bench-peers` installs the peers)"
    assert absent == [Absent("nobody", reason)]


@pytest.mark.parametrize("text", ["500", "x31", "500x", "0x31", "500x1", "500x31x2", "5e2x31"])
def test_what_is_no_size_of_a_model_is_refused(text):
    with pytest.raises(BenchmarkError, match=f"'{text}' is no size of a model: give TREESxLEAVES, such as 500x31"):
        parsed_case(text)
