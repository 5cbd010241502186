"""The cost of decisions: thresholds, curves and savings, and what a portfolio may say of them."""

import tomllib

import numpy as np
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from credit.costs import CURVE, CostPoint, CostReport, Costs, Stakes, cost_report, stakes_of
from credit.portfolio_file import load_portfolio, parse_portfolio
from credit.portfolios import PortfolioError
from tests.unit.credit.test_table_portfolio import INVOICES

AMOUNTS = st.floats(1.0, 1e6)


def parsed(**costs):
    return parse_portfolio(tomli_w.dumps({**tomllib.loads(INVOICES), "costs": costs}), source="invoices.toml")


@given(AMOUNTS, AMOUNTS, st.floats(0.01, 1.0), st.floats(0.0, 1.0))
def test_above_its_threshold_a_row_is_worth_less_than_nothing(margin, exposure, lost, pd):
    stakes = stakes_of(Costs(lost, exposure, margin=margin), 1, lambda _: np.empty(0))
    (threshold,) = stakes.thresholds
    worth = (1 - pd) * margin - pd * lost * exposure
    if abs(pd - threshold) > 1e-9:
        assert (pd > threshold) == (worth < 0)
    assert Costs(lost, exposure, margin=margin).threshold == pytest.approx(threshold)


def test_amounts_come_from_the_file_the_portfolio_or_the_exposure():
    columns = {"limit": np.array([100.0, 200.0]), "fee": np.array([5.0, 6.0])}

    def stakes(costs):
        found = stakes_of(costs, 2, columns.__getitem__)
        return found.margin.tolist(), found.loss.tolist()

    assert stakes(Costs(0.5, "limit", margin_rate=0.1)) == ([10.0, 20.0], [50.0, 100.0])
    assert stakes(Costs(0.5, "limit", margin="fee")) == ([5.0, 6.0], [50.0, 100.0])
    assert stakes(Costs(0.5, 40.0, margin=3.0)) == ([3.0, 3.0], [20.0, 20.0])


def test_the_report_adds_up_what_was_lost_and_saved():
    y = np.array([1, 1, 0, 0, 0], np.int8)
    pd = np.array([0.9, 0.1, 0.6, 0.2, 0.5])
    stakes = Stakes(np.array([10.0, 10.0, 10.0, 10.0, np.nan]), np.array([30.0, 30.0, 30.0, 30.0, 1.0]))
    found = cost_report(Costs(1.0, 30.0, margin=10.0), y, pd, stakes)
    assert found == CostReport(
        rows=4,
        left_out=1,
        threshold=0.25,
        declined=2,
        cost=40.0,
        accept_all=60.0,
        decline_all=20.0,
        savings=20.0,
        curve=found.curve,
    )
    assert found.curve[0] == CostPoint(0.05, 20.0, 4)
    assert found.curve[-1] == CostPoint(0.95, 60.0, 0)
    assert [point.cut_off for point in found.curve] == list(CURVE)


@given(st.integers(0, 2**32 - 1))
def test_deciding_by_expected_cost_is_never_worse_than_one_cut_off_where_probabilities_are_certain(seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 50).astype(np.int8)
    stakes = Stakes(rng.uniform(1, 10, 50), rng.uniform(1, 100, 50))
    found = cost_report(Costs(1.0, "e", margin="m"), y, y.astype(float), stakes)
    assert (found.cost, found.savings) == (0.0, found.accept_all)
    assert all(point.cost >= 0 for point in found.curve)


def test_a_portfolio_states_its_costs_and_declines_by_them():
    assert parsed(loss_given_default=0.5, exposure="InvoiceAmount", margin_rate=0.1).costs == Costs(
        0.5, "InvoiceAmount", margin_rate=0.1
    )
    assert parsed(loss_given_default=0.5, exposure="InvoiceAmount", margin_rate=0.1).decline_from == 0.1 / 0.6
    assert parsed(loss_given_default=0.5, exposure=300, margin=50).decline_from == 0.25
    # Each row has a threshold of its own: the cut-off stays what it is.
    assert parsed(loss_given_default=0.5, exposure="InvoiceAmount", margin=50).decline_from == 0.3
    assert load_portfolio("trade_credit").decline_from == 0.5


@pytest.mark.parametrize(
    ("costs", "said"),
    [
        ({"exposure": 1}, r"\[costs\]: missing loss_given_default"),
        ({"loss_given_default": 0.5, "exposure": 1}, r"\[costs\]: needs either margin, an amount or a column, or "),
        ({"loss_given_default": 0.5, "exposure": 1, "margin": 1, "margin_rate": 1}, "needs either margin"),
        ({"loss_given_default": 1.5, "exposure": 1, "margin": 1}, r"loss_given_default: must be a share above 0"),
        ({"loss_given_default": 0.5, "exposure": 0, "margin": 1}, r"\[costs\] exposure: must be above 0, not 0"),
        ({"loss_given_default": 0.5, "exposure": 1, "margin": -1}, r"\[costs\] margin: must be above 0, not -1"),
        ({"loss_given_default": 0.5, "exposure": "Owed", "margin": 1}, r"\[costs\]: Owed is the column of no feature"),
        ({"loss_given_default": 0.5, "exposure": True, "margin": 1}, r"exposure: must be a number or a text, not True"),
    ],
)
def test_wrong_costs_are_named(costs, said):
    with pytest.raises(PortfolioError, match=said):
        parsed(**costs)


@pytest.mark.filterwarnings("error")
def test_a_row_with_no_exposure_has_no_threshold_and_no_warning():
    found = Stakes(margin=np.array([0.0, 10.0]), loss=np.array([0.0, 30.0]))
    assert found.thresholds == pytest.approx([np.nan, 0.25], nan_ok=True)
