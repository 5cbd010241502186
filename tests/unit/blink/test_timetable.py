"""When recurring work is due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blink.timetable import Timetable, next_tick, training_is_due

FIVE = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("now", "tick"),
    [
        ("2026-03-01T12:00:00", "2026-03-01T12:05:00"),
        ("2026-03-01T12:04:59.999999", "2026-03-01T12:05:00"),
        ("2026-03-01T23:57:10", "2026-03-02T00:00:00"),
    ],
)
def test_ticks_fall_on_the_clock(now, tick):
    parsed = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert next_tick(parsed, FIVE) == datetime.fromisoformat(tick).replace(tzinfo=UTC)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_next_tick_lies_ahead_by_at_most_one_period(now):
    assert timedelta(0) < next_tick(now, FIVE) - now <= FIVE


def test_training_is_due_a_week_after_the_last():
    last = datetime(2026, 3, 1, tzinfo=UTC)
    assert training_is_due(None, None, last, Timetable())
    assert not training_is_due(last, last, last + timedelta(days=6, hours=23), Timetable())
    assert training_is_due(last, last, last + timedelta(days=7), Timetable())


def test_a_failed_training_is_tried_again_after_an_hour():
    last = datetime(2026, 3, 1, tzinfo=UTC)
    failed = last + timedelta(days=7)
    assert not training_is_due(last, failed, failed + timedelta(minutes=59), Timetable())
    assert training_is_due(last, failed, failed + timedelta(hours=1), Timetable())
    assert training_is_due(None, failed, failed + timedelta(hours=1), Timetable())
