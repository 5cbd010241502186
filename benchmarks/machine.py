"""The machine that figures were measured on, as far as a reader needs it to judge them; nothing names it."""

import os
import platform
from collections.abc import Collection, Mapping
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


def pin(core: int | None) -> int:
    """Keep this process on one core, the last that it may use where none is given; that core.

    Raises:
        BenchmarkError: where this process may not use it.
    """
    allowed: Collection[int] = os.sched_getaffinity(0)
    chosen = max(allowed) if core is None else core
    if chosen not in allowed:
        raise BenchmarkError(f"core {chosen} is not among those that this process may use: {sorted(allowed)}")
    os.sched_setaffinity(0, {chosen})
    return chosen


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
