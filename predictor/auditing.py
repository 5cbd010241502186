"""The parts that audit a server's scores put together: group commit, and the spool where there is one."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from predictor.audit_group import AuditGroup
from predictor.audit_request import AuditRequest
from predictor.audited_scoring import AuditedScoring
from predictor.composition import Outcome
from predictor.deployment import Deployment
from predictor.draining import Drainer, SpoolWriter
from predictor.errors import ServerError
from predictor.metrics import Metrics
from predictor.settings import ServeSettings
from predictor.spool import claimed
from predictor.spooled_audits import SpooledAudits
from predictor.spooled_scoring import SpooledScoring

_WRITERS = 32
"""Transactions at once, in all servers of a portfolio, that need not wait for each other."""


class GroupScoring(Protocol):
    """Scores groups of requests, and answers for their audits."""

    def score(self, requests: Sequence[AuditRequest]) -> list[Outcome]:
        """What each request gets, in order."""


class Auditing:
    """One server's audits."""

    def __init__(self, settings: ServeSettings, deployment: Deployment, metrics: Metrics) -> None:
        """Take a place in the spool, where one is asked for; the server is not ready before that is drained.

        Raises:
            ServerError: where there is no database that a spool could be drained into.
            SpoolError: where the spool cannot be used.
        """
        self._settings = settings
        self._deployment = deployment
        self._clock = settings.clock or _now
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._spooled: SpooledAudits | None = None
        scoring = AuditedScoring(
            settings.database,
            settings.portfolio,
            metrics,
            writers=[f"online/{settings.portfolio.name}/{number}" for number in range(_WRITERS)],
            clock=settings.clock,
            seconds=settings.limits.database_seconds,
        )
        self.group = self._group(scoring if settings.spool is None else self._with_spool(scoring, metrics))
        metrics.watch_queue("audit", lambda: self.group.held)
        metrics.watch_audit_lag(self._lag_seconds)
        metrics.watch_spool(self._spool_bytes)

    def start(self) -> None:
        """Begin to drain the spool, where there is one."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Let running transactions end; what is in the spool stays for the next server."""
        self.group.close()
        self._ended.set()
        for thread in self._threads:
            thread.join()
        if self._spooled is not None:
            self._spooled.close()

    def _lag_seconds(self) -> float:
        oldest = None if self._spooled is None else self._spooled.oldest
        spooled = 0.0 if oldest is None else (self._clock() - oldest).total_seconds()
        return max(0.0, spooled, self.group.oldest_seconds)

    def _spool_bytes(self) -> float:
        return 0 if self._spooled is None else self._spooled.size

    def _with_spool(self, scoring: AuditedScoring, metrics: Metrics) -> SpooledScoring:
        settings, folder, database = self._settings, self._settings.spool, self._settings.database
        if folder is None or database is None:
            raise ServerError("--spool needs a database that it can be drained into: set DATABASE_URL")
        self._spooled = SpooledAudits(claimed(folder, most_bytes=settings.limits.spool_bytes))
        self._deployment.hold("audits that an earlier server left in the spool are not in the database yet")
        write = SpoolWriter(database, settings.portfolio.name, metrics, seconds=settings.limits.database_seconds)
        self._drain(self._spooled, folder, write)
        return SpooledScoring(scoring, self._spooled, settings.portfolio, metrics, clock=self._clock)

    def _drain(self, spooled: SpooledAudits, folder: Path, write: SpoolWriter) -> None:
        limits = self._settings.limits
        drainer = Drainer(
            spooled,
            folder,
            write,
            reach=write.reach,
            most_bytes=limits.spool_bytes,
            poll_seconds=limits.drain_poll_seconds,
        )
        arguments = (self._ended, self._deployment.release)
        self._threads.append(threading.Thread(target=drainer.run, args=arguments, daemon=True))

    def _group(self, scoring: GroupScoring) -> AuditGroup:
        limits = self._settings.limits
        return AuditGroup(
            scoring.score,
            self._deployment,
            transactions=limits.transactions,
            computing_transactions=limits.computing_transactions,
            most_rows=limits.group_rows,
            most_subjects=limits.subjects,
            waiting=limits.waiting,
        )


def _now() -> datetime:
    return datetime.now(UTC)
