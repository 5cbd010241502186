"""Divisions of the rows that may shape a model, the same for every candidate."""

from dataclasses import dataclass

import numpy as np

from credit.portfolios import Split
from trainer.arrays import Bools, Indices, Outcomes
from trainer.bootstrap import codes_of
from trainer.cross_validation import assign_folds
from trainer.errors import InsufficientRowsError
from trainer.rows import Rows

FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Positions of rows: what a candidate is fitted to, what it stops early on, and what it is judged by."""

    training: Indices
    stopping: Indices
    """Joins the training rows of those that do not stop early."""
    unseen: Indices

    @property
    def seen(self) -> Indices:
        """All rows that may shape the candidate."""
        return np.sort(np.concatenate([self.training, self.stopping]))


def folds_by_time(rows: Rows, chosen: Indices, split: Split, folds: int = FOLDS) -> tuple[Fold, ...]:
    """Windows that grow: the later half of the chosen rows in `folds` parts, each judged by what was known before it.

    Of the rows before a part, those whose label was known `embargo_days` before it begins are seen; the last of them,
    by the portfolio's proportions, are for stopping. Rows of one moment are never divided.

    Raises:
        InsufficientRowsError: where a part, or what lies before it, has rows of one class only.
    """
    order = chosen[np.argsort(rows.requested_at[chosen], kind="stable")]
    at = rows.requested_at[order]
    edges = [at[round(len(at) * (0.5 + 0.5 * part / folds))] for part in range(folds)]
    found = []
    for part, start in enumerate(edges):
        last = part + 1 == folds
        unseen = order[(at >= start) & (last or at < edges[min(part + 1, folds - 1)])]
        known_before = start - np.timedelta64(split.embargo_days, "D")
        seen = order[(at < start) & (at < known_before) & (rows.known_at[order] < known_before)]
        kept = len(seen) - round(len(seen) * _stopping_share(split))
        found.append(Fold(seen[:kept], seen[kept:], unseen))
    return _checked(tuple(found), rows.y)


def folds_by_lot(rows: Rows, chosen: Indices, split: Split, *, seed: int, folds: int = FOLDS) -> tuple[Fold, ...]:
    """Stratified folds of the chosen rows, users whole, each with a stopping slice by lot from what is seen.

    Raises:
        InsufficientRowsError: where a fold has rows of one class only.
    """
    rng = np.random.default_rng([seed, folds])
    users = codes_of(rows.subject_id[chosen])
    assigned = assign_folds(rows.y[chosen], users, folds, rng)
    found = []
    for fold in range(folds):
        seen, unseen = chosen[assigned != fold], chosen[assigned == fold]
        stopping = _by_lot(rows.y[seen], users[assigned != fold], _stopping_share(split), rng)
        found.append(Fold(seen[~stopping], seen[stopping], unseen))
    return _checked(tuple(found), rows.y)


def has_times(rows: Rows, chosen: Indices, folds: int = FOLDS) -> bool:
    """Whether the chosen rows lie at enough different moments to be divided by time."""
    at = np.sort(rows.requested_at[chosen])
    later = at[len(at) // 2 :]
    return len(np.unique(later)) > folds and bool(at[0] < later[0])


def _stopping_share(split: Split) -> float:
    """Of the rows that shape a model, those for stopping."""
    shaping = 1.0 - split.test_fraction - split.calibration_fraction
    return min(0.5, split.stopping_fraction / shaping) if shaping > 0 else 0.0


def _by_lot(y: Outcomes, users: Indices, share: float, rng: np.random.Generator) -> Bools:
    if share <= 0:
        return np.zeros(len(y), dtype=np.bool_)
    codes = np.unique(users, return_inverse=True)[1].astype(np.int64)
    return np.asarray(assign_folds(y, codes, max(2, round(1 / share)), rng) == 0)


def _checked(folds: tuple[Fold, ...], y: Outcomes) -> tuple[Fold, ...]:
    for number, fold in enumerate(folds, start=1):
        for name, part in (("training", fold.training), ("judged", fold.unseen)):
            bads = int(y[part].sum())
            if not 0 < bads < len(part):
                counts = f"{len(part)} rows, {bads} bad"
                raise InsufficientRowsError(
                    f"fold {number} of {len(folds)}: its {name} part needs rows of both classes: {counts}; "
                    "train without --compare, or with more rows"
                )
    return folds
