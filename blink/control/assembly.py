"""The parts of `blink control` put together, for a cluster and for one machine."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import Engine

from blink.control.app import Parts, control_app
from blink.control.cluster_training import WorkflowTraining
from blink.control.config import ControlFile
from blink.control.local_training import ProcessTraining
from blink.control.loop import Loop
from blink.control.metrics import ControlMetrics, PipelineFigures
from blink.control.tokens import Tokens
from blink.control.training import DATABASE_SECONDS, Trainings
from credit.database.pipeline_figures import champions, count_runs, last_finished
from credit.database.score_requests import DatabaseAwayError, online_transaction
from rollout.cluster import Cluster
from rollout.reconcile import Rollout


@dataclass(frozen=True, slots=True)
class Control:
    """An application and the loop beside it."""

    app: FastAPI
    loop: Loop


def utc_now() -> datetime:
    """The clock of the process."""
    return datetime.now(UTC)


def cluster_loop(config: ControlFile, database: Engine, cluster: Cluster, *, tables: Collection[str] = ()) -> Loop:
    """The loop of a release on a cluster; `tables` are those of its portfolios that come as a table."""
    carrier = WorkflowTraining(cluster, config.release, config.train_template, config.argo_url)
    portfolios = [portfolio.name for portfolio in config.portfolios]
    rollout = Rollout(config.rollout(), cluster)
    lock = f"blink.control:{config.namespace}/{config.release}"
    return _loop(database, Trainings(database, carrier, portfolios, tables), portfolios, lock=lock, rollout=rollout)


def local_loop(
    carrier: ProcessTraining, database: Engine, portfolios: Sequence[str], *, tables: Collection[str] = ()
) -> Loop:
    """The loop of one machine; `tables` are those of the portfolios that come as a table."""
    trainings = Trainings(database, carrier, portfolios, tables)
    return _loop(database, trainings, portfolios, lock="blink.control", rollout=None)


def with_api(loop: Loop, tokens: Path) -> Control:
    """The API beside a loop."""
    parts = Parts(loop.database, loop.trainings, Tokens(tokens), loop.metrics, utc_now)
    return Control(control_app(parts), loop)


def _loop(
    database: Engine, trainings: Trainings, portfolios: Sequence[str], *, lock: str, rollout: Rollout | None
) -> Loop:
    metrics = ControlMetrics(lambda: _figures(database))
    metrics.expect(["trainings", *portfolios] if rollout is not None else ["trainings"])
    return Loop(database, lock, trainings, rollout, metrics, utc_now)


def _figures(database: Engine) -> PipelineFigures | None:
    now = utc_now()
    try:
        with online_transaction(database, timeout_seconds=DATABASE_SECONDS) as connection:
            return PipelineFigures(now, champions(connection), count_runs(connection, now), last_finished(connection))
    except DatabaseAwayError:
        return None
