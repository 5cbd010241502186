"""Audits that were answered and are not in the database yet."""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event

from credit.database.score_requests import FirstAnswer
from credit.database.written_audits import WrittenAudit
from predictor.spool import Place, Spool
from predictor.spool_record import SpoolRecord, from_payload, to_payload

_DRAINED_BYTES = 2 * 1024 * 1024
"""About as much is written in one transaction: some hundred audits."""


def _never() -> bool:
    return False


class SpooledAudits:
    """A spool with what it knows of the keys in it. Safe from any thread."""

    def __init__(self, spool: Spool) -> None:
        """Read what an earlier process left.

        Raises:
            SpoolError: where the disk fails.
        """
        self._spool = spool
        self._where: dict[str, Place] = {}
        self._since: dict[Place, datetime] = {}
        self.oldest: datetime | None = None
        """When the oldest of the audits was given; None where there is none. Read without waiting for anybody."""
        for place in spool.places():
            record = from_payload(spool.read(place))
            self._note(place, record.audits[0].scored_at, record.answers)

    @property
    def filled(self) -> Event:
        """Set while there are audits."""
        return self._spool.filled

    @property
    def size(self) -> int:
        """Bytes of the spool's file."""
        return self._spool.size

    def put(self, audits: Sequence[WrittenAudit], answers: Sequence[FirstAnswer]) -> None:
        """Keep one or more audits and the answers to their keys; on the disk when this returns.

        Raises:
            SpoolFullError, SpoolError: as `Spool.append`.
        """
        payload = to_payload(audits, answers)
        with self._spool.held_off():
            self._note(self._spool.append(payload), audits[0].marks.scored_at, answers)

    def first_answer(self, key: str) -> FirstAnswer | None:
        """What a key was answered with, where that is not in the database yet."""
        with self._spool.held_off():
            place = self._where.get(key)
            if place is None:
                return None
            answers = from_payload(self._spool.read(place)).answers
        return next(answer for answer in answers if answer.key == key)

    def drain(self, write: Callable[[Sequence[SpoolRecord]], None], stopped: Callable[[], bool] = _never) -> bool:
        """Move all into the database, in order; `write` commits some records, and may have seen them before.

        Whoever would add to the last ones waits until they are moved, so that this ends. It ends with some left, and
        gives back False, when `stopped` says so, which is asked before each transaction.

        Raises:
            SpoolError: where the disk fails, and whatever `write` raises; what was moved stays moved.
        """
        while places := self._spool.places():
            if stopped():
                return False
            some = _some(places)
            if len(some) < len(places):
                self._move(some, write)
                continue
            with self._spool.held_off():
                self._move(_some(self._spool.places()), write)
        return True

    def close(self) -> None:
        """Leave the spool to the next process."""
        self._spool.close()

    def _move(self, places: Sequence[Place], write: Callable[[Sequence[SpoolRecord]], None]) -> None:
        records = [from_payload(self._spool.read(place)) for place in places]
        write(records)
        with self._spool.held_off():
            self._spool.drop(len(places))
            for place, record in zip(places, records, strict=True):
                self._since.pop(place, None)
                for answer in record.answers:
                    self._where.pop(answer.key, None)
            self.oldest = next(iter(self._since.values()), None)

    def _note(self, place: Place, since: datetime, answers: Sequence[FirstAnswer]) -> None:
        self._since[place] = since
        self._where |= {answer.key: place for answer in answers}
        self.oldest = self.oldest or since


def _some(places: Sequence[Place]) -> list[Place]:
    """The oldest places, as many as one transaction takes; at least one."""
    some: list[Place] = []
    size = 0
    for place in places:
        size += place.length
        if some and size > _DRAINED_BYTES:
            break
        some.append(place)
    return some
