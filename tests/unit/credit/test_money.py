from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.money import MoneyError, minor_unit_exponent, to_major, to_minor

CURRENCIES = st.sampled_from(("USD", "EUR", "JPY", "BHD", "CLF", "XXX"))


@pytest.mark.parametrize(("currency", "places"), [("USD", 2), ("JPY", 0), ("BHD", 3), ("CLF", 4), ("CZK", 2)])
def test_decimal_places_are_the_currencys(currency: str, places: int) -> None:
    assert minor_unit_exponent(currency) == places


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("12.5", "USD", 1250), ("-0.01", "USD", -1), ("1200", "JPY", 1200), ("1.250", "BHD", 1250), ("0E-50", "USD", 0)],
)
def test_amounts_become_whole_minor_units(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency) == minor


def test_trailing_zeros_are_no_decimals() -> None:
    assert to_minor(Decimal("5.000000"), "JPY") == 5


@given(minor=st.integers(-(2**63) + 1, 2**63 - 1), currency=CURRENCIES)
def test_every_amount_of_the_database_comes_back(minor: int, currency: str) -> None:
    assert to_minor(to_major(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "message"),
    [
        ("12.505", "USD", "amount 12.505 USD has more decimals than USD, which has 2"),
        ("0.5", "JPY", "amount 0.5 JPY has more decimals than JPY, which has 0"),
        ("1E-999999", "USD", "amount 1E-999999 USD has more decimals than USD, which has 2"),
        ("NaN", "USD", "amount NaN USD is not a finite number"),
        ("Infinity", "USD", "amount Infinity USD is not a finite number"),
        ("1E+999999", "USD", "amount 1E\\+999999 USD is larger than the database can hold"),
        ("92233720368547758.08", "USD", "is larger than the database can hold"),
    ],
)
def test_an_amount_that_does_not_fit_is_refused(amount: str, currency: str, message: str) -> None:
    with pytest.raises(MoneyError, match=message):
        to_minor(Decimal(amount), currency)
