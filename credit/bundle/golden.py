"""Rows whose margins and contributions every load of a model must reproduce."""

import math
from dataclasses import dataclass
from typing import cast

import numpy as np

from credit.bundle.canonical import Json, to_bytes, to_object
from credit.bundle.errors import BundleError
from forest.engine import Engine, Floats

FILE = "golden.json"
TOLERANCE = 1e-9
"""Largest difference of a contribution, in the margin's unit."""
_SAMPLED_ROWS = 48


@dataclass(frozen=True)
class Golden:
    """Rows [n, d] with an engine's margins [n] and contributions [n, d + 1], all float64."""

    rows: Floats
    margins: Floats
    contributions: Floats


def choose_rows(reference: Floats) -> Floats:
    """Rows that exercise a model, float64 [m, d], m <= 53, from reference rows [n, d] (n > 0).

    Evenly spaced reference rows; a row with all missing, one of zeros, one of negative zeros, and the two
    infinities, since a served row may hold any of these and a wrong engine shows there first.
    """
    spaced = np.linspace(0, len(reference) - 1, num=min(_SAMPLED_ROWS, len(reference))).astype(int)
    edges = np.array([np.nan, 0.0, -0.0, np.inf, -np.inf])
    return np.vstack([reference[spaced], np.repeat(edges[:, None], reference.shape[1], axis=1)])


def golden_of(engine: Engine, rows: Floats) -> Golden:
    """The rows with the engine's answers."""
    return Golden(rows=rows, margins=engine.margins(rows), contributions=engine.contributions(rows))


def check_golden(golden: Golden, engine: Engine) -> None:
    """Prove that an engine reproduces golden rows: margins to the bit, contributions to `TOLERANCE`.

    Raises:
        BundleError: naming the first row that differs and both values.
    """
    check_margins(golden.margins, engine.margins(golden.rows), of=f"{FILE} on {engine.version}")
    contributions = engine.contributions(golden.rows)
    wrong = ~(np.abs(contributions - golden.contributions) <= TOLERANCE)
    for row, column in np.argwhere(wrong)[:1]:
        raise BundleError(
            f"{FILE} on {engine.version}: row {row}, column {column}: contribution"
            f" {float(contributions[row, column])!r}, expected {float(golden.contributions[row, column])!r}"
        )


def check_margins(expected: Floats, given: Floats, *, of: str, tolerance: float = 0.0) -> None:
    """Prove margins [n] equal to the bit, or to a tolerance above 0.

    Raises:
        BundleError: naming `of`, the first row that differs and both values.
    """
    differs = expected.view(np.uint64) != given.view(np.uint64)
    if tolerance:
        differs = ~(np.abs(expected - given) <= tolerance)
    for row in np.flatnonzero(differs)[:1]:
        raise BundleError(f"{of}: row {row}: margin {float(given[row])!r}, expected {float(expected[row])!r}")


def check_additive(golden: Golden) -> None:
    """Prove that the contributions of each row add up to its margin, to `TOLERANCE` of the greatest of them.

    Raises:
        BundleError: naming the first row that does not.
    """
    sums = golden.contributions.sum(axis=1)
    largest = np.maximum(1.0, np.abs(golden.contributions).max(axis=1))
    for row in np.flatnonzero(~(np.abs(sums - golden.margins) <= TOLERANCE * largest))[:1]:
        raise BundleError(
            f"{FILE}: row {row}: contributions add up to {float(sums[row])!r}, margin {float(golden.margins[row])!r}"
        )


def golden_to_bytes(golden: Golden) -> bytes:
    """Golden rows as canonical JSON: numbers as `float.hex`, infinities as inf and -inf, missing as null."""
    fields: dict[str, Json] = {
        "rows": [_encode(row) for row in golden.rows],
        "margins": _encode(golden.margins),
        "contributions": [_encode(row) for row in golden.contributions],
    }
    return to_bytes(fields, file=FILE)


def golden_from_bytes(content: bytes, *, width: int) -> Golden:
    """Golden rows in canonical JSON, of a model with `width` features.

    Raises:
        BundleError: where it is none, or of another width.
    """
    fields = to_object(content, file=FILE)
    try:
        margins = _decode(cast("list[str | None]", fields["margins"]))
        rows = _decode_rows(fields["rows"], (len(margins), width))
        contributions = _decode_rows(fields["contributions"], (len(margins), width + 1))
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{FILE}: a field is missing or has a wrong shape: {error!r}") from error
    return Golden(rows=rows, margins=margins, contributions=contributions)


def _encode(numbers: Floats) -> list[Json]:
    return [None if math.isnan(number) else float(number).hex() for number in numbers]


def _decode(numbers: list[str | None]) -> Floats:
    return np.array([math.nan if number is None else float.fromhex(number) for number in numbers], np.float64)


def _decode_rows(rows: Json, shape: tuple[int, int]) -> Floats:
    decoded = [_decode(cast("list[str | None]", row)) for row in cast("list[Json]", rows)]
    return np.array(decoded, np.float64).reshape(shape)
