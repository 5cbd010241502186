"""Simulated loans as a lender would have them."""

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from credit.portfolio_file import load_portfolio
from trainer.defi_loans.loans import BLOCK_LOANS, LoansError, simulate_loans
from trainer.ranking import cumulate, rank, roc_auc

DEFI = load_portfolio("defi_lending")
TIME = pa.timestamp("us", "UTC")


def column(table, name):
    return table[name].to_numpy()


def auc(score, y):
    return float(roc_auc(cumulate(rank(score, y), np.ones((1, len(y)))))[0])


def test_a_table_has_the_portfolio_s_columns_in_its_order(loans):
    expected = {"subject_id": pa.string(), "observed_at": TIME, "known_at": TIME, "label": pa.int8()}
    expected |= dict.fromkeys([*DEFI.feature_names, "p_default"], pa.float64())
    assert list(zip(loans.schema.names, loans.schema.types, strict=True)) == list(expected.items())
    assert DEFI.table is not None
    assert DEFI.table.excluded == ("p_default",)
    assert not any(loans[name].null_count for name in loans.column_names)


def test_the_same_seed_gives_the_same_loans_and_another_seed_others(loans):
    again, other = (next(simulate_loans(5, seed)) for seed in (7, 8))
    assert again == loans.slice(0, 5)
    assert not set(other["subject_id"].to_pylist()) & set(again["subject_id"].to_pylist())


def test_more_loans_leave_the_first_ones_as_they_are(loans):
    first, rest = simulate_loans(BLOCK_LOANS + 3, 7)
    assert (first, rest.num_rows) == (loans, 3)
    assert len(set(pa.concat_tables([first, rest])["subject_id"].to_pylist())) == BLOCK_LOANS + 3


def test_a_history_is_one_that_can_be(loans):
    features = {name: column(loans, name) for name in DEFI.feature_names}
    whole = [name for name in DEFI.feature_names if not name.endswith(("usd", "amount", "ratio"))]
    for name in whole:
        assert (features[name] == np.floor(features[name])).all()
        assert features[name].min() >= 0
    assert (features["collateral_ratio"] == features["collateral_value_usd"] / features["loan_amount"]).all()
    assert (features["successful_repayments"] + features["defaults"] <= features["previous_loans"]).all()
    assert (features["defi_interactions"] <= features["total_transactions"]).all()
    assert (features["reputation_score"].max() <= 100, set(features["term_months"])) == (True, {1, 3, 6, 12})
    assert features["collateral_ratio"].min() > 1


def test_how_every_loan_ended_is_known_before_the_end():
    (table,) = simulate_loans(2000, 3, end=date(2024, 3, 1))
    observed, known = table["observed_at"], table["known_at"]
    assert pc.max(known).as_py() <= datetime(2024, 3, 1, tzinfo=UTC)
    assert pc.min(observed).as_py() >= datetime(2021, 1, 1, tzinfo=UTC)
    days = pc.days_between(observed, known).to_numpy()
    assert (days == column(table, "term_months") * 30 + 30).all()


def test_about_8_in_100_default_as_they_were_drawn_to(loans):
    y, default = column(loans, "label"), column(loans, "p_default")
    spread = np.sqrt((default * (1 - default)).sum())
    assert abs(y.sum() - default.sum()) < 4 * spread
    assert 0.07 < y.mean() < 0.09
    assert 0.78 < auc(default, y) < 0.86


def test_features_tell_of_default_in_the_direction_that_the_portfolio_declares(loans):
    y = column(loans, "label")
    for feature in DEFI.features:
        if feature.direction:
            assert feature.direction * (0.5 - auc(column(loans, feature.name), y)) > 0.005


@pytest.mark.parametrize(
    ("loans", "seed", "message"), [(0, 1, "loans is 0: give 1 or more"), (1, -1, "seed is -1: give 0 or more")]
)
def test_what_cannot_be_simulated_is_refused(loans, seed, message):
    with pytest.raises(LoansError, match=message):
        simulate_loans(loans, seed)
