"""Repeated stratified k-fold division, for portfolios with too few rows to hold any back."""

import numpy as np

from trainer.arrays import Indices, Outcomes


def assign_folds(y: Outcomes, users: Indices, folds: int, rng: np.random.Generator) -> Indices:
    """The fold, 0 to `folds` - 1, of every row `[n]`.

    All rows of a user are in one fold, and users with a bad row are spread evenly over the folds, as are those
    without. `users` are codes 0 to k - 1.
    """
    bads = np.bincount(users, weights=y, minlength=int(users.max(initial=-1)) + 1)
    fold_of_user = np.zeros(len(bads), dtype=np.int64)
    dealt = 0
    for members in (np.flatnonzero(bads > 0), np.flatnonzero(bads == 0)):
        # Dealt on from where the last class stopped, so that fold sizes differ by one user at most.
        fold_of_user[rng.permutation(members)] = (dealt + np.arange(len(members))) % folds
        dealt += len(members)
    return fold_of_user[users]


def repeated_folds(y: Outcomes, users: Indices, *, folds: int, repeats: int, rng: np.random.Generator) -> Indices:
    """`repeats` independent assignments, `[repeats, n]`; at most as many folds as users with a bad row."""
    users_with_bads = len(np.unique(users[y == 1]))
    usable = max(2, min(folds, users_with_bads))
    return np.stack([assign_folds(y, users, usable, rng) for _ in range(repeats)])
