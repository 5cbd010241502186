"""The machine that figures were measured on, as far as a reader needs it to judge them; nothing names it."""

import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.errors import BenchmarkError


def described_machine() -> Mapping[str, object]:
    """Processor, cores, kernel and Python."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


@contextmanager
def pinned(core: int | None) -> Iterator[int]:
    """Keep this thread, and those that it starts, on one core meanwhile: the last that it may use where none is given.

    Raises:
        BenchmarkError: where it may not use that core.
    """
    allowed = os.sched_getaffinity(0)
    chosen = max(allowed) if core is None else core
    if chosen not in allowed:
        raise BenchmarkError(f"core {chosen} is not among those that this process may use: {sorted(allowed)}")
    os.sched_setaffinity(0, {chosen})
    try:
        yield chosen
    finally:
        os.sched_setaffinity(0, allowed)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
