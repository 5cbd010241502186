"""Identifiers made many at once are UUIDs as the standard library makes them."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from credit.random_ids import random_ids


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=5))
def test_they_are_version_4_of_the_bytes_given(drawn):
    made = random_ids(len(drawn), random_bytes=lambda count: b"".join(drawn)[:count])
    assert made == [str(uuid.UUID(bytes=one, version=4)) for one in drawn]


def test_none_is_made_twice():
    made = random_ids(1000) + random_ids(1000)
    assert len(set(made)) == 2000
    assert {uuid.UUID(one).version for one in made} == {4}
