import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.bootstrap import codes_of
from trainer.cross_validation import assign_folds, repeated_folds

ROWS = st.lists(st.tuples(st.integers(0, 15), st.booleans()), min_size=4, max_size=60)


@settings(deadline=None)  # the other core may be busy
@given(ROWS, st.integers(2, 5), st.integers(0, 9))
def test_folds_keep_users_whole_and_spread_bads_evenly(rows: list[tuple[int, bool]], folds: int, seed: int) -> None:
    users = codes_of(np.array([user for user, _ in rows]))
    y = np.array([bad for _, bad in rows], dtype=np.int8)
    found = assign_folds(y, users, folds, np.random.default_rng(seed))
    assert all(len(set(found[users == user])) == 1 for user in set(users))
    bad_users = [len(set(users[(found == fold) & (y == 1)])) for fold in range(folds)]
    all_users = [len(set(users[found == fold])) for fold in range(folds)]
    assert max(bad_users) - min(bad_users) <= 1
    assert max(all_users) - min(all_users) <= 1


def test_repeats_differ_and_the_seed_decides() -> None:
    y = np.array([1, 0] * 20, dtype=np.int8)
    users = np.arange(40)
    one, other = (repeated_folds(y, users, folds=5, repeats=3, rng=np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one, other)
    assert not np.array_equal(one[0], one[1])


def test_there_are_no_more_folds_than_users_with_a_bad_row() -> None:
    y = np.array([1, 1, 1] + [0] * 30, dtype=np.int8)
    folds = repeated_folds(y, np.arange(33), folds=5, repeats=2, rng=np.random.default_rng(1))
    assert set(folds.ravel().tolist()) == {0, 1, 2}
