"""What a fit was made with, in plain text: our settings by their own names, the library's behind `library.`.

The library's include those that nobody set, at the values that it took itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from trainer.algorithm import Estimator

LIBRARY = "library."


def effective_settings(settings: Any, estimator: Estimator) -> dict[str, str]:
    """The settings of an algorithm's own type that an estimator was fitted with, and its library's parameters."""
    return plain(asdict(settings)) | {f"{LIBRARY}{name}": value for name, value in estimator.parameters.items()}


def plain(found: Mapping[str, Any]) -> dict[str, str]:
    """Values as texts; None is `none`, and what is empty is left out."""
    texts = {name: "none" if value is None else str(value) for name, value in found.items()}
    return {name: text for name, text in texts.items() if text}


def over_folds(settings: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The settings of several fits as one: each value once where it is the same, else one a fold in their order."""
    names = dict.fromkeys(name for one in settings for name in one)
    return {name: _of_one(name, settings) for name in names}


def _of_one(name: str, settings: Sequence[Mapping[str, str]]) -> str:
    values = [one.get(name, "none") for one in settings]
    return values[0] if len(set(values)) == 1 else ", ".join(values)
