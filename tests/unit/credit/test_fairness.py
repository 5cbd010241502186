"""The `[fairness]` of a portfolio's file."""

from importlib import resources

import pytest

from credit.fairness import Fairness, Grouping, band_names
from credit.portfolio_file import load_portfolio, parse_portfolio
from credit.portfolios import PortfolioError

TEXT = (resources.files("credit") / "builtin" / "consumer_credit.toml").read_text("utf-8")
BUILT_IN = """[fairness.groups.sex]
names = { 1 = "male", 2 = "female" }

[fairness.groups.marriage]
names = { 0 = "unknown", 1 = "married", 2 = "single", 3 = "other" }

[fairness.groups.age]
bands = [25, 35, 45, 55]
"""


def stated(fairness):
    assert BUILT_IN in TEXT
    return parse_portfolio(TEXT.replace(BUILT_IN, fairness), source="my.toml").fairness


def test_what_is_stated_is_read_and_the_rest_has_its_default():
    text = '[fairness]\nmin_rows = 50\n[fairness.groups.age]\nbands = [25, 62.5]\nreference = "25 to under 62.5"\n'
    assert stated(text) == Fairness(
        groups=(Grouping("age", bands=(25.0, 62.5), reference="25 to under 62.5"),),
        proxy_above=0.3,
        min_rows=50,
        air_below=0.8,
    )
    assert stated("") == Fairness()
    assert stated(text).grouping("sex") == Grouping("sex")


def test_names_of_bands_are_as_exact_as_their_numbers():
    assert band_names((0.5, 1234567.0, 1234568.0)) == (
        "under 0.5",
        "0.5 to under 1234567",
        "1234567 to under 1234568",
        "1234568 and over",
    )


def test_a_number_that_is_named_is_spelled_as_rows_are():
    found = stated('[fairness.groups.sex]\nnames = { 01 = "male", "2.0" = "female", x = "other" }')
    assert found.grouping("sex").names == (("1", "male"), ("2", "female"), ("x", "other"))


def test_the_built_in_groups_of_consumer_credit():
    found = load_portfolio("consumer_credit").fairness
    assert dict(found.grouping("sex").names) == {"1": "male", "2": "female"}
    assert band_names(found.grouping("age").bands) == (
        "under 25",
        "25 to under 35",
        "35 to under 45",
        "45 to under 55",
        "55 and over",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[fairness]\nproxy_above = 0", r"\[fairness\] proxy_above: must be above 0 and at most 1, not 0"),
        ("[fairness]\nair_below = 1.2", r"\[fairness\] air_below: must be above 0 and at most 1, not 1.2"),
        ("[fairness]\nmin_rows = 1", r"\[fairness\] min_rows: must be 2 or more, not 1"),
        ("[fairness]\nlimit = 1", r"\[fairness\]: unknown limit; known are groups, proxy_above, min_rows, air_below"),
        ("[fairness.groups.limit_bal]\nbands = [1]", r"\[fairness.groups.limit_bal\]: no such protected column; there"),
        (
            "[fairness.groups.age]\nbands = [35, 25]",
            r"groups.age\] bands: must be a list of rising numbers, not \[35, 2",
        ),
        ("[fairness.groups.age]\nbands = []", r"groups.age\] bands: must be a list of rising numbers, not \[\]"),
        ("[fairness.groups.age]\nbands = [25]\nreference = 'old'", r"reference: must be one of under 25, 25 and over"),
        ("[fairness.groups.sex]\nnames = { 1 = 2 }", r"groups.sex\] names: must give each value a name, such as"),
        ("[fairness.groups.sex]\nbands = [2]\nnames = { 1 = 'm' }", r"groups.sex\]: needs either bands"),
        (
            "[fairness.groups.sex]\nnames = { 1 = 'm', 01 = 'f' }",
            r"groups.sex\] names: gives a value two names, of 1, 01",
        ),
        ("[fairness.groups.sex]\nlevels = 2", r"groups.sex\]: unknown levels"),
        ("[fairness]\ngroups = 2", r"\[fairness.groups\]: must hold a table for each protected column"),
    ],
)
def test_a_wrong_screen_is_refused_with_its_place(text, message):
    with pytest.raises(PortfolioError, match=rf"my.toml .*{message}"):
        stated(text)
