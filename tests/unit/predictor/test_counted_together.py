"""Many values counted in one step are what they would be one by one."""

import math
from threading import Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from predictor.counted_together import BulkHistogram, Kept

BOUNDS = (0.0, 0.25, 0.5, 1.0)
AMOUNTS = st.sampled_from([*BOUNDS, math.nextafter(0.25, 0), math.nextafter(0.25, 1), 2.0]) | st.integers(0, 8).map(
    lambda eighths: eighths / 8
)


def page(kind: type[Histogram], count) -> list[bytes]:
    registry = CollectorRegistry()
    count(kind("a", "what", ["label"], buckets=BOUNDS, registry=registry).labels("of"))
    return [line for line in generate_latest(registry).splitlines() if b"_created" not in line]


def sum_of(lines: list[bytes]) -> float:
    (line,) = [line for line in lines if b"_sum" in line]
    return float(line.rpartition(b" ")[2])


@given(st.lists(AMOUNTS))
def test_a_bulk_histogram_is_prometheus_own(amounts):
    def one_by_one(histogram: Histogram) -> None:
        for amount in amounts:
            histogram.observe(amount)

    of_all, of_each = (
        page(BulkHistogram, lambda histogram: histogram.observe_all(np.array(amounts))),
        page(Histogram, one_by_one),
    )
    assert [line for line in of_all if b"_sum" not in line] == [line for line in of_each if b"_sum" not in line]
    # NumPy adds in another order.
    assert sum_of(of_all) == pytest.approx(sum_of(of_each), rel=1e-12)


def test_what_is_no_number_is_in_no_bucket():
    assert page(BulkHistogram, lambda histogram: histogram.observe_all([math.nan, 0.5])) == page(
        Histogram, lambda histogram: (histogram.observe(0.5), histogram.observe(math.nan))
    )


def test_what_is_kept_is_counted_once_by_its_key():
    counted = []
    kept = Kept(lambda key, values: counted.append((key, values)))
    for key, value in (("a", 1), ("b", 2), ("a", 3)):
        kept.keep(key, value)
    kept.settle()
    kept.settle()
    assert sorted(counted) == [("a", [1, 3]), ("b", [2])]


def test_many_are_counted_before_anyone_asks():
    counted = []
    kept = Kept(lambda _, values: counted.append(len(values)))
    for value in range(2500):
        kept.keep("a", value)
    assert counted == [1024, 1024]
    kept.settle()
    assert sum(counted) == 2500


def test_what_was_not_tried_stays_where_counting_fails():
    counted, full = [], [True]

    def count(key, values):
        if key == "c" and full[0]:
            raise OSError("no space left")
        counted.append((key, values))

    kept = Kept(count)
    for value, key in enumerate("cab"):
        kept.keep(key, value)
    with pytest.raises(OSError, match="no space left"):
        kept.settle()
    full[0] = False
    kept.keep("a", 3)
    kept.settle()
    assert sorted(counted) == [("a", [1, 3]), ("b", [2])]


def test_who_keeps_the_last_of_many_has_nothing_to_do_with_a_counter_that_fails(caplog):
    def fail(_key, _values):
        raise OSError("no space left")

    kept = Kept(fail)
    for value in range(1024):
        kept.keep("a", value)
    assert [record.getMessage() for record in caplog.records] == ["what was kept could not be counted"]


def test_threads_lose_nothing():
    counted = []
    kept = Kept(lambda _, values: counted.append(len(values)))

    def keep() -> None:
        for value in range(5000):
            kept.keep(value % 3, value)

    running = [Thread(target=keep) for _ in range(8)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    kept.settle()
    assert sum(counted) == 5000 * 8
