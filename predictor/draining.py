"""What was spooled, moved into the database: before a server is ready again, and whenever the database is back."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

from sqlalchemy import Engine

from credit.database.audits import append
from credit.database.score_requests import (
    ANONYMOUS,
    DatabaseAwayError,
    ensure_partitions,
    keep_first_answers,
    online_transaction,
)
from credit.portfolios import PortfolioName
from predictor.metrics import Metrics
from predictor.spool import left_behind
from predictor.spool_record import SpoolRecord
from predictor.spooled_audits import SpooledAudits

_log = logging.getLogger(__name__)


class SpoolWriter:
    """Commits records of a spool, each audit once however often it is called with it."""

    def __init__(self, database: Engine, portfolio: PortfolioName, metrics: Metrics, *, seconds: float) -> None:
        """No statement takes longer than `seconds`."""
        self._database = database
        self._writer = f"spool/{portfolio}"
        self._metrics = metrics
        self._seconds = seconds

    def reach(self) -> None:
        """Do nothing where the database answers.

        Raises:
            DatabaseAwayError: where it is away.
        """
        with online_transaction(self._database, timeout_seconds=self._seconds):
            pass  # its beginning was answered

    def __call__(self, records: Sequence[SpoolRecord]) -> None:
        """Write the records in one transaction.

        A key that the database knows keeps the answer that it has there.

        Raises:
            DatabaseAwayError: where the database is away.
        """
        audits = [audit for record in records for audit in record.audits]
        with online_transaction(self._database, timeout_seconds=self._seconds) as connection:
            for day in sorted({audit.score.as_of.date() for audit in audits}):
                ensure_partitions(connection, day, days=1)
        with online_transaction(self._database, timeout_seconds=self._seconds) as connection:
            appended = append(connection, writer=self._writer, audits=audits)
            answers = [answer for record in records for answer in record.answers]
            keep_first_answers(connection, client=ANONYMOUS, answers=answers)
        self._metrics.audits_drained(len(appended.audits))


class Drainer:
    """Empties a server's own spool, and those that ended servers left in the same folder."""

    def __init__(
        self,
        spooled: SpooledAudits,
        folder: Path,
        write: Callable[[Sequence[SpoolRecord]], None],
        *,
        reach: Callable[[], None],
        most_bytes: int,
        poll_seconds: float,
    ) -> None:
        """`reach` raises DatabaseAwayError where it is no use to `write`."""
        self._spooled = spooled
        self._folder = folder
        self._write = write
        self._reach = reach
        self._most_bytes = most_bytes
        self._poll_seconds = poll_seconds

    def run(self, ended: Event, caught_up: Callable[[], None]) -> None:
        """Drain until `ended`, trying again after a failure; `caught_up` is called once, when all is drained first.

        At the end no further transaction is begun: what is left is the next server's.
        """
        told = False
        while not ended.is_set():
            if not self._drained(ended.is_set):
                ended.wait(self._poll_seconds)
                continue
            if not told:
                caught_up()
                told = True
            self._spooled.filled.wait(self._poll_seconds)

    def _drained(self, ended: Callable[[], bool]) -> bool:
        try:
            if self._spooled.filled.is_set():
                # While the last records are moved nobody can add to them: a silent database would hold scores up.
                self._reach()
                if not self._spooled.drain(self._write, ended):
                    return False
                _log.info("the spool is empty: all audits in it were written to the database")
            return self._others_drained(ended)
        except DatabaseAwayError:
            return False
        except Exception:  # noqa: BLE001 - logged; what is in the spool stays there, and the next try may succeed
            _log.exception("the spool in %s could not be drained; it is tried again", self._folder)
            return False

    def _others_drained(self, ended: Callable[[], bool]) -> bool:
        for left in left_behind(self._folder, most_bytes=self._most_bytes):
            other = SpooledAudits(left)
            try:
                if not other.drain(self._write, ended):
                    return False
            finally:
                other.close()
        return True
