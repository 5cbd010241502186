"""An algorithm's settings, with those that a portfolio fixes in place of what the trainer would choose."""

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from credit.portfolios import Portfolio, Setting
from trainer.algorithm import Boosting, Sample, algorithm_named, algorithm_names
from trainer.errors import UnknownSettingError

Settings = TypeVar("Settings")


def with_fixed(settings: Settings, fixed: Iterable[Setting], *, algorithm: str, place: str) -> Settings:
    """The settings, a dataclass of the algorithm's own, with the fixed ones; `place` names these in errors.

    Where the number of rounds is fixed, growing does not stop early, unless `patience` is fixed as well.

    Raises:
        UnknownSettingError: where the algorithm has no setting of a name, or takes another kind of value for it.
    """
    declared, changed = get_type_hints(type(settings)), {one.name: one.value for one in fixed}
    names = [field.name for field in fields(settings)]  # type: ignore[arg-type]  # every algorithm's is a dataclass
    for name, value in changed.items():
        if name not in names:
            known = ", ".join(names) or "none"
            raise UnknownSettingError(f"{place} {name}: {algorithm} has no such setting; it has {known}")
        if not _taken(value, declared[name]):
            raise UnknownSettingError(f"{place} {name}: {algorithm} takes {_worded(declared[name])}, not {value!r}")
    if isinstance(settings, Boosting) and "rounds" in changed:
        changed = {"patience": None, **changed}  # type: ignore[dict-item]
    return replace(settings, **changed)  # type: ignore[type-var]


def check_fixed(portfolio: Portfolio) -> None:
    """Do nothing where there is the portfolio's algorithm, and it takes all that `[settings]` fixes.

    The algorithm's library is imported only where something is fixed.

    Raises:
        UnknownSettingError: naming the setting, and those that there are.
        TrainingError: where the library is not installed.
    """
    place = f"portfolio {portfolio.name}"
    if portfolio.algorithm not in algorithm_names():
        raise UnknownSettingError(
            f"{place}: no algorithm {portfolio.algorithm!r}; there are {', '.join(algorithm_names())}"
        )
    if not portfolio.settings:
        return
    algorithm = algorithm_named(portfolio.algorithm)
    # Which settings there are does not depend on the rows.
    sample = Sample(np.zeros((2, len(portfolio.features))), np.array([0, 1], dtype=np.int8))
    chosen = algorithm.settings_for(sample, stopping=False)
    with_fixed(chosen, portfolio.settings, algorithm=algorithm.NAME, place=f"{place} [settings]")


def _taken(value: object, declared: Any) -> bool:
    """Whether a value is of a declared type; a whole number is a float, true is no number."""
    if get_origin(declared) is Literal:
        return value in get_args(declared)
    if args := get_args(declared):
        return any(_taken(value, one) for one in args)
    if declared is float:
        declared = int | float
    return isinstance(value, declared) and (declared is bool or not isinstance(value, bool))


def _worded(declared: Any) -> str:
    """A declared type for people."""
    if get_origin(declared) is Literal:
        return " or ".join(repr(one) for one in get_args(declared))
    if get_origin(declared) is Union or get_args(declared):
        return " or ".join(_worded(one) for one in get_args(declared) if one is not type(None))
    return {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}[declared]
