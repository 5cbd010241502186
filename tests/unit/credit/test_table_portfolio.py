"""Portfolios that come as a table: what their file says, and the errors that name file and field."""

import tomllib
from dataclasses import replace

import pytest
import tomli_w

from credit.bundle.rules import features_from_json, features_to_json, rule_from_json, rule_to_json
from credit.portfolio_file import load_portfolio, parse_portfolio
from credit.portfolio_table import table_label
from credit.portfolios import (
    Comparison,
    Feature,
    FeatureKind,
    PortfolioError,
    Quality,
    Setting,
    Split,
    SplitKind,
    TableLabel,
    TableRule,
)

INVOICES = """
name = "invoices"
subject = "invoice"
currency = "EUR"
algorithm = "lightgbm"
cut_off = 0.3
ingestion_lag_hours = 0
protected = ["sex"]

[table]
label = "DaysLate > 0"
subject_id = "number"
observed_at = "issued"
known_at = "settled"
date_format = "%d/%m/%Y"
excluded = ["DaysToSettle"]

[split]
kind = "temporal"

[quality]
min_auc = 0.55

[gate]

[[features]]
name = "amount"
column = "InvoiceAmount"
unit = "currency"
direction = -1
reason_group = "income"

[[features]]
name = "disputed"
kind = "categorical"
categories = ["No", "Yes"]
unit = "category"
reason_group = "dispute"

[reasons.dispute]
adverse = "Too many invoices are disputed."
missing = "We do not know which invoices are disputed."
"""


def parsed(change=lambda table: None):
    table = tomllib.loads(INVOICES)
    change(table)
    return parse_portfolio(tomli_w.dumps(table), source="invoices.toml")


def test_everything_that_a_table_says_is_read():
    portfolio = parsed()
    assert portfolio.label == TableRule(
        label=TableLabel("DaysLate", Comparison.GREATER, 0.0),
        subject_id="number",
        observed_at="issued",
        known_at="settled",
        date_format="%d/%m/%Y",
        excluded=("DaysToSettle",),
    )
    assert portfolio.features == (
        Feature("amount", FeatureKind.NUMERIC, "currency", -1, "income", column="InvoiceAmount"),
        Feature("disputed", FeatureKind.CATEGORICAL, "category", 0, "dispute", categories=("No", "Yes")),
    )
    assert [feature.source for feature in portfolio.features] == ["InvoiceAmount", "disputed"]
    assert portfolio.quality == Quality(min_auc=0.55)
    assert portfolio.own_sentences == {
        "dispute": "Too many invoices are disputed.",
        "dispute_missing": "We do not know which invoices are disputed.",
    }


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("bad", TableLabel("bad")),
        ("  paid late ", TableLabel("paid late")),
        ("DaysLate > 0", TableLabel("DaysLate", Comparison.GREATER, 0.0)),
        ("days late>=-1.5", TableLabel("days late", Comparison.AT_LEAST, -1.5)),
        ("a<2e3", TableLabel("a", Comparison.LESS, 2000.0)),
        ("a <= .5", TableLabel("a", Comparison.AT_MOST, 0.5)),
        ("Status == 'late'", TableLabel("Status", Comparison.EQUAL, "late")),
        ('Status != "it\'s paid"', TableLabel("Status", Comparison.UNEQUAL, "it's paid")),
        ("code == 3", TableLabel("code", Comparison.EQUAL, 3.0)),
    ],
)
def test_a_label_is_a_column_or_a_comparison_and_is_written_as_it_is_read(text, label):
    assert table_label(text, "here") == label
    assert table_label(str(label), "here") == label


@pytest.mark.parametrize("text", ["", " ", "> 0", "a >", "a = 1", "a > b", "a == 'x", "a == 1 or b == 2", "a > > 1"])
def test_any_other_label_is_refused(text):
    with pytest.raises(PortfolioError, match="here: must be a column of 0 and 1, or a comparison such as DaysLate > 0"):
        table_label(text, "here")


def test_texts_have_no_order():
    with pytest.raises(PortfolioError, match="here: a text is compared by == or != alone, not by >"):
        table_label("a > 'x'", "here")


def late(table):
    table["features"][0]["column"] = "DaysToSettle"


def outcome(table):
    table["features"][0]["column"] = "DaysLate"


def protected(table):
    table["features"][1]["name"] = "sex"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (late, "features[0]: column DaysToSettle is known only after the outcome ([table] excluded)"),
        (outcome, "features[0]: column DaysLate is known only after the outcome ([table] label)"),
        (
            lambda table: table["features"][0].update(column="settled"),
            "features[0]: column settled is known only after the outcome ([table] known_at)",
        ),
        (protected, "features[1] (sex): column sex is protected and cannot be a feature"),
        (
            lambda table: table["features"][0].update(column="sex"),
            "features[0] (amount): column sex is protected and cannot be a feature",
        ),
        (
            lambda table: table["features"][0].update(direction=2),
            "features[0] (amount): direction must be -1, 0 or 1 towards repayment, not 2",
        ),
        (
            lambda table: table["table"].update(missing=["NA", "-999"]),
            "[table] missing: '-999' is a value of its own: list texts such as NA, as they stand in the file",
        ),
        (lambda table: table["table"].update(missing=["False"]), "[table] missing: 'False' is a value of its own"),
        (lambda table: table["table"].update(missing=["NA "]), "[table] missing: 'NA ' has blanks around it"),
        (
            lambda table: table["table"].update(missing=["late"], label="Status == 'late'"),
            "[table] missing: 'late' is what [table] label compares with",
        ),
        (
            lambda table: table["table"].update(missing=["No"]),
            "features[1] (disputed) categories: 'No' is among [table] missing too, so that no row has it",
        ),
        (
            lambda table: table["features"][1].pop("categories"),
            "features[1] categories: must list the texts of a categorical feature, and of no other; disputed is",
        ),
        (
            lambda table: table["features"][0].update(categories=["a"]),
            "features[0] categories: must list the texts of a categorical feature, and of no other; amount is numeric",
        ),
        (
            lambda table: table["features"][1].update(categories=["a", 1]),
            "features[1] categories: must be a list of texts, not ['a', 1]",
        ),
        (
            lambda table: table["features"][1].update(categories=["a", "a"]),
            "features[1] categories: named twice: a",
        ),
        (lambda table: table["table"].pop("label"), "[table]: missing label"),
        (
            lambda table: table["table"].update(label=1),
            "[table] label: must be a column of 0 and 1, or a comparison such as DaysLate > 0 or Status == 'late', not",
        ),
        (lambda table: table["table"].update(subject=1), "[table]: unknown subject; known are"),
        (lambda table: table["table"].update(subject_id=1), "[table] subject_id: must be str, not 1"),
        (lambda table: table["table"].update(excluded="a"), "[table] excluded: must be a list of texts, not 'a'"),
        (
            lambda table: table["table"].update(optional=["amount"]),
            "[table] optional: amount is none of the columns of subject_id, observed_at, known_at that are declared",
        ),
        (
            lambda table: table["table"].update(label="number"),
            "[table] label: column number cannot be that of subject or observation too",
        ),
        (lambda table: table["quality"].update(min_auc="x"), "[quality] min_auc: must be float, not 'x'"),
        (
            lambda table: table.update(label={"days_late": 1}),
            "needs either [label], the rule of advances, or [table], of a table of its own",
        ),
        (
            lambda table: table.pop("table"),
            "needs either [label], the rule of advances, or [table], of a table of its own",
        ),
        (lambda table: table["reasons"]["dispute"].pop("missing"), "[reasons.dispute]: missing missing"),
        (
            lambda table: table.pop("reasons"),
            "features[1] reason_group: no sentences of 'dispute': add [reasons.dispute] with adverse and missing, or",
        ),
        (
            lambda table: table["reasons"].update(income={"adverse": "a", "missing": "b"}),
            "[reasons.income]: the catalogue has sentences of this group already; choose another name",
        ),
        (
            lambda table: table["table"].pop("observed_at"),
            "[split] kind: temporal needs [table] observed_at, in every file; or take stratified",
        ),
        (
            lambda table: table["table"].update(optional=["issued"]),
            "[split] kind: temporal needs [table] observed_at, in every file; or take stratified",
        ),
        (
            lambda table: table.update(settings={"rounds": [1]}),
            "[settings] rounds: must be a number, a text, or true or false, not [1]",
        ),
        (lambda table: table.update(settings={"l2": -1}), "[settings] l2: must be a number of 0 or more, not -1"),
        (
            lambda table: table.update(settings={"l2": float("nan")}),
            "[settings] l2: must be a number of 0 or more, not nan",
        ),
        (lambda table: table.update(settings=1), "settings must be a dict, not 1"),
        (lambda table: table["split"].update(kind="random"), "[split] kind: must be one of temporal, cross_validation"),
    ],
)
def test_an_error_names_the_file_and_the_field(change, message):
    with pytest.raises(PortfolioError) as caught:
        parsed(change)
    text = str(caught.value)
    assert text.startswith(("invoices.toml ", "invoices.toml: "))
    assert text.removeprefix("invoices.toml").removeprefix(":").strip().startswith(message)


def test_a_manifest_gives_back_features_and_rule():
    portfolio = parsed()
    assert features_from_json(features_to_json(portfolio.features)) == portfolio.features
    assert rule_from_json(rule_to_json(portfolio.label)) == portfolio.label
    spelled = replace(portfolio.table, missing=("NA", "n/a"))
    assert rule_from_json(rule_to_json(spelled)) == spelled
    advances = load_portfolio("cash_advance")
    assert rule_from_json(rule_to_json(advances.label)) == advances.label
    assert features_from_json(features_to_json(advances.features)) == advances.features


def test_what_a_portfolio_does_not_state_is_not_written_to_a_manifest():
    (row,) = features_to_json([replace(load_portfolio("cash_advance").features[0])])
    assert isinstance(row, dict)
    assert row.keys() == {"name", "kind", "unit", "direction", "reason_group", "may_be_missing"}
    assert "missing" not in rule_to_json(parsed().label)


def test_trade_credit_is_as_required():
    portfolio = load_portfolio("trade_credit")
    assert portfolio.feature_names == (
        "kyc_verified",
        "company_age_years",
        "party_type_score",
        "contact_completeness",
        "has_tax_id",
        "transaction_count_6m",
        "avg_transaction_amount",
        "total_transaction_volume_6m",
        "transaction_regularity_score",
        "recent_activity_flag",
        "direct_counterparty_count",
        "network_depth_downstream",
        "network_size",
        "supplier_count",
        "customer_count",
        "network_balance_ratio",
    )
    assert (portfolio.algorithm, portfolio.split.kind, portfolio.split.test_fraction, portfolio.quality) == (
        "logistic_regression",
        "stratified",
        0.2,
        Quality(min_auc=0.60, min_rows=100),
    )


def test_defi_lending_is_as_required():
    portfolio = load_portfolio("defi_lending")
    assert portfolio.feature_names == (
        "wallet_age_days",
        "total_transactions",
        "total_volume_usd",
        "defi_interactions",
        "loan_amount",
        "collateral_value_usd",
        "term_months",
        "previous_loans",
        "successful_repayments",
        "defaults",
        "reputation_score",
        "collateral_ratio",
    )
    assert portfolio.algorithm == "xgboost"
    assert portfolio.settings[:4] == (
        Setting("rounds", 200),
        Setting("depth", 6),
        Setting("learning_rate", 0.1),
        Setting("bad_weight", "balanced"),
    )
    # Training has the other 70 of 100.
    assert portfolio.split == Split(
        SplitKind.STRATIFIED, test_fraction=0.15, calibration_fraction=0.15, stopping_fraction=0.0, seed=42
    )
