from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.bundle.evaluation import SliceCount
from credit.portfolios import Split, SplitKind
from trainer.arrays import Times
from trainer.split import Slices, count_slices, split_by_time

SPLIT = Split(SplitKind.TEMPORAL, 0.2, 0.15, 0.1, embargo_days=7)
DAY = np.timedelta64(1, "D")
START = np.datetime64("2024-01-01", "us")


def times(days: list[int]) -> Times:
    return START + np.asarray(days) * DAY


def everyday(days: int, lag: int) -> Slices:
    requested = times(list(range(days)))
    return split_by_time(requested, requested + lag * DAY, SPLIT)


def test_slices_follow_each_other_in_time() -> None:
    slices = everyday(200, lag=40)
    assert slices.test.tolist() == list(range(160, 200))
    assert slices.known_before == START + 153 * DAY
    assert slices.purged.tolist() == list(range(113, 160))
    assert slices.training.tolist() == list(range(78))
    assert slices.stopping.tolist() == list(range(78, 92))
    assert slices.calibration.tolist() == list(range(92, 113))


def test_counts_state_rows_bads_and_days() -> None:
    requested = times(list(range(10)))
    y = np.array([1, 0, 0, 0, 0, 0, 0, 0, 0, 1], dtype=np.int8)
    slices = split_by_time(requested, requested, Split(SplitKind.TEMPORAL, 0.2, 0.2, 0.1, embargo_days=0))
    assert count_slices(slices, y, requested) == (
        SliceCount("training", 5, 1, "2024-01-01", "2024-01-05"),
        SliceCount("stopping", 1, 0, "2024-01-06", "2024-01-06"),
        SliceCount("calibration", 2, 0, "2024-01-07", "2024-01-08"),
        SliceCount("purged", 0, 0, None, None),
        SliceCount("test", 2, 1, "2024-01-09", "2024-01-10"),
    )


ROWS = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 60)), min_size=5, max_size=80)


def divide(rows: list[tuple[int, int]]) -> tuple[Times, Times, Slices]:
    requested, lag = np.asarray(rows).T
    known = times((requested + lag).tolist())
    return times(requested.tolist()), known, split_by_time(times(requested.tolist()), known, SPLIT)


@settings(deadline=None)  # the other core may be busy
@given(ROWS)
def test_every_row_is_in_exactly_one_slice(rows: list[tuple[int, int]]) -> None:
    *_, slices = divide(rows)
    parts = [slices.training, slices.stopping, slices.calibration, slices.purged, slices.test]
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(rows)))


@settings(deadline=None)  # the other core may be busy
@given(ROWS)
def test_what_fits_was_requested_and_known_an_embargo_before_the_test(rows: list[tuple[int, int]]) -> None:
    requested, known, slices = divide(rows)
    limit = requested[slices.test].min() - 7 * DAY
    assert (known[slices.fitted] < limit).all()
    assert (requested[slices.fitted] < limit).all()


@settings(deadline=None)  # the other core may be busy
@given(ROWS)
def test_slices_are_ordered_and_never_divide_a_time(rows: list[tuple[int, int]]) -> None:
    requested, _, slices = divide(rows)
    parts = [slices.training, slices.stopping, slices.calibration, slices.test]
    filled = [requested[part] for part in parts if len(part)]
    assert all(earlier.max() < later.min() for earlier, later in pairwise(filled))


@settings(deadline=None)  # the other core may be busy
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[tuple[int, int]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    requested, _, slices = divide(rows)
    other_requested, _, other = divide(shuffled)
    assert sorted(requested[slices.training]) == sorted(other_requested[other.training])
    assert slices.test_from == other.test_from
