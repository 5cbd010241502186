"""Making the next item while the last one is used."""

import threading

import pytest

from blink.ahead import one_ahead


def test_items_keep_their_order_and_are_made_in_another_thread():
    makers = set()

    def make():
        for number in range(4):
            makers.add(threading.get_ident())
            yield number

    assert list(one_ahead(make())) == [0, 1, 2, 3]
    assert threading.get_ident() not in makers


def test_an_error_is_raised_where_its_item_would_have_been():
    def make():
        yield 1
        raise ValueError("no second")

    items = one_ahead(make())
    assert next(items) == 1
    with pytest.raises(ValueError, match="no second"):
        next(items)
