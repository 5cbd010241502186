"""Columns of money: decimals in major units, read without rounding into whole minor units."""

from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from credit.intake.faults import Faults, as_mask
from credit.intake.words import as_text
from credit.money import minor_unit_exponent

Exponents = npt.NDArray[np.int8]
Ints = npt.NDArray[np.int64]

_READ = pa.decimal128(28, 9)
_LARGEST = 10**14
"""Major units that an amount must stay below: with four decimals it still fits 64 bits."""
_FLOAT_SLACK = 1e-4
"""Distance in minor units within which a binary float stands for a whole number of them."""

_NO_AMOUNT = "is not an amount in major units such as -12.50"
_TOO_LARGE = "is 100000000000000 or more"
_TOO_FINE = "has more decimals than its currency"


def exponents_of(currencies: Any) -> Exponents:
    """Decimal places of each row's currency; 0 where it is null."""
    coded = currencies.dictionary_encode()
    places = np.array([0, *(minor_unit_exponent(str(code)) for code in coded.dictionary.to_pylist())], np.int8)
    found: Exponents = places[pc.fill_null(pc.add(coded.indices, 1), 0).to_numpy(zero_copy_only=False)]
    return found


def read_minor(column: Any, exponents: Exponents, faults: Faults, name: str) -> Any:
    """Amounts in major units as int64 minor units; null where the column is null or faulty."""
    if pa.types.is_floating(column.type):
        return _from_floats(column, exponents, faults, name)
    exact = _exact(column, faults, name)
    minor = np.zeros(len(exact), np.int64)
    for places in np.unique(exponents):
        rescaled = exact.cast(pa.decimal128(28, int(places)), safe=False)
        rows = exponents == places
        faults.add(as_mask(pc.not_equal(rescaled.cast(_READ), exact)) & rows, name, _TOO_FINE)
        minor[rows] = _units(rescaled)[rows]
    return pa.array(minor, pa.int64(), mask=~as_mask(pc.is_valid(exact)))


def _exact(column: Any, faults: Faults, name: str) -> Any:
    if pa.types.is_integer(column.type):
        column = column.cast(pa.decimal128(20, 0))
    if pa.types.is_decimal(column.type):
        return _from_decimals(column, faults, name)
    text = as_text(column, name)
    shaped = pc.match_substring_regex(text, r"^[+-]?[0-9]{1,18}(\.[0-9]{1,9})?$")
    faults.add(pc.invert(shaped), name, _NO_AMOUNT)
    return _bounded(pc.if_else(shaped, text, None).cast(_READ), faults, name)


def _from_decimals(column: Any, faults: Faults, name: str) -> Any:
    if column.type.scale <= _READ.scale and column.type.precision - column.type.scale <= _READ.precision - _READ.scale:
        return _bounded(column.cast(_READ), faults, name)
    wide = column.cast(pa.decimal256(76, max(column.type.scale, 9)))
    small = pc.less(pc.abs(wide), pa.scalar(_LARGEST).cast(pa.decimal256(76, 9)))
    faults.add(pc.invert(small), name, _TOO_LARGE)
    cut = pc.if_else(small, wide, None).cast(pa.decimal256(76, 9), safe=False)
    faults.add(pc.not_equal(cut, wide), name, _TOO_FINE)
    return cut.cast(_READ)


def _bounded(amounts: Any, faults: Faults, name: str) -> Any:
    small = pc.less(pc.abs(amounts), pa.scalar(_LARGEST).cast(_READ))
    faults.add(pc.invert(small), name, _TOO_LARGE)
    return pc.if_else(small, amounts, None)


def _units(amounts: Any) -> Ints:
    """The whole numbers behind decimals whose magnitude is below 2**63: the low word of each."""
    words = np.frombuffer(amounts.buffers()[1], np.int64)[2 * amounts.offset :]
    units: Ints = words[: 2 * len(amounts) : 2]
    return units


def _from_floats(column: Any, exponents: Exponents, faults: Faults, name: str) -> Any:
    major = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    given = as_mask(pc.is_valid(column))
    faults.add(given & ~np.isfinite(major), name, _NO_AMOUNT)
    faults.add(given & (np.abs(major) >= _LARGEST), name, _TOO_LARGE)
    usable = given & np.isfinite(major) & (np.abs(major) < _LARGEST)
    read, units = np.where(usable, major, 0.0), 10.0**exponents
    scaled = read * units
    minor = np.rint(scaled)
    # Of some 5 * 10^9 major units and more the product is rounded by more than the slack; the quotient is not.
    faults.add((np.abs(scaled - minor) > _FLOAT_SLACK) & (minor / units != read), name, _TOO_FINE)
    return pa.array(minor.astype(np.int64), pa.int64(), mask=~usable)


def refuse_below(amounts: Any, faults: Faults, name: str, *, least: int) -> None:
    """Marks amounts below `least` minor units (0 or 1)."""
    faults.add(pc.less(amounts, least), name, "is not above 0" if least else "is below 0")


def read_rate(column: Any, faults: Faults, name: str) -> Any:
    """Exchange rates above 0 as decimals of 12 places before and 15 after the point."""
    kind = pa.decimal128(27, 15)
    if pa.types.is_floating(column.type):
        usable = pc.and_(pc.is_finite(column), pc.less(pc.abs(column), 1e11))
        rates = pc.if_else(usable, column.cast(pa.float64()), None).cast(kind)
    else:
        text = as_text(column, name)
        usable = pc.match_substring_regex(text, r"^[0-9]{1,12}(\.[0-9]{1,15})?$")
        rates = pc.if_else(usable, text, None).cast(kind)
    faults.add(pc.invert(usable), name, "is not a rate such as 0.9215")
    faults.add(pc.less_equal(rates, pa.scalar(Decimal(0), kind)), name, "is not above 0")
    return rates
