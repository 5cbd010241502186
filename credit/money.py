"""Money as whole minor units of a currency (cents, yen, fils)."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

DEFAULT_EXPONENT = 2
"""Decimal places of a currency that `OTHER_EXPONENTS` does not name."""

_PLACES: Mapping[int, str] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

OTHER_EXPONENTS: Mapping[str, int] = MappingProxyType(
    {currency: places for places, currencies in _PLACES.items() for currency in currencies.split()}
)
"""Decimal places of every currency that has not two, from ISO 4217 list one (2024)."""

_LARGEST = 2**63 - 1
_LARGEST_DIGITS = 19


class MoneyError(Exception):
    """An amount cannot be expressed in minor units of its currency."""


def minor_unit_exponent(currency: str) -> int:
    """Decimal places of an ISO 4217 currency: 2 for USD, 0 for JPY, 3 for BHD; 2 where unknown."""
    return OTHER_EXPONENTS.get(currency, DEFAULT_EXPONENT)


def to_minor(amount: Decimal, currency: str) -> int:
    """`amount` in major units as whole minor units; `to_minor(Decimal("12.5"), "USD")` is 1250.

    Raises:
        MoneyError: where the amount is not finite, has more decimals than the currency, or does not fit a
            64-bit integer; nothing is rounded.
    """
    if not amount.is_finite():
        raise MoneyError(f"amount {amount} {currency} is not a finite number")
    if amount.is_zero():
        return 0
    places = minor_unit_exponent(currency)
    # Magnitudes are judged before the exact arithmetic, which 1E+999999 would have fill the memory.
    if amount.adjusted() > _LARGEST_DIGITS:
        raise MoneyError(f"amount {amount} {currency} is larger than the database can hold")
    if amount.adjusted() < -places:
        raise MoneyError(f"amount {amount} {currency} has more decimals than {currency}, which has {places}")
    return _exact_minor(amount, currency, places)


def _exact_minor(amount: Decimal, currency: str, places: int) -> int:
    numerator, denominator = amount.as_integer_ratio()
    scale: int = 10**places
    minor, rest = divmod(numerator * scale, denominator)
    if rest:
        raise MoneyError(f"amount {amount} {currency} has more decimals than {currency}, which has {places}")
    if abs(minor) > _LARGEST:
        raise MoneyError(f"amount {amount} {currency} is larger than the database can hold")
    return minor


def to_major(minor: int, currency: str) -> Decimal:
    """Whole minor units as an exact amount in major units; `to_major(1250, "USD")` is `Decimal("12.50")`."""
    return Decimal(minor).scaleb(-minor_unit_exponent(currency))
