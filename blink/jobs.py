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
from threading import Event

POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended."""

    exit_code: int
    facts: Mapping[str, object]
    """The JSON object that it printed; empty where it printed none."""
    trouble: str
    """The last line of what it said on standard error, where it failed."""


def run_job(arguments: Sequence[str], home: Path, stop: Event) -> JobResult:
    """Run one `blink` command to its end, or until `stop` is set; then it is terminated."""
    command = [sys.executable, "-m", "blink", *arguments, "--json", "--home", str(home)]
    # In a session of its own: a Ctrl-C in the terminal is ours to hand on.
    with subprocess.Popen(  # noqa: S603 - our own command
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as job:
        while True:
            try:
                printed, said = job.communicate(timeout=POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if stop.is_set():
                    job.terminate()
    return JobResult(job.returncode, _facts(printed), _last_line(said) if job.returncode else "")


def _facts(printed: str) -> Mapping[str, object]:
    lines = printed.strip().splitlines()
    return json.loads(lines[-1]) if lines else {}


def _last_line(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1] if lines else ""
