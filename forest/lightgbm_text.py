"""What a LightGBM text model says of itself, and what of it cannot be reproduced exactly."""

import re
from collections.abc import Iterable

from forest.engine import ForestError

_CATEGORICAL_BIT = 1
_MISSING_SHIFT = 2
_MISSING_IS_ZERO = 1


def check_exact(model_text: str) -> None:
    """Refuse a model whose margins another engine would not give to the bit, or that are no log-odds.

    Raises:
        ForestError: with the reason, where the text is no binary LightGBM model, averages its trees, has
            linear trees, or treats zero as missing.
    """
    lines = model_text.splitlines()
    if not lines or lines[0].strip() != "tree":
        raise ForestError("not a LightGBM text model: its first line must be 'tree'")
    _check_objective(_header(lines))
    _check_trees(lines)


def feature_names(model_text: str) -> tuple[str, ...]:
    """Names of a text model's columns, in order; none where it was trained without names."""
    names = tuple(_header(model_text.splitlines()).get("feature_names", "").split())
    return () if all(re.fullmatch(r"Column_\d+", name) for name in names) else names


def feature_count(model_text: str) -> int:
    """Features of a text model.

    Raises:
        ForestError: where it does not say.
    """
    last = _header(model_text.splitlines()).get("max_feature_idx", "")
    if not last.isdecimal():
        raise ForestError(f"the LightGBM model's max_feature_idx is {last!r}, not a number")
    return int(last) + 1


def _header(lines: list[str]) -> dict[str, str]:
    header: dict[str, str] = {}
    for line in lines:
        if line.startswith("Tree="):
            break
        key, _, value = line.partition("=")
        header[key.strip()] = value.strip()
    return header


def _check_objective(header: dict[str, str]) -> None:
    objective = header.get("objective", "none")
    if objective.split(" ")[0] != "binary" or header.get("num_class") != "1":
        raise ForestError(f"objective {objective!r}: only the margin of 'binary' is the log-odds of default")
    if "sigmoid:1" not in objective.split(" "):
        raise ForestError(f"objective {objective!r}: with another sigmoid than 1 the margin is no log-odds")
    if "average_output" in header:
        raise ForestError("boosting=rf averages its trees: the margin is no log-odds; use gbdt or dart")


def _check_trees(lines: Iterable[str]) -> None:
    for line in lines:
        key, _, value = line.partition("=")
        if key == "is_linear" and value.strip() != "0":
            raise ForestError("linear_tree=true: linear trees have no exact contributions, train without them")
        if key == "decision_type" and any(map(_reads_zero_as_missing, value.split())):
            raise ForestError(
                "zero_as_missing: Treelite and tl2cgen send zeros another way than LightGBM (margins differ by"
                " up to 2.2 in our tests): train with zero_as_missing=false and NaN where a value is missing"
            )


def _reads_zero_as_missing(decision_type: str) -> bool:
    # Bits of decision_type: 0 categorical, 1 default left, 2-3 missing type (0 none, 1 zero, 2 NaN).
    bits = int(decision_type)
    return not bits & _CATEGORICAL_BIT and (bits >> _MISSING_SHIFT) & 3 == _MISSING_IS_ZERO
