"""Cash advances: who asks, for how much, what comes of it, and how that shows in the repayments."""

from dataclasses import dataclass, fields

import numpy as np

from trainer.simulator.horizon import Bools, Floats, Ints

FIRST_DAY = 90
"""Nobody asks earlier, so that every window before a request is full."""
PRINCIPAL = (20, 300)
"""Major units of the account's currency, in steps of ten."""
FEE_RATE = 0.06
LATEST_GOOD_DAY = 27
"""A good advance is repaid by this many days after it was due."""
EARLIEST_CURE_DAY = 32
"""A bad advance is repaid this many days after it was due, or never."""
RESIDUE_CENTS = (50, 250)
"""What a good advance may leave unpaid: always less than a material amount."""
NEVER = 10**6
"""A day index that never comes."""


@dataclass(frozen=True)
class Advances:
    """One entry a request, shape [requests]; days are day indices, money minor units; see `repaid`."""

    user: Ints
    number: Ints
    """1 for the user's first advance."""
    day: Ints
    minute: Ints
    due: Ints
    principal: Ints
    fee: Ints
    p_latent: Floats
    p_observable: Floats
    defaulted: Bools
    repaid: Ints
    """Two repayments, [2, requests]; 0 for none."""
    repaid_day: Ints
    """[2, requests]."""
    bounced: Bools
    """A first attempt to repay on the due day was returned by the bank."""
    extended_days: Ints
    """0 for none."""
    written_off: Ints
    """Day, or NEVER."""
    closed: Ints
    """Day from which nothing is owed, or NEVER."""
    drivers: Floats
    """[drivers, requests]."""


@dataclass(frozen=True)
class Plan:
    """How advances will be repaid; see the fields of `Advances`."""

    repaid: Ints
    repaid_day: Ints
    bounced: Bools
    extended_days: Ints
    written_off: Ints
    closed: Ints


def asks(runway_weeks: Floats, appetite: Floats) -> Floats:
    """Probability of asking for an advance on a day, given the weeks of usual spending in the account."""
    return 0.075 * appetite / (1.0 + np.exp(1.3 * runway_weeks - 0.2))


def draw_principal(monthly_income: Floats, rng: np.random.Generator) -> Ints:
    """Principal in minor units: around 4 % of the monthly income, within PRINCIPAL."""
    wanted = monthly_income / 100.0 * 0.04 * np.exp(rng.normal(0.0, 0.5, len(monthly_income)))
    return np.asarray(1000 * np.rint(np.clip(wanted, *PRINCIPAL) / 10.0).astype(np.int64))


def fee_of(principal: Ints) -> Ints:
    """Fee in minor units, at least two major units."""
    return np.asarray(np.maximum(np.rint(principal * FEE_RATE), 200.0), dtype=np.int64)


def draw_plan(bad: Bools, risk: Floats, due: Ints, total: Ints, rng: np.random.Generator) -> Plan:
    """Draws repayments that show exactly the outcomes `bad`; riskier users (`risk` in 0..1) pay late more."""
    good, poor = _good(risk, due, total, rng), _bad(due, total, rng)
    return Plan(
        **{field.name: np.where(bad, getattr(poor, field.name), getattr(good, field.name)) for field in fields(Plan)}
    )


def _good(risk: Floats, due: Ints, total: Ints, rng: np.random.Generator) -> Plan:
    """Repaid on time, late, in two parts, or but for a residue too small to matter."""
    kind = rng.random(len(due))
    late = kind < np.clip(0.12 + 1.2 * risk, 0.0, 0.6)
    split = (kind > 0.85) & (kind <= 0.95)
    lag = 1 + np.floor((LATEST_GOOD_DAY - 0.01) * rng.beta(1.0, 2.0, len(due))).astype(np.int64)
    early = np.where(rng.random(len(due)) < 0.1, rng.integers(1, 4, len(due)), 0)
    residue = np.where(kind > 0.95, rng.integers(*RESIDUE_CENTS, len(due)), 0)
    part = np.where(split, np.rint(total * rng.uniform(0.3, 0.8, len(due))), total - residue).astype(np.int64)
    return Plan(
        repaid=np.stack([part, np.where(split, total - part, 0)]),
        repaid_day=np.stack([np.where(late, due + lag, due - early * ~split), due + lag]),
        bounced=late & (rng.random(len(due)) < 0.25),
        extended_days=np.where((late | split) & (rng.random(len(due)) < 0.3), 14, 0),
        written_off=np.full(len(due), NEVER),
        closed=np.where(late | split, due + lag, due),
    )


def _bad(due: Ints, total: Ints, rng: np.random.Generator) -> Plan:
    """Never repaid, repaid in part, or repaid far too late (a cure that does not undo the default)."""
    partly = rng.random(len(due)) < 0.4
    cured = rng.random(len(due)) < 0.4
    part = np.where(partly, np.rint(total * rng.uniform(0.1, 0.5, len(due))), 0).astype(np.int64)
    cure_day = due + rng.integers(EARLIEST_CURE_DAY, 75, len(due))
    lost = ~cured & (rng.random(len(due)) < 0.6)
    return Plan(
        repaid=np.stack([part, np.where(cured, total - part, 0)]),
        repaid_day=np.stack([due + rng.integers(0, 20, len(due)), cure_day]),
        bounced=rng.random(len(due)) < 0.35,
        extended_days=np.where(rng.random(len(due)) < 0.25, 14, 0),
        written_off=np.where(lost, due + rng.integers(60, 91, len(due)), NEVER),
        closed=np.where(cured, cure_day, NEVER),
    )


def join(batches: list[Advances]) -> Advances:
    """All batches as one, by user and number."""
    parts = {
        field.name: np.concatenate([getattr(batch, field.name) for batch in batches], axis=-1)
        for field in fields(Advances)
    }
    order = np.lexsort((parts["number"], parts["user"]))
    return Advances(**{name: part[..., order] for name, part in parts.items()})


def nobody(drivers: int) -> Advances:
    """No request at all."""
    count, pair = np.empty(0, dtype=np.int64), np.empty((2, 0), dtype=np.int64)
    share, flag = np.empty(0), np.empty(0, dtype=bool)
    return Advances(
        user=count,
        number=count,
        day=count,
        minute=count,
        due=count,
        principal=count,
        fee=count,
        p_latent=share,
        p_observable=share,
        defaulted=flag,
        repaid=pair,
        repaid_day=pair,
        bounced=flag,
        extended_days=count,
        written_off=count,
        closed=count,
        drivers=np.empty((drivers, 0)),
    )
