"""The file that is proposed: a portfolio where nothing is left open, and no file's words can break out of it."""

import tomllib

import pytest

from credit.portfolio_file import parse_portfolio
from credit.portfolios import FeatureKind, PortfolioError, SplitKind
from credit.profiling.template import feature_names, portfolio_name, template, to_fill_in
from tests.unit.credit.profiling.tables import loans_with_copy, proposed, write_csv, write_parquet


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = write_parquet(tmp_path_factory.mktemp("tables") / "loans.parquet", loans_with_copy())
    return template(proposed(path), name="loans")


def test_it_is_a_portfolio(text):
    portfolio = parse_portfolio(text, source="loans.toml")
    assert (portfolio.name, portfolio.split.kind, portfolio.protected) == (
        "loans",
        SplitKind.TEMPORAL,
        ("Sex", "applicantAge"),
    )
    rule = portfolio.table
    assert (str(rule.label), rule.subject_id, rule.observed_at, rule.date_format, rule.excluded) == (
        "default_flag",
        "loan_id",
        "issued",
        "%d/%m/%Y",
        ("closed", "recovered"),
    )
    assert [(one.name, one.source, one.kind) for one in portfolio.features] == [
        ("Amount", "Amount", FeatureKind.NUMERIC),
        ("risk_score", "risk score", FeatureKind.NUMERIC),
        ("purpose", "purpose", FeatureKind.CATEGORICAL),
        ("account_age", "account_age", FeatureKind.NUMERIC),
    ]
    assert set(portfolio.features[2].categories) == {"car", "home", "other"}


def test_what_no_table_can_tell_is_to_be_filled_in(text):
    assert [line.split(",")[0] for line in to_fill_in(text)] == [
        "what a row is about",
        "the currency of amounts",
        "days after the observation until the outcome is known",
        "what a customer is told where a group of features speaks against repayment",
    ]
    assert "#   officer: more than 100 different texts" in text


def test_an_open_label_is_refused_by_the_check_until_it_is_filled_in(tmp_path):
    table = {name: values for name, values in loans_with_copy().items() if name != "default_flag"}
    text = template(proposed(write_csv(tmp_path / "loans.csv", table)), name="loans")
    assert "#   label = \"Sex == 'f'\"" in text
    with pytest.raises(
        PortfolioError, match=r"loans\.toml \[table\] label: must be a column of 0 and 1, or a comparison"
    ):
        parse_portfolio(text, source="loans.toml")
    parse_portfolio(text.replace('label = ""', "label = \"Sex == 'f'\""), source="loans.toml")


def test_words_of_a_table_stay_words(tmp_path):
    nasty = 'a"]\nname = "x\\\t\x7f\r# é'
    table = {
        nasty: [1.5, 2.5, 3.5, 4.5] * 5,
        "kind": [nasty, nasty, nasty, "b"] * 5,
        "bad": [0, 1, 1, 0] * 5,
        "\x0b": ["x", "y", "x", "y"] * 5,
    }
    text = template(proposed(write_parquet(tmp_path / "t", table)), name="t")
    portfolio = parse_portfolio(text, source="t.toml")
    assert [one.source for one in portfolio.features if one.kind is FeatureKind.NUMERIC] == [nasty]
    assert tomllib.loads(text)["name"] == "t"
    assert portfolio.feature("kind").categories == (nasty, "b")


@pytest.mark.parametrize(
    ("file", "name"),
    [("My Loans-2024.csv.gz", "my_loans_2024"), ("2024.parquet", "table_2024"), ("é.csv", "table"), ("a.b.csv", "a")],
)
def test_a_portfolio_is_named_after_its_file(file, name):
    assert portfolio_name(file) == name


def test_features_have_plain_names_each_once():
    assert feature_names(["a b", "a_b", "a.b", "...", "é"]) == ["a_b", "a_b_", "a_b__", "feature", "feature_"]


def test_spellings_of_missing_are_declared_and_are_no_categories(tmp_path):
    table = {
        "amount": ["n/a" if index % 9 == 0 else index for index in range(90)],
        "kind": [("a", "b", "n/a")[index % 3] for index in range(90)],
        "home_city": [("x", "y")[index // 3 % 2] for index in range(90)],
        "bad": [index * 7 % 5 // 3 for index in range(90)],
    }
    text = template(proposed(write_csv(tmp_path / "t.csv", table)), name="t")
    portfolio = parse_portfolio(text, source="t.toml")
    assert portfolio.table.missing == ("n/a",)
    assert set(portfolio.feature("kind").categories) == {"a", "b"}
    assert text.count("# Look at it: where somebody lives may stand in for what nobody may be judged by") == 1


def test_a_time_that_the_observations_format_does_not_read_is_not_proposed_as_that_of_the_label(tmp_path):
    table = loans_with_copy()
    table["closed"] = [f"2024-02-{1 + index % 28:02d}" for index in range(len(table["issued"]))]
    text = template(proposed(write_csv(tmp_path / "t.csv", table)), name="t")
    assert "the column of the time from which it was known; closed only when it is written as the observation's" in text
