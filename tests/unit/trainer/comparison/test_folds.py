"""Folds: the same for all, none of the test rows, nothing that was known later."""

from dataclasses import replace

import numpy as np
import pytest

from credit.portfolios import Split, SplitKind
from tests.unit.trainer.test_fitting import draw
from trainer.comparison.folds import folds_by_lot, folds_by_time, has_times
from trainer.errors import InsufficientRowsError

SPLIT = Split(SplitKind.TEMPORAL, test_fraction=0.2, calibration_fraction=0.1, stopping_fraction=0.1, embargo_days=7)
ROWS = draw(1500)
CHOSEN = np.arange(0, 1200)


def parts(fold):
    return [set(part.tolist()) for part in (fold.training, fold.stopping, fold.unseen)]


def test_by_lot_each_row_is_unseen_once_and_users_are_whole():
    folds = folds_by_lot(ROWS, CHOSEN, SPLIT, seed=3)
    assert sorted(np.concatenate([fold.unseen for fold in folds]).tolist()) == CHOSEN.tolist()
    for fold in folds:
        training, stopping, unseen = parts(fold)
        assert training | stopping | unseen == set(CHOSEN.tolist())
        assert sum(map(len, (training, stopping, unseen))) == len(CHOSEN)
        users = [set(ROWS.subject_id[list(part)].tolist()) for part in (training, stopping, unseen)]
        assert sum(map(len, users)) == len(set.union(*users))
        # An eighth of what is seen, as the stopping slice is of what shapes a model: users differ in their rows.
        assert len(stopping) / len(fold.seen) == pytest.approx(1 / 7, abs=0.03)


def test_the_same_seed_gives_the_same_folds_and_another_gives_others():
    one, same, other = (folds_by_lot(ROWS, CHOSEN, SPLIT, seed=seed) for seed in (3, 3, 4))
    assert all(parts(a) == parts(b) for a, b in zip(one, same, strict=True))
    assert any(parts(a) != parts(b) for a, b in zip(one, other, strict=True))


def test_by_time_nothing_is_seen_that_was_known_later():
    folds = folds_by_time(ROWS, CHOSEN, SPLIT)
    at, known = ROWS.requested_at, ROWS.known_at
    later = np.concatenate([fold.unseen for fold in folds])
    assert sorted(later.tolist()) == list(range(600, 1200))
    for fold in folds:
        start = at[fold.unseen].min() - np.timedelta64(7, "D")
        assert max(at[fold.seen].max(), known[fold.seen].max()) < start
        assert at[fold.training].max() <= at[fold.stopping].min()
        assert set(fold.seen.tolist()) <= set(CHOSEN.tolist())
    sizes = [len(fold.seen) for fold in folds]
    assert sizes == sorted(sizes)


def test_rows_of_one_moment_are_not_divided_by_time():
    assert has_times(ROWS, CHOSEN)
    assert not has_times(replace(ROWS, requested_at=np.repeat(ROWS.requested_at[:1], len(ROWS))), CHOSEN)
    halves = np.repeat(ROWS.requested_at[[0, -1]], [750, 750])
    assert not has_times(replace(ROWS, requested_at=halves), CHOSEN)


def test_a_fold_of_one_class_is_refused_with_its_counts():
    y = np.zeros(len(ROWS), np.int8)
    y[:3] = 1
    with pytest.raises(InsufficientRowsError, match=r"fold 1 of 5: its judged part .*: 120 rows, 0 bad; train without"):
        folds_by_time(replace(ROWS, y=y), CHOSEN, SPLIT)
