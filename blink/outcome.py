"""What a command answers, and how a workflow engine reads it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


class WrongCallError(Exception):
    """Options that do not go together; the message says which."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A command's answer: text for people, facts for machines, an exit code."""

    text: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    exit_code: int = 0


FAILURE = ("error", "exit_code")
"""What a command that failed tells instead of its facts."""


def prepare_facts(directory: Path) -> Path:
    """The folder that the facts go to, made before the work that they are about; an earlier failure's are removed.

    Raises:
        WrongCallError: where it cannot be made or written to.
    """
    return writable_folder(directory, without=FAILURE)


def writable_folder(directory: Path, *, without: Sequence[str] = ()) -> Path:
    """The folder that `--out` names, made where it is not there; files of the names `without` are removed.

    Raises:
        WrongCallError: where it cannot be made or written to.
    """
    probe = directory / ".writable"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe.touch()
        for name in (probe.name, *without):
            (directory / name).unlink(missing_ok=True)
    except OSError as error:
        raise WrongCallError(f"--out {directory}: {error.strerror}; give a folder that can be written to") from error
    return directory


def write_facts(facts: Mapping[str, object], directory: Path) -> None:
    """Each fact as a file of its name, whole or not at all: a string as it is, anything else as JSON."""
    for name, value in facts.items():
        unfinished = directory / f".{name}.unfinished"
        unfinished.write_text(value if isinstance(value, str) else as_json(value), "utf-8")
        unfinished.replace(directory / name)


def as_json(value: object) -> str:
    """A fact, or all of them, as one line of JSON."""
    return json.dumps(value, sort_keys=True, allow_nan=False)
