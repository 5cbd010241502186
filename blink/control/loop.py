"""The loop beside the API: one leader keeps traffic on the champions and runs carried. It outlives what it needs."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from blink.control.metrics import ControlMetrics
from blink.control.training import Trainings
from credit.database.errors import BusyError
from credit.database.session_lock import locked_session
from rollout.errors import RolloutError
from rollout.reconcile import Pass, Rollout
from rollout.settings import PortfolioSettings

_log = logging.getLogger(__name__)

SECONDS = 2.0
"""Between two passes, and between two tries to become the leader."""

TRAININGS = "trainings"


@dataclass(frozen=True, slots=True)
class Loop:
    """What is done again and again."""

    database: Engine
    leader_lock: str
    """Of the release: one process of it leads."""
    trainings: Trainings
    rollout: Rollout | None
    """None on one machine, where the server follows the champion by itself."""
    metrics: ControlMetrics
    clock: Callable[[], datetime]
    seconds: float = SECONDS

    def run(self, stop: Event) -> None:
        """Lead, or wait to lead, until `stop` is set. Whatever fails is logged and tried again."""
        while not stop.is_set():
            try:
                with locked_session(self.database, self.leader_lock, busy="another process leads") as session:
                    self._lead(session, stop)
            except BusyError:
                pass
            except SQLAlchemyError as error:
                _log.warning("the control loop lost the database: %s", " ".join(str(error.__cause__ or error).split()))
            except Exception:  # noqa: BLE001 - logged, and tried again
                _log.exception("the control loop failed")
            finally:
                self.metrics.leads(leads=False)
            stop.wait(self.seconds)

    def once(self, portfolios: Sequence[PortfolioSettings]) -> Sequence[Pass]:
        """One pass over portfolios, as the leader; what each found and did.

        Raises:
            BusyError: where another process leads; it does the same.
            RolloutError: where a portfolio's traffic cannot be moved.
        """
        busy = "the control loop is running and does this every few seconds: see blink rollout status"
        if self.rollout is None:
            return ()
        with locked_session(self.database, self.leader_lock, busy=busy) as session:
            return [self.rollout.reconcile(session, portfolio, now=self.clock()) for portfolio in portfolios]

    def _lead(self, session: Connection, stop: Event) -> None:
        _log.info("leading %s", self.leader_lock)
        self.metrics.leads(leads=True)
        # The work is done in the session that holds the lock: with the one, the other is lost.
        while not stop.is_set():
            self._pass(session)
            stop.wait(self.seconds)

    def _pass(self, session: Connection) -> None:
        now = self.clock()
        self._guarded(TRAININGS, partial(self.trainings.upkeep, session, now))
        for portfolio in () if self.rollout is None else self.rollout.settings.portfolios:
            self._guarded(portfolio.name, partial(self._portfolio, session, portfolio, now))

    def _portfolio(self, session: Connection, portfolio: PortfolioSettings, now: datetime) -> None:
        if self.rollout is not None:
            self.metrics.passed(self.rollout.reconcile(session, portfolio, now=now), now)

    def _guarded(self, name: str, work: Callable[[], None]) -> None:
        """One portfolio's trouble is not another's; without the database there is nothing to go on with."""
        try:
            work()
        except SQLAlchemyError:
            self.metrics.failed(name)
            raise
        except RolloutError as error:
            _log.warning("%s: %s", name, error)
            self.metrics.failed(name)
        except Exception:  # noqa: BLE001 - logged and counted, and tried again
            _log.exception("%s: the pass failed", name)
            self.metrics.failed(name)
