"""Associations of features with protected columns, against SciPy's tests."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from credit.association import Association, associations, closest, cramers_v, proxy_line, rank_correlation_ratio
from credit.groups import Groups, Protected
from credit.portfolios import Feature, FeatureKind

RNG = np.random.default_rng(4)
GROUPS = RNG.integers(0, 4, 600)
TIED = np.round(RNG.normal(size=600) + 0.4 * GROUPS, 1)


def test_the_rank_correlation_ratio_is_that_of_kruskal_and_wallis_less_its_bias():
    h = stats.kruskal(*(TIED[group == GROUPS] for group in range(4))).statistic
    n, k = len(TIED), 4
    epsilon_squared = 1 - (1 - h / (n - 1)) * (n - 1) / (n - k)
    assert rank_correlation_ratio(TIED, GROUPS) == pytest.approx(np.sqrt(epsilon_squared), rel=1e-12)


def test_of_two_groups_it_is_spearmans_correlation():
    values, groups = np.tile(TIED, 50), np.tile(GROUPS > 1, 50).astype(np.int64)
    assert rank_correlation_ratio(values, groups) == pytest.approx(
        abs(stats.spearmanr(values, groups).statistic), abs=1e-4
    )


def test_cramers_v_is_bergsmas():
    words = (RNG.integers(0, 3, 600) + (GROUPS > 2)) % 3
    table = stats.contingency.crosstab(words, GROUPS).count
    chi2 = stats.chi2_contingency(table, correction=False).statistic
    n, r, k = 600, 3, 4
    phi2 = max(0.0, chi2 / n - (k - 1) * (r - 1) / (n - 1))
    expected = np.sqrt(phi2 / (min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1))
    assert cramers_v(words.astype(float), GROUPS) == pytest.approx(expected, rel=1e-12)


def test_nothing_is_associated_by_chance_and_everything_with_itself():
    noise = RNG.normal(size=5000)
    groups = RNG.integers(0, 6, 5000)
    assert rank_correlation_ratio(noise, groups) < 0.03
    assert cramers_v(RNG.integers(0, 6, 5000), groups) < 0.03
    assert rank_correlation_ratio(groups.astype(float), groups) == pytest.approx(1.0)
    assert cramers_v(groups.astype(float), groups) == pytest.approx(1.0)
    for measure in (rank_correlation_ratio, cramers_v):
        assert measure(np.ones(50), np.arange(50) % 2) == measure(np.arange(50.0), np.zeros(50, dtype=np.int64)) == 0
        assert measure(np.empty(0), np.empty(0, dtype=np.int64)) == 0


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 3)), min_size=8, max_size=60))
def test_a_scale_changes_nothing_and_it_lies_between_0_and_1(pairs):
    values, groups = (np.array(one) for one in zip(*pairs, strict=True))
    size = rank_correlation_ratio(values.astype(float), groups)
    assert 0 <= size <= 1 + 1e-12
    assert rank_correlation_ratio(np.exp(values / 10), groups) == pytest.approx(size, abs=1e-9)
    assert 0 <= cramers_v(values, groups) <= 1 + 1e-12


def test_missing_values_tell_and_rows_without_a_group_do_not_count():
    features = (
        Feature("amount", FeatureKind.NUMERIC, "currency", 0, "trade"),
        Feature("purpose", FeatureKind.CATEGORICAL, "category", 0, "trade", categories=("car", "school")),
    )
    codes = np.array([0, 1] * 50 + [-1] * 20, dtype=np.int16)
    values = np.column_stack([np.where(codes == 1, np.nan, 5.0), np.where(codes == 0, np.nan, 1.0)])
    values[codes == -1] = 0.0
    found = associations(features, values, Protected((Groups("sex", ("f", "m"), codes),)))
    assert [(one.feature, one.column, one.measure) for one in found] == [
        ("amount", "sex", "rank correlation ratio"),
        ("purpose", "sex", "Cramér's V"),
    ]
    assert [one.association for one in found] == pytest.approx([1.0, 1.0])


def test_what_may_stand_in_is_told_and_otherwise_the_strongest_of_each_column():
    found = (Association("a", "sex", "V", 0.5), Association("b", "age", "V", 0.4), Association("b", "sex", "V", 0.1))
    assert closest(found) == found[:2]
    assert proxy_line(found[:1], closest(found), 0.45) == (
        "may stand in for a protected column (association above 0.45): a for sex (V 0.50)"
    )
    assert proxy_line((), closest(found), 0.6) == (
        "no feature has an association above 0.6 with a protected column; the strongest: a for sex (V 0.50), "
        "b for age (V 0.40)"
    )


def test_an_association_is_shown_on_its_side_of_the_limit():
    below, above = Association("a", "sex", "V", 0.2983), Association("a", "sex", "V", 0.3004)
    assert proxy_line((), (below,), 0.3).endswith("a for sex (V 0.298)")
    assert proxy_line((above,), (above,), 0.3).endswith("a for sex (V 0.3004)")
