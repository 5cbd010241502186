"""The currencies of the simulated accounts, their time zones, and exchange rates to the US dollar."""

from dataclasses import dataclass

import numpy as np

from trainer.simulator.horizon import Floats, Horizon


@dataclass(frozen=True)
class Currency:
    """A currency, the share of households that use it, its dollar value at the start and where they live."""

    code: str
    share: float
    usd: float
    zones: tuple[str, ...]


CURRENCIES = (
    Currency("USD", 0.82, 1.0, ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")),
    Currency("EUR", 0.08, 1.08, ("Europe/Berlin", "Europe/Madrid", "Europe/Helsinki")),
    Currency("GBP", 0.05, 1.26, ("Europe/London",)),
    Currency("CAD", 0.05, 0.73, ("America/Toronto", "America/Vancouver")),
)
ZONES = tuple(zone for currency in CURRENCIES for zone in currency.zones)
DAILY_SD = 0.003
"""Standard deviation of a day's log return of an exchange rate."""


def dollar_rates(horizon: Horizon, seed: int) -> Floats:
    """Dollars for one unit of each currency, shape [1 + days, currencies]; row 0 is the day before the start.

    A geometric random walk, rounded to six decimals as rates are quoted.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    steps = rng.normal(0.0, DAILY_SD, (horizon.days + 1, len(CURRENCIES)))
    steps[:, 0] = 0.0
    start = np.array([currency.usd for currency in CURRENCIES])
    return np.round(start * np.exp(np.cumsum(steps, axis=0)), 6)
