"""Makes a process as poor as an image: packages that its lock does not name cannot be imported."""

import re
import sys
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

OURS = "blinkscoring"


def locked_names(lock: Path) -> frozenset[str]:
    """Distributions that a lock names, normalised."""
    return frozenset(_normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock.read_text(), re.MULTILINE))


class OnlyLocked(MetaPathFinder):
    """Finds nothing, and says so loudly for packages outside the lock."""

    def __init__(self, lock: Path) -> None:
        allowed = locked_names(lock) | {OURS}
        self._barred = {top for top, names in packages_distributions().items() if not _any_in(names, allowed)}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in self._barred:
            raise ModuleNotFoundError(f"No module named {fullname!r} in the image", name=fullname)
        return None


def bar_all_but(lock: Path) -> None:
    """Bar from now on what the lock does not name; to be called before anything else is imported."""
    sys.meta_path.insert(0, OnlyLocked(lock))


def _any_in(names: Iterable[str], allowed: frozenset[str]) -> bool:
    return any(_normal(name) in allowed for name in names)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
