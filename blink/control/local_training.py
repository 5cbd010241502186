"""Trainings as processes of this machine: each is a `blink train` that ends with us."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from uuid import UUID

from sqlalchemy import Connection

from blink.control.training import NotStartedError, Upkeep, deploys
from credit.database.pipeline_runs import KILLED, PipelineRun, training_lock
from credit.database.session_lock import release, try_lock

BEGIN_WITHIN = timedelta(minutes=1)
"""After which a run that was asked for and has no process is closed."""
END_SECONDS = 10.0


class ProcessTraining:
    """Carries trainings in child processes, with a log file each under BLINK_HOME."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._children: dict[UUID, subprocess.Popen[bytes]] = {}
        self._lock = Lock()

    def workflow(self, run_id: UUID) -> None:  # noqa: ARG002 - a Carrier
        """There are no workflows here."""
        return

    def start(self, run: PipelineRun) -> bool:
        """Start the run's process.

        Raises:
            NotStartedError: where the system refuses.
        """
        log = self.log_file(run.run_id)
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("ab") as output:
                child = subprocess.Popen(  # noqa: S603 - our own command
                    [sys.executable, "-m", "blink.supervised", *training_command(run, self._home)],
                    stdin=subprocess.PIPE,  # held open while we live: the training ends with us
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            raise NotStartedError(f"run {run.run_id} cannot be started: {error}") from error
        with self._lock:
            self._children[run.run_id] = child
        return True

    def upkeep(self, run: PipelineRun, connection: Connection, now: datetime) -> Upkeep | str:
        """Why a run is over whose process has gone."""
        with self._lock:
            child = self._children.get(run.run_id)
        if child is not None:
            return self._end_of(child, run)
        if run.workflow is not None:
            return Upkeep.LEAVE
        if run.state == "requested":
            return "its process never began" if now - run.started_at > BEGIN_WITHIN else Upkeep.LEAVE
        return _end_of_stranger(run, connection)

    def watch(self, run: PipelineRun) -> Mapping[str, str]:
        """The log file, where the run is one of ours."""
        log = self.log_file(run.run_id)
        return {"log": str(log)} if log.exists() else {}

    def log_file(self, run_id: UUID) -> Path:
        """What the run's process says."""
        return self._home / "log" / f"train-{run_id}.log"

    def stop(self) -> None:
        """End all processes; each closes its run, or the next training does."""
        with self._lock:
            children = [child for child in self._children.values() if child.poll() is None]
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _end_of(self, child: subprocess.Popen[bytes], run: PipelineRun) -> Upkeep | str:
        code = child.poll()
        if code is None:
            return Upkeep.LEAVE
        said = self.log_file(run.run_id).read_text("utf-8", errors="replace").strip().splitlines()
        return f"its process ended with exit code {code}" + (f": {said[-1]}" if said else "")


def training_command(run: PipelineRun, home: Path) -> Sequence[str]:
    """The arguments of `blink` that carry the run out. Pure."""
    batch = () if run.batch_id is None else ("--batch-id", run.batch_id)
    deploy = ("--deploy",) if deploys(run) else ()
    return ("train", run.portfolio, "--run-id", str(run.run_id), *batch, *deploy, "--home", str(home))


def _end_of_stranger(run: PipelineRun, connection: Connection) -> Upkeep | str:
    """Of a training that we did not start: its process holds a lock as long as it lives."""
    name = training_lock(run.portfolio, run.batch_id)
    if not try_lock(connection, name):
        return Upkeep.LEAVE
    release(connection, name)
    return KILLED
