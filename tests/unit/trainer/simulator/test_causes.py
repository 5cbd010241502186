"""The parts of the hazard: windows, quadrature, repayment plans, calendars, Arrow columns."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from statistics import mean, median, pstdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.simulator import columns, hazard, lending, observable
from trainer.simulator.horizon import Horizon, months_before
from trainer.simulator.households import MONTHLY, draw_households
from trainer.simulator.schedule import pay_dates
from trainer.simulator.slots import INDEX, SLOTS

DEFAULT_LIMIT_DAYS = 30


def window(pays: dict[int, float], balance: float = 0.0) -> observable.Window:
    flows = np.zeros((90, len(SLOTS), 1))
    for day, pay in pays.items():
        flows[day, INDEX["salary"], 0] = pay
    return observable.Window(flows, np.full((90, 1), balance), np.zeros(1))


def driver(window: observable.Window, name: str) -> float:
    values = dict(zip([item.name for item in hazard.DRIVERS], observable.drivers(window)[:, 0], strict=True))
    return float(values[name])


@settings(deadline=None)  # the other core may be busy
@given(st.lists(st.tuples(st.integers(0, 89), st.floats(100, 9000)), min_size=1, max_size=12))
def test_pay_drivers_equal_the_textbook(pays: list[tuple[int, float]]) -> None:
    paid = dict(pays)
    days = sorted(paid)
    gaps = [later - earlier for earlier, later in pairwise(days)]
    seen = window(paid)
    expected = pstdev(gaps) / mean(gaps) if len(days) >= 3 else 1.0
    assert driver(seen, "paycheck90") == pytest.approx(np.log(max(median(paid.values()), 100.0)))
    assert driver(seen, "pay_irregularity90") == pytest.approx(expected, abs=1e-9)
    assert driver(seen, "pay_gap") == pytest.approx(np.log1p(89 - days[-1]))


def test_debt_load_is_payments_over_income_of_thirty_days() -> None:
    seen = window({10: 5000.0, 70: 1000.0})
    seen.flows[59, INDEX["first_loan"]] = -777.0
    seen.flows[[60, 80], INDEX["first_loan"]] = -100.0
    seen.flows[85, INDEX["second_loan"]] = -50.0
    assert driver(seen, "debt_load30") == pytest.approx(0.25)


def test_shares_are_capped_without_income() -> None:
    seen = window({})
    seen.flows[80, INDEX["first_loan"]] = -100.0
    assert driver(seen, "debt_load30") == 1.0
    assert driver(seen, "rent_share90") == 0.0


def test_buffer_is_the_lowest_balance_of_seven_days() -> None:
    seen = window({}, balance=500.0)
    seen.balance[[82, 84]] = [[-900.0], [30.0]]
    assert driver(seen, "buffer7") == pytest.approx(np.arcsinh(30 / 150))


@settings(deadline=None)  # the other core may be busy
@given(st.floats(-8, 4))
def test_hidden_causes_are_integrated_out_exactly(log_odds: float) -> None:
    grid = np.linspace(-9, 9, 20_001)
    density = np.exp(-(grid**2) / 2)
    brute = hazard.p_latent(np.array(log_odds), hazard.HIDDEN_SD * grid) @ density / density.sum()
    assert hazard.p_observable(np.array([log_odds]))[0] == pytest.approx(brute, rel=1e-6)


def test_hidden_causes_have_their_documented_spread() -> None:
    hidden = hazard.draw_hidden(200_000, np.random.default_rng(1))
    assert hidden.mean() == pytest.approx(0.0, abs=0.02)
    assert hidden.std() == pytest.approx(hazard.HIDDEN_SD, rel=0.01)


@pytest.mark.parametrize("item", hazard.DRIVERS, ids=lambda item: item.name)
def test_a_driver_moves_the_odds_in_its_direction(item: hazard.Driver) -> None:
    centres = np.array([[other.centre] for other in hazard.DRIVERS])
    higher = centres.copy()
    higher[hazard.DRIVERS.index(item)] += item.spread
    change = hazard.observable_log_odds(higher) - hazard.observable_log_odds(centres)
    assert np.sign(change[0]) == np.sign(item.weight)


@settings(deadline=None)  # the other core may be busy
@given(st.integers(0, 2**32), st.booleans())
def test_a_plan_shows_the_outcome_it_was_drawn_for(seed: int, bad: bool) -> None:
    rng = np.random.default_rng(seed)
    total = rng.integers(2200, 32_000, 50)
    plan = lending.draw_plan(np.full(50, bad), rng.random(50), np.full(50, 100), total, rng)
    in_time = (plan.repaid * (plan.repaid_day <= 100 + DEFAULT_LIMIT_DAYS)).sum(axis=0)
    unpaid = total - in_time
    assert ((unpaid >= 1000) == bad).all()
    assert ((unpaid <= 250) == (not bad)).all()
    assert not ((plan.repaid_day > 128) & (plan.repaid_day < 132) & (plan.repaid > 0)).any()
    assert ((plan.written_off < lending.NEVER) <= bad).all()


def test_asking_is_likelier_when_cash_is_tight() -> None:
    runway = np.linspace(-3, 20, 50)
    assert (np.diff(lending.asks(runway, np.ones(50))) < 0).all()


@pytest.mark.parametrize(
    ("end", "months", "start"),
    [
        (date(2026, 1, 1), 12, date(2025, 1, 1)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 30), 1, date(2024, 2, 29)),
        (date(2026, 1, 15), 2, date(2025, 11, 15)),
        (date(2026, 12, 31), 24, date(2024, 12, 31)),
    ],
)
def test_months_before(end: date, months: int, start: date) -> None:
    assert months_before(end, months) == start


def test_monthly_pay_on_a_weekend_comes_on_friday() -> None:
    horizon = Horizon(date(2025, 1, 1), date(2026, 1, 1))
    homes = draw_households(300, np.random.default_rng(3))
    paid = pay_dates(homes, horizon)[:, homes.cycle == MONTHLY]
    weekdays = horizon.weekday[np.nonzero(paid)[0]]
    assert weekdays.max() <= 4
    assert set(paid.sum(axis=0).tolist()) <= {11, 12, 13}


def test_local_midnights_follow_the_clock_changes() -> None:
    horizon = Horizon(date(2025, 3, 8), date(2025, 3, 11))
    hours = horizon.midnights_us(["America/New_York"])[0] - horizon.start_us
    assert (hours // 3_600_000_000).tolist() == [5, 28, 52]


@settings(deadline=None)  # the other core may be busy
@given(st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=20))
def test_cents_become_decimals(cents: list[int]) -> None:
    missing = np.arange(len(cents)) % 3 == 1
    column = columns.decimals(np.array(cents), missing=missing)
    expected = [None if gone else Decimal(cent).scaleb(-2) for cent, gone in zip(cents, missing.tolist(), strict=True)]
    column.validate(full=True)
    assert column.to_pylist() == expected
