"""Recurring work of one machine, each time in a process of its own.

A job is one `blink` command. It commits or it does not, so that it may be stopped at any moment; and a training of
minutes does not slow the server beside it down.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import IO, TextIO

POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended."""

    exit_code: int
    facts: Mapping[str, object]
    """The JSON object that it printed; empty where it printed none."""
    trouble: str
    """The last line of what it said on standard error, where it failed."""


def run_job(arguments: Sequence[str], home: Path, stop: Event, *, echo: TextIO | None = None) -> JobResult:
    """Run one `blink` command to its end, or until `stop` is set; then it is terminated.

    What it says on standard error goes to `echo`, line by line, as it comes.
    """
    command = [sys.executable, "-m", "blink.supervised", *arguments, "--json", "--home", str(home)]
    # In a session of its own: a Ctrl-C in the terminal is ours to hand on.
    with subprocess.Popen(  # noqa: S603 - our own command
        command,
        stdin=subprocess.PIPE,  # held open while we live: the job ends with us
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as job:
        said: list[str] = []
        printed: list[str] = []
        readers = (
            Thread(target=_hand_on, args=(job.stderr, said, echo), daemon=True),
            Thread(target=_hand_on, args=(job.stdout, printed, None), daemon=True),
        )
        for reader in readers:
            reader.start()
        _wait(job, stop)
        for reader in readers:
            reader.join()
    return JobResult(job.returncode, _facts(printed), said[-1] if job.returncode and said else "")


def _wait(job: subprocess.Popen[str], stop: Event) -> None:
    while True:
        try:
            job.wait(POLL_SECONDS)
        except subprocess.TimeoutExpired:
            if stop.is_set():
                job.terminate()
        else:
            return


def _hand_on(pipe: IO[str] | None, lines: list[str], echo: TextIO | None) -> None:
    for line in pipe or ():
        lines.append(line.rstrip())
        if echo is not None:
            echo.write(f"          {line}")
            echo.flush()


def _facts(printed: Sequence[str]) -> Mapping[str, object]:
    return json.loads(printed[-1]) if printed else {}
