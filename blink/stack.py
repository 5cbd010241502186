"""The whole platform on one machine: prepare what is missing, serve, score and retrain by the clock."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TextIO

from sqlalchemy import Engine, func, select

from blink.conversation import curl_line, score_example, wait_until_ready
from blink.exit_codes import TRY_AGAIN
from blink.jobs import JobResult, run_job
from blink.timetable import USUAL, Timetable, next_tick, training_is_due
from credit.database.models import champion
from credit.database.schema import ACCOUNTS, PIPELINE_RUNS
from credit.portfolios import Portfolio

READY_SECONDS = 120
BUSY_TRIES = 30
BUSY_SECONDS = 2.0

PICTURE = """
  transactions --> features --> model --> score, points, reasons --> audit
  (PostgreSQL)     (SQL as of   (LightGBM, (REST, gRPC, every        (append-only,
                   each moment)  Treelite)  5 minutes for all)        hash-chained)
"""


class StackError(Exception):
    """A step of the platform's start failed; the message names the command."""


@dataclass(frozen=True, slots=True)
class Stack:
    """One machine's platform for one portfolio."""

    portfolio: Portfolio
    home: Path
    engine: Engine
    """As blink_reader."""
    stop: Event
    users: int
    months: int
    timetable: Timetable = USUAL
    stream: TextIO = sys.stderr
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def say(self, text: str) -> None:
        """Tell the person at the terminal."""
        self.stream.write(f"{self.clock():%H:%M:%S}  {text}\n")
        self.stream.flush()

    def prepare(self) -> None:
        """Generate a small portfolio where there is none, train a first model where there is none, score once.

        Raises:
            StackError: where a step fails.
        """
        name = self.portfolio.name
        self.stream.write(PICTURE + "\n")
        if not self._has_accounts():
            size = ["--users", str(self.users), "--months", str(self.months)]
            self._step("generating a small portfolio", ["data", "generate", name, *size])
        if not self._has_champion():
            self._step("training the first model", ["train", name, "--deploy"])
        self._step("scoring every user with new data", ["score", name])

    def announce(self, host: str, port: int) -> None:
        """Once the server is ready, print a line that works."""
        if wait_until_ready(host, port, self.portfolio.name, seconds=READY_SECONDS, stop=self.stop):
            self.say(f"ready; try\n\n{curl_line(host, port)}\n")

    def ask_once(self, host: str, port: int) -> Mapping[str, object]:
        """Wait for the server and score the example's user over HTTP.

        Raises:
            StackError: where the answer is not 200.
        """
        wait_until_ready(host, port, self.portfolio.name, seconds=READY_SECONDS, stop=self.stop)
        status, answer = score_example(host, port)
        if status != 200:
            raise StackError(f"POST /score answered {status}: {answer}")
        return answer

    def keep_going(self) -> None:
        """Score and retrain by the clock until `stop` is set; a failed job is told and tried again next time."""
        name = self.portfolio.name
        while not self.stop.is_set():
            due = next_tick(self.clock(), self.timetable.score_every)
            if self.stop.wait((due - self.clock()).total_seconds()):
                return
            self._report("scored", self._job(["score", name]))
            if training_is_due(*self._last_trainings(), self.clock(), self.timetable):
                self._report("trained", self._job(["train", name, "--deploy"]))

    def _step(self, what: str, command: Sequence[str]) -> None:
        self.say(what)
        for _ in range(BUSY_TRIES):
            result = self._job(command, show=True)
            # A process that was killed may still hold its locks until the server has noticed.
            if result.exit_code != TRY_AGAIN or self.stop.wait(BUSY_SECONDS):
                break
        if result.exit_code != 0 and not self.stop.is_set():
            raise StackError(f"`blink {' '.join(command)}` failed: {result.trouble}")
        self._report("done", result)

    def _job(self, command: Sequence[str], *, show: bool = False) -> JobResult:
        return run_job(command, self.home, self.stop, echo=self.stream if show else None)

    def _report(self, what: str, result: JobResult) -> None:
        if self.stop.is_set():
            return
        if result.exit_code != 0:
            self.say(f"not {what} ({result.exit_code}): {result.trouble}")
        else:
            self.say(f"{what}: {result.facts.get('summary', 'done')}")

    def _has_accounts(self) -> bool:
        found = select(ACCOUNTS.c.account_id).where(ACCOUNTS.c.portfolio == self.portfolio.name).limit(1)
        with self.engine.connect() as connection:
            return connection.execute(found).first() is not None

    def _has_champion(self) -> bool:
        with self.engine.connect() as connection:
            return champion(connection, self.portfolio.name) is not None

    def _last_trainings(self) -> tuple[datetime | None, datetime | None]:
        """When a training last came to a result, and when one last ended in any way."""
        runs = PIPELINE_RUNS.c
        found = select(func.max(runs.finished_at).filter(runs.state != "failed"), func.max(runs.finished_at)).where(
            runs.portfolio == self.portfolio.name, runs.kind == "train"
        )
        with self.engine.connect() as connection:
            result, any_end = connection.execute(found).one()
        return result, any_end
