"""What a command answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field


class WrongCallError(Exception):
    """Options that do not go together; the message says which."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A command's answer: text for people, facts for machines, an exit code."""

    text: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    exit_code: int = 0
