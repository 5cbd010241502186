"""Makes a process as poor as an image: what its lock does not name, or its list removes, cannot be imported."""

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
    """Finds nothing, and says so loudly for packages outside the lock and for modules that the image removes."""

    def __init__(self, lock: Path, unused: Path) -> None:
        allowed = locked_names(lock) | {OURS}
        self._packages = {top for top, names in packages_distributions().items() if not _any_in(names, allowed)}
        self._modules = {line.replace("/", ".") for line in listed(unused)}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in self._packages or fullname in self._modules:
            raise ModuleNotFoundError(f"No module named {fullname!r} in the image", name=fullname)
        return None


def listed(path: Path) -> list[str]:
    """The lines of a list, without comments."""
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


def like_image(root: Path, target: str) -> None:
    """Bar from now on what the image has not; to be called before anything else is imported."""
    sys.meta_path.insert(0, OnlyLocked(root / f"requirements.{target}.lock", root / ".docker" / f"{target}.unused"))


def _any_in(names: Iterable[str], allowed: frozenset[str]) -> bool:
    return any(_normal(name) in allowed for name in names)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
