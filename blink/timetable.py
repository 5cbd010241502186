"""When the recurring work of one machine is due. Pure: times are passed in."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Timetable:
    """How often users are scored and the model is trained again."""

    score_every: timedelta = timedelta(minutes=5)
    train_every: timedelta = timedelta(weeks=1)
    retry_after: timedelta = timedelta(hours=1)
    """Wait after a training that failed."""


USUAL = Timetable()


def next_tick(now: datetime, every: timedelta) -> datetime:
    """The first multiple of `every` since 1970 that lies after `now`: 12:00, 12:05, ... whenever we started."""
    return _EPOCH + ((now - _EPOCH) // every + 1) * every


def training_is_due(ended: datetime | None, tried: datetime | None, now: datetime, timetable: Timetable) -> bool:
    """Whether the last training that ended lies long enough back, or there was none.

    `tried` is when the last one ended or failed: a failed training is tried again, but not at every tick.
    """
    if tried is not None and now - tried < timetable.retry_after:
        return False
    return ended is None or now - ended >= timetable.train_every
