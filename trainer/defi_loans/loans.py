"""The simulator's entry: loans as a table that `defi_lending` reads, in blocks.

Loans come in blocks of `BLOCK_LOANS`, each with a random stream of its own (`SeedSequence(seed, spawn_key=(block,))`)
and always drawn whole: a loan stays the same when more are asked for, and memory does not grow with their number.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainer.defi_loans.default_risk import probability, risks, weighted
from trainer.defi_loans.drivers import MONTH, TERMS, Floats, Ints, draw_drivers
from trainer.defi_loans.served_features import served_features
from trainer.simulator.columns import times

BLOCK_LOANS = 10_000
END = date(2025, 1, 1)
"""The day before which all is known, where none is asked for: a seed then says all of a file."""
YEARS = 2
"""In which loans are asked for, evenly."""
SETTLED_DAYS = 30
"""After a loan's term, until it is known how it ended."""
_DAY_US = 86_400_000_000


class LoansError(ValueError):
    """The loans that were asked for cannot be simulated."""


def simulate_loans(loans: int, seed: int, end: date = END) -> Iterator[pa.Table]:
    """Tables of `BLOCK_LOANS` loans, the last one of the rest.

    Columns: subject_id (a pseudonym: 16 hexadecimal digits behind 0x), observed_at and known_at (timestamp[us, UTC]),
    label (1 default), the twelve features as float64, and p_default, the probability that the label was drawn with.

    Args:
        loans: 1 or more.
        seed: 0 or more; the same arguments give the same bytes.
        end: how every loan ended was known before this day, midnight UTC.

    Raises:
        LoansError: an argument is out of range.
    """
    if loans < 1:
        raise LoansError(f"loans is {loans}: give 1 or more")
    if seed < 0:
        raise LoansError(f"seed is {seed}: give 0 or more")
    return _blocks(loans, seed, end)


def _blocks(loans: int, seed: int, end: date) -> Iterator[pa.Table]:
    for block, first in enumerate(range(0, loans, BLOCK_LOANS)):
        stream = np.random.SeedSequence(seed, spawn_key=(block,))
        yield _block(np.random.default_rng(stream), end).slice(0, loans - first)


def _block(rng: np.random.Generator, end: date) -> pa.Table:
    drivers = draw_drivers(BLOCK_LOANS, rng)
    parts = risks(drivers)
    features = served_features(drivers, parts, rng)
    default = probability(weighted(parts))
    observed_at = _observed(end, rng)
    columns: dict[str, pa.Array | Floats | Ints] = {
        "subject_id": _pseudonyms(rng),
        "observed_at": times(observed_at),
        "known_at": times(observed_at + (drivers.term * MONTH + SETTLED_DAYS) * _DAY_US),
        "label": (rng.random(BLOCK_LOANS) < default).astype(np.int8),
        **features,
        "p_default": default,
    }
    return pa.table({name: pa.array(column) for name, column in columns.items()})


def _observed(end: date, rng: np.random.Generator) -> Ints:
    """Microseconds since 1970, in `YEARS` that end early enough for the longest loan to be settled."""
    last = end - timedelta(days=max(TERMS) * MONTH + SETTLED_DAYS)
    midnight = (last - date(1970, 1, 1)).days * _DAY_US
    return rng.integers(midnight - YEARS * 365 * _DAY_US, midnight, BLOCK_LOANS, dtype=np.int64)


def _pseudonyms(rng: np.random.Generator) -> pa.Array:
    digits = np.frombuffer(rng.bytes(8 * BLOCK_LOANS).hex().encode(), dtype="S16")
    return pc.binary_join_element_wise("0x", pa.array(digits).cast(pa.string()), "")
