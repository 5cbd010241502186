"""What the workers of one server tell each other, in files: the server is ready when all of them are."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Lock


@dataclass(frozen=True, slots=True)
class WorkerPlace:
    """One worker's place among those of its server."""

    number: int
    """From 0."""
    workers: int
    """How many there are."""
    directory: Path
    """What they share."""


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What one worker says of itself."""

    listening: bool = False
    trouble: str = "no model has been loaded yet"
    """Why it cannot answer; empty where it can."""
    model_id: str = ""
    obstacle: str = ""
    """Why its scores cannot be audited; empty where they can."""


class WorkerStates:
    """The states of all, seen by one of them. Used from any thread."""

    def __init__(self, place: WorkerPlace) -> None:
        self._place = place
        self._own = WorkerState()
        self._lock = Lock()

    def tell(self, **changes: str | bool) -> None:
        """Change what this worker says of itself (fields of `WorkerState`)."""
        with self._lock:
            self._own = replace(self._own, **changes)  # type: ignore[arg-type]  # fields by name
            path = _path(self._place.directory, self._place.number)
            unfinished = path.with_suffix(".new")
            unfinished.write_text(json.dumps(asdict(self._own)), "utf-8")
            unfinished.replace(path)

    def trouble(self, version: str | None = None) -> str:
        """Why not all workers can answer, with that model and an audit where a version is named; empty if they can."""
        for number in range(self._place.workers):
            state = state_of(self._place.directory, number)
            if trouble := _trouble(state, version):
                return f"worker {number + 1} of {self._place.workers}: {trouble}"
        return ""


def state_of(directory: Path, number: int) -> WorkerState | None:
    """What a worker has said; None where there is none of that number now."""
    try:
        return WorkerState(**json.loads(_path(directory, number).read_text("utf-8")))
    except FileNotFoundError:
        return None


def forget(directory: Path, number: int) -> None:
    """A worker has ended: it says nothing any more."""
    _path(directory, number).unlink(missing_ok=True)


def _trouble(state: WorkerState | None, version: str | None) -> str:
    if state is None or not state.listening:
        return "is starting"
    if state.trouble or not version:
        return state.trouble
    return state.obstacle if state.model_id == version else f"has {state.model_id or 'no model yet'}"


def _path(directory: Path, number: int) -> Path:
    return directory / f"worker_{number}.json"
