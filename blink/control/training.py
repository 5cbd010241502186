"""Asking for a training: of which portfolio, once at a time for each batch; and runs that nobody carries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any, Protocol
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine

from blink.control.errors import ActiveError, BadRequestError, UnavailableError
from credit.database.pipeline_figures import portfolios_of_batch
from credit.database.pipeline_runs import (
    PipelineRun,
    RunActiveError,
    active_runs,
    fail_run,
    find_run,
    get_run,
    request_training,
    write_outcome,
)
from credit.database.score_requests import online_transaction
from rollout.errors import ClusterError

Json = Any
"""A JSON value as `json` reads it."""

DATABASE_SECONDS = 5.0


STARTED = "started"
"""In a run's outcome: it was carried once, and is not started again."""


class Upkeep(Enum):
    """What is to be done about a run that needs no closing."""

    LEAVE = auto()
    START = auto()


class NotStartedError(UnavailableError):
    """A training cannot be started, and a later try of the same would not help."""


@dataclass(frozen=True, slots=True)
class TrainingWish:
    """What somebody asks for."""

    portfolio: str | None
    """None: the one that holds the batch's rows, or the only one there is."""
    batch_id: str
    deploy: bool
    """Deploy the model where it is no worse than the deployed one."""


class Carrier(Protocol):
    """Where trainings run: as workflows of a cluster, or as processes of this machine."""

    def workflow(self, run_id: UUID) -> str | None:
        """The name of the workflow that will carry a run; None where there are no workflows."""
        ...

    def start(self, run: PipelineRun) -> bool:
        """Have the run carried; asked again, it is still carried once. False where that is not known to be so yet.

        Raises:
            NotStartedError: where that cannot be.
        """
        ...

    def upkeep(self, run: PipelineRun, connection: Connection, now: datetime) -> Upkeep | str:
        """What is to be done about an active run; of one that nobody will carry on, why."""
        ...

    def watch(self, run: PipelineRun) -> Mapping[str, str]:
        """Where a person can watch the run, by the kind of place."""
        ...


class Trainings:
    """The trainings of a release."""

    def __init__(
        self, database: Engine, carrier: Carrier, portfolios: Sequence[str], tables: Collection[str] = ()
    ) -> None:
        """`tables` are those of the portfolios that come as a table."""
        self._database = database
        self._carrier = carrier
        self._portfolios = tuple(portfolios)
        self._tables = frozenset(tables)

    def trigger(self, wish: TrainingWish, *, person: str, now: datetime) -> PipelineRun:
        """Have a model trained.

        The row is committed before anything starts: whoever is killed in between leaves a row that `upkeep` starts.

        Raises:
            BadRequestError: where the portfolio is not known, or not clear.
            ActiveError: where a training of the batch is active.
            NotStartedError: where it cannot be started; its row is closed.
            DatabaseAwayError: where the database does not answer.
        """
        run = self._request(wish, person, now)
        try:
            started = self._carrier.start(run)
        except NotStartedError as error:
            with online_transaction(self._database, timeout_seconds=DATABASE_SECONDS) as connection:
                fail_run(connection, run.run_id, error=str(error), now=now)
            raise
        if not started:
            return run
        with online_transaction(self._database, timeout_seconds=DATABASE_SECONDS) as connection:
            return _mark_started(connection, run)

    def watch(self, run: PipelineRun) -> Mapping[str, str]:
        """Where a person can watch the run, by the kind of place."""
        return self._carrier.watch(run)

    def upkeep(self, connection: Connection, now: datetime) -> None:
        """Start what was asked for and not started, and close what nobody will carry on.

        `connection` is in no transaction.

        Raises:
            ClusterAwayError: where the Kubernetes API does not answer.
        """
        with connection.begin():
            runs = active_runs(connection, kind="train")
        for run in runs:
            self._keep(connection, run, now)

    def _keep(self, connection: Connection, run: PipelineRun, now: datetime) -> bool:
        """Whether the run was closed."""
        try:
            decided = self._carrier.upkeep(run, connection, now)
            if decided is Upkeep.START and self._carrier.start(run):
                with connection.begin():
                    _mark_started(connection, run)
        except NotStartedError as error:
            decided = str(error)
        if isinstance(decided, Upkeep):
            return False
        with connection.begin():
            return fail_run(connection, run.run_id, error=decided, now=now)

    def _request(self, wish: TrainingWish, person: str, now: datetime) -> PipelineRun:
        try:
            return self._insert(wish, person, now)
        except RunActiveError as error:
            if not self._was_abandoned(error.run_id, now):
                raise ActiveError(str(error), error.run_id) from error
        try:
            return self._insert(wish, person, now)
        except RunActiveError as error:
            raise ActiveError(str(error), error.run_id) from error

    def _was_abandoned(self, run_id: UUID, now: datetime) -> bool:
        with online_transaction(self._database, timeout_seconds=DATABASE_SECONDS) as connection:
            run = get_run(connection, run_id)
        try:
            with self._database.connect() as connection:
                return self._keep(connection, run, now)
        except ClusterError:
            # Whether its workflow lives cannot be known now: the row says that the run does.
            return False

    def _insert(self, wish: TrainingWish, person: str, now: datetime) -> PipelineRun:
        run_id = uuid4()
        with online_transaction(self._database, timeout_seconds=DATABASE_SECONDS) as connection:
            holding = () if wish.portfolio is not None else portfolios_of_batch(connection, wish.batch_id)
            run = request_training(
                connection,
                run_id=run_id,
                portfolio=chosen_portfolio(wish, self._portfolios, holding, self._tables),
                batch_id=wish.batch_id,
                requested_by=person,
                workflow=self._carrier.workflow(run_id),
                now=now,
            )
            # Who starts it may be another process than the one that was asked.
            write_outcome(connection, run_id, {"deploy": wish.deploy})
        return replace(run, outcome={"deploy": wish.deploy})


def _mark_started(connection: Connection, run: PipelineRun) -> PipelineRun:
    """Write down that a run is carried, unless its process has written more by now."""
    now = find_run(connection, run.run_id, lock=True)
    if now is None or now.state != "requested":
        return run if now is None else now
    outcome = {**now.outcome, STARTED: True}
    write_outcome(connection, run.run_id, outcome)
    return replace(now, outcome=outcome)


def was_started(run: PipelineRun) -> bool:
    """Whether the run has been carried: one that is no longer carried is over, however young it is."""
    return run.state == "running" or bool(run.outcome.get(STARTED, False))


def deploys(run: PipelineRun) -> bool:
    """Whether the model is to be deployed where it is no worse."""
    return bool(run.outcome.get("deploy", True))


def chosen_portfolio(
    wish: TrainingWish, known: Sequence[str], holding: Sequence[str], tables: Collection[str] = ()
) -> str:
    """The portfolio that a wish is about: the named one, the only one that holds the batch's rows, or the only one.

    Of `tables`, portfolios that come as a table, none is meant that holds no row of the batch while another may be.

    Raises:
        BadRequestError: where it is not known, or there are several.
    """
    there_are = ", ".join(known)
    if wish.portfolio is not None:
        if wish.portfolio not in known:
            raise BadRequestError(f"body.portfolio: no portfolio {wish.portfolio!r}; there are {there_are}")
        return wish.portfolio
    holders = [name for name in known if name in holding]
    candidates = holders or [name for name in known if name not in tables] or list(known)
    if len(candidates) == 1:
        return candidates[0]
    where = f"{len(candidates)} portfolios could be meant" if candidates else "no portfolio is configured"
    raise BadRequestError(f"body.portfolio: is needed, for {where} by batch {wish.batch_id}; there are {there_are}")
