import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trainer.growing import Growing


@given(st.lists(st.integers(0, 7), max_size=12))
def test_what_was_added_comes_back_in_order(sizes):
    whole = np.arange(2 * sum(sizes), dtype=np.float64).reshape(-1, 2)
    grown, begin = Growing((2,), np.float64), 0
    for size in sizes:
        grown.add(whole[begin : begin + size])
        begin += size
        assert len(grown) == begin
    assert np.array_equal(grown.whole(), whole)


def test_what_was_added_comes_back_in_another_order():
    grown = Growing((), np.int64)
    grown.add(np.array([10, 20, 30]))
    assert grown.whole(np.array([2, 0, 1])).tolist() == [30, 10, 20]
