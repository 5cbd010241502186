"""The load client: a small Go program, faster than the servers, built once."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from benchmarks.errors import BenchmarkError

SOURCE = Path(__file__).parent / "load_client"
_BUILD_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked, and for how long."""

    port: int
    path: str
    bodies: Path
    """JSON bodies, one a line, asked in turn."""
    connections: int
    seconds: float
    """Measured time."""
    warm_up: float = 0.5
    """Seconds before it that are not."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it."""

    requests: int
    """Answered within the measured time, with any status."""
    seconds: float
    statuses: Mapping[str, int]
    failures: int
    """Requests without a whole answer."""
    closed: int
    """Connections that the server closed."""
    p50_seconds: float
    p99_seconds: float
    failure: str = ""
    """The first failure's reason."""

    @property
    def errors(self) -> int:
        """Requests that were not answered with 200."""
        return self.failures + sum(count for status, count in self.statuses.items() if status != "200")


def built_client(folder: Path) -> Path:
    """The compiled program, built where its source has changed.

    Raises:
        BenchmarkError: where Go is not installed, or cannot build it.
    """
    source = b"".join((SOURCE / name).read_bytes() for name in ("go.mod", "main.go"))
    program = folder / f"loadclient-{sha256(source).hexdigest()[:16]}"
    if program.exists():
        return program
    go = shutil.which("go")
    if go is None:
        raise BenchmarkError("the load client is built with Go, which is not on the PATH: install Go 1.21 or newer")
    folder.mkdir(parents=True, exist_ok=True)
    command = [go, "build", "-o", str(program.resolve()), "."]
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, timeout=_BUILD_SECONDS, check=False)
    if done.returncode:
        raise BenchmarkError(f"Go cannot build the load client: {done.stderr.strip()}")
    return program


def ask(program: Path, load: Load) -> Answered:
    """Run the client, on the cores of this process.

    Raises:
        BenchmarkError: where it cannot ask at all.
    """
    command = [
        *(str(program), "-address", f"127.0.0.1:{load.port}", "-path", load.path, "-bodies", str(load.bodies)),
        *("-connections", str(load.connections), "-seconds", str(load.seconds)),
        *("-warm-up", str(load.warm_up)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=load.seconds + 60, check=False)
    if done.returncode:
        raise BenchmarkError(f"the load client failed: {done.stderr.strip()}")
    return Answered(**json.loads(done.stdout))
