"""Who is compared: each contestant is a module of `benchmarks.peers`, and joins where its library is installed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from benchmarks.trees_model import TreesModel
from forest.engine import Floats

Answer = Callable[[Floats], Floats]
"""Rows float64 [n, width] to what is compared: margins [n], or contributions [n, width + 1]."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to answer."""

    name: str
    version: str
    """Of its library."""
    load: Callable[[TreesModel], Answer]
    """Make it ready for one model; not measured."""
    tolerance: float = 0.0
    """Largest difference from LightGBM that is its nature, such as float32 inputs; more is a wrong answer."""
    largest_batch: int | None = None
    """Most rows that it takes at once; None: any number."""
    remark: str = ""
    """What a reader must know to compare fairly."""


@dataclass(frozen=True, slots=True)
class Absent:
    """A contestant that could not join."""

    name: str
    reason: str


def assemble(modules: Sequence[str]) -> tuple[list[Contestant], list[Absent]]:
    """The contestants of these modules of `benchmarks.peers`, and those whose library is not installed."""
    present: list[Contestant] = []
    absent: list[Absent] = []
    for module in modules:
        try:
            present.append(cast("Contestant", import_module(f"benchmarks.peers.{module}").CONTESTANT))
        except ImportError as error:
            absent.append(Absent(module, f"not installed: {error} (`make bench-peers` installs the peers)"))
        except Exception as error:  # noqa: BLE001 - whatever a peer's library raises, the others are still compared
            absent.append(Absent(module, f"cannot be imported: {type(error).__name__}: {error}"))
    return present, absent
