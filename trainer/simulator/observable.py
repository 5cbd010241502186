"""The drivers of default as of a request: what a lender could compute from the days before it.

Windows are the 7, 30 or 90 complete local days before the day of the request. Money is in dollars.
"""

from dataclasses import dataclass

import numpy as np

from trainer.simulator.hazard import DRIVERS
from trainer.simulator.horizon import Bools, Floats
from trainer.simulator.slots import INDEX, OWN_TRANSFERS, SLOTS

WINDOW = 90
_INCOME = [INDEX["salary"], INDEX["benefit"]]
_SPENDING = [
    position
    for position, slot in enumerate(SLOTS)
    if position not in OWN_TRANSFERS and slot.name not in ("payout", "repayment")
]


@dataclass(frozen=True)
class Window:
    """The 90 days before some requests."""

    flows: Floats
    """Signed movements by slot, [90, slots, requests]."""
    balance: Floats
    """Total balance at the end of each day, [90, requests]."""
    late_advances: Floats
    """Advances of the last 180 days that were repaid late, [requests]."""

    def money_in(self, days: int) -> Floats:
        """Salaries and benefits of the last `days`."""
        return np.asarray(self.flows[-days:, _INCOME].sum(axis=(0, 1)))

    def paid(self, *slots: str, days: int = WINDOW) -> Floats:
        """Money out through the slots in the last `days`, positive."""
        return np.asarray(-self.flows[-days:, [INDEX[slot] for slot in slots]].sum(axis=(0, 1)))

    def spending(self, days: int) -> Floats:
        """All money out but own transfers and repayments of advances, positive."""
        return np.asarray(-np.minimum(self.flows[-days:, _SPENDING], 0.0).sum(axis=(0, 1)))

    def count(self, slot: str) -> Floats:
        """Number of movements in the slot."""
        return np.asarray((self.flows[:, INDEX[slot]] != 0).sum(axis=0).astype(np.float64))


def drivers(window: Window) -> Floats:
    """Values of `hazard.DRIVERS` in their order, shape [drivers, requests]."""
    values = {**_basic(window), **_shares(window), **_trends(window), **_pays(window)}
    return np.stack([values[driver.name] for driver in DRIVERS])


def _basic(window: Window) -> dict[str, Floats]:
    net = window.flows.sum(axis=1) - window.flows[:, INDEX["salary"]]
    income = window.money_in(WINDOW)
    overdrafts = window.count("overdraft_fee") + (window.balance < 0).sum(axis=0) / 4.0
    return {
        "debt_load30": _ratio(window.paid("first_loan", "second_loan", days=30), window.money_in(30)),
        "overdrafts90": np.log1p(overdrafts),
        "paycheck90": np.log(np.maximum(_median_pay(window.flows[:, INDEX["salary"]]), 100.0)),
        "buffer7": np.arcsinh(window.balance[-7:].min(axis=0) / 150.0),
        "volatility90": np.log(net.std(axis=0) + 5.0) - np.log(income / WINDOW + 5.0),
        "balance": np.arcsinh(window.balance[-1] / 150.0),
        "transactions90": np.log1p((window.flows != 0).sum(axis=(0, 1))),
    }


def _shares(window: Window) -> dict[str, Floats]:
    spent = window.spending(WINDOW)
    return {
        "gambling_share90": np.sqrt(_ratio(window.paid("gambling"), spent)),
        "cash_share90": np.sqrt(_ratio(window.paid("cash_out"), spent)),
        "rent_share90": _ratio(window.paid("rent"), window.money_in(WINDOW)),
        "fees90": np.log1p(window.count("fee")),
        "advances90": window.count("payout"),
        "late_advances180": np.log1p(window.late_advances),
    }


def _trends(window: Window) -> dict[str, Floats]:
    recent, long = window.money_in(30), window.money_in(WINDOW) / 3.0
    spent, usual = window.spending(30), window.spending(WINDOW) / 3.0
    rise = window.balance[-30:].mean(axis=0) - window.balance.mean(axis=0)
    return {
        "income_trend": np.log((recent + 100.0) / (long + 100.0)),
        "spending_trend": np.log((spent + 50.0) / (usual + 50.0)),
        "balance_trend": np.arcsinh(rise / 150.0),
    }


def _pays(window: Window) -> dict[str, Floats]:
    paid = window.flows[:, INDEX["salary"]] > 0
    days = np.arange(WINDOW)[:, None]
    last = np.where(paid, days, -1).max(axis=0)
    after = paid.copy()
    after[1:] |= paid[:-1]
    after[2:] |= paid[:-2]
    daily = -np.minimum(window.flows[:, _SPENDING], 0.0).sum(axis=1)
    return {
        "pay_gap": np.log1p(WINDOW - 1 - last.astype(np.float64)),
        "pay_irregularity90": _gap_variation(paid),
        "payday_spending90": _ratio((daily * after).sum(axis=0), daily.sum(axis=0)) - after.mean(axis=0),
    }


def _gap_variation(paid: Bools) -> Floats:
    """Standard deviation over mean of the days between pays; 1 where there are fewer than three pays."""
    days = np.arange(WINDOW)[:, None]
    previous = np.maximum.accumulate(np.where(paid, days, -1), axis=0)
    gap = np.where(paid[1:] & (previous[:-1] >= 0), days[1:] - previous[:-1], 0).astype(np.float64)
    count = np.maximum((gap > 0).sum(axis=0), 1)
    mean = gap.sum(axis=0) / count
    variance = np.maximum((gap**2).sum(axis=0) / count - mean**2, 0.0)
    return np.where(paid.sum(axis=0) >= 3, np.sqrt(variance) / np.maximum(mean, 1.0), 1.0)


def _median_pay(pays: Floats) -> Floats:
    """Median of the positive entries of each column, 0 where there are none."""
    count = (pays > 0).sum(axis=0)
    ordered = np.sort(np.where(pays > 0, pays, np.inf), axis=0)
    columns = np.arange(pays.shape[1])
    middle = ordered[np.maximum(count - 1, 0) // 2, columns] + ordered[count // 2 % len(pays), columns]
    return np.where(count > 0, middle / 2.0, 0.0)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """The quotient of part and whole within 0..1; 1 where there is a part and no whole, 0 where there is neither."""
    return np.where(whole > 0, np.minimum(part / np.maximum(whole, 1.0), 1.0), (part > 0).astype(np.float64))
