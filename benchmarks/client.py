"""The load client: a small Go program, faster than the servers, built once."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError

SOURCE = Path(__file__).parent / "load_client"
_BUILD_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Question:
    """One request of a load: a POST of JSON."""

    kind: str
    """A name under which it is counted, without tabs."""
    path: str
    body: str
    """In one line, without tabs."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked, and for how long."""

    port: int
    questions: Path
    """As `write_questions` writes them; asked in turn."""
    connections: int
    seconds: float
    """Measured time."""
    warm_up: float = 0.5
    """Seconds before it that are not."""
    rate: float = 0.0
    """Requests a second, at even times, whether or not others were answered; 0: as fast as answers come."""
    answers: bool = False
    """Whether to tell which answers there were."""


@dataclass(frozen=True, slots=True)
class KindFigures:
    """The measured answers to one kind of question."""

    requests: int
    p50_seconds: float
    p99_seconds: float


@dataclass(frozen=True, slots=True)
class AnswerCount:
    """An answer that some requests got, in the warm-up too."""

    request: int
    """The question's place, from 0."""
    status: int
    text: str
    """The body; ids and times that are of one request only are empty."""
    count: int


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
    kinds: Mapping[str, KindFigures] = field(default_factory=dict)
    answers: Sequence[AnswerCount] = ()
    """Each different answer once; empty where they were not asked for."""

    @property
    def errors(self) -> int:
        """Requests that were not answered with 200."""
        return self.failures + sum(count for status, count in self.statuses.items() if status != "200")


def built_client(folder: Path) -> Path:
    """The compiled program, built where its source has changed.

    Raises:
        BenchmarkError: where Go is not installed, or cannot build it.
    """
    source = b"".join(path.read_bytes() for path in sorted(SOURCE.iterdir()))
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


def write_questions(path: Path, questions: Iterable[Question]) -> Path:
    """Write questions as the client reads them."""
    path.write_text("\n".join(f"{one.kind}\t{one.path}\t{one.body}" for one in questions), "utf-8")
    return path


def ask(program: Path, load: Load) -> Answered:
    """Run the client, on the cores of this process.

    Raises:
        BenchmarkError: where it cannot ask at all.
    """
    command = [
        *(str(program), "-address", f"127.0.0.1:{load.port}", "-requests", str(load.questions)),
        *("-connections", str(load.connections), "-seconds", str(load.seconds)),
        *("-warm-up", str(load.warm_up), "-rate", str(load.rate)),
        *(["-answers"] if load.answers else []),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3 * load.seconds + 60, check=False)
    if done.returncode:
        raise BenchmarkError(f"the load client failed: {done.stderr.strip()}")
    return _answered(json.loads(done.stdout))


def _answered(said: dict[str, Any]) -> Answered:
    kinds = {kind: KindFigures(**figures) for kind, figures in said.pop("kinds").items()}
    answers = [AnswerCount(**answer) for answer in said.pop("answers", ())]
    return Answered(**said, kinds=kinds, answers=answers)
