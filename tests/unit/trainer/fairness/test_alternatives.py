"""Candidates beside each other at the same share of rows accepted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.fairness import Fairness, Grouping
from credit.groups import Groups, Protected
from trainer.fairness.acceptance import RATES, GroupAcceptance, acceptance_of, accepted_by_group, added_up
from trainer.fairness.alternatives import RULE, Alternative, Alternatives, EqualCandidate, alternatives

HALF = RATES.index(0.5)
RULES = Fairness(min_rows=100)


def groups_of(*codes):
    return Protected((Groups("sex", ("m", "f"), np.array(codes, dtype=np.int16)),))


def test_the_lowest_margins_are_accepted_and_ties_in_part():
    men, women = accepted_by_group(np.array([0.1, 0.2, 0.3, 0.3, 0.3, 0.9]), groups_of(0, 1, 0, 1, 1, 0))
    assert (men.rows, men.accepted[HALF], women.rows) == (3, pytest.approx(1 + 1 / 3), 3)
    assert women.accepted[HALF] == pytest.approx(1 + 2 / 3)


def test_who_tells_nobody_apart_accepts_all_groups_alike():
    men, women = accepted_by_group(np.full(40, 0.2), groups_of(*[0] * 30, *[1] * 9, -1))
    assert [men.rate(place) for place in range(19)] == pytest.approx(RATES)
    assert [women.rate(place) for place in range(19)] == pytest.approx(RATES)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), min_size=1, max_size=40))
def test_the_share_of_all_rows_is_met_and_grows(pairs):
    margins, codes = zip(*pairs, strict=True)
    found = accepted_by_group(np.array(margins, dtype=float), groups_of(*codes))
    whole = np.sum([one.accepted for one in found], axis=0)
    assert whole == pytest.approx(np.array(RATES) * len(pairs))
    assert all((np.diff(one.accepted) >= -1e-12).all() for one in found)


def test_folds_add_up_and_come_back_from_json():
    one = GroupAcceptance("sex", "f", 10, tuple(float(place) for place in range(19)))
    assert added_up([[one], [one], []]) == (GroupAcceptance("sex", "f", 20, tuple(2.0 * place for place in range(19))),)
    stored = {"column": "sex", "group": "f", "rows": 10, "accepted": [float(place) for place in range(19)]}
    assert acceptance_of(stored) == one
    assert accepted_by_group(np.ones(3), Protected()) == ()


def candidate(name, shares, *, chosen=False, auc=0.77, rows=200):
    groups = tuple(
        GroupAcceptance(column, group, rows if group != "few" else 50, (rows * share,) * 19)
        for (column, group), share in shares.items()
    )
    return EqualCandidate(name, chosen, auc, groups)


PLAIN = candidate("a", {("sex", "m"): 0.8, ("sex", "f"): 0.6, ("sex", "few"): 0.1, ("age", "old"): 0.5}, chosen=True)
FAIRER = candidate("b, trial 2", {("sex", "m"): 0.6, ("sex", "f"): 0.75}, auc=0.76)


def test_the_least_discriminatory_is_told_and_the_chosen_stays_the_chosen():
    assert alternatives([PLAIN, FAIRER], RULES, 0.66) == Alternatives(
        rule=RULE,
        acceptance_rate=0.65,
        candidates=(
            Alternative("a", True, 0.77, {"sex": pytest.approx(0.75)}),
            Alternative("b, trial 2", False, 0.76, {"sex": pytest.approx(0.8)}),
        ),
        least_discriminatory="b, trial 2",
    )


def test_of_equals_it_is_the_chosen_one():
    twin = candidate("c", {("sex", "m"): 0.8, ("sex", "f"): 0.6}, auc=0.78)
    assert alternatives([twin, PLAIN], RULES, 0.5).least_discriminatory == "a"


def test_a_declared_reference_is_compared_with():
    rules = Fairness(groups=(Grouping("sex", reference="m"),))
    found = alternatives([PLAIN, FAIRER], rules, 0.5)
    assert [one.worst_ratio["sex"] for one in found.candidates] == pytest.approx([0.75, 1.25])


def test_who_accepts_nobody_of_a_reference_group_is_shown_and_not_ranked():
    rules = Fairness(groups=(Grouping("age", reference="old"),))
    both = {("sex", "m"): 0.8, ("sex", "f"): 0.6, ("age", "old"): 0.8, ("age", "young"): 0.4}
    whole = candidate("a", both, chosen=True)
    half = candidate("b", {**both, ("sex", "f"): 0.8, ("age", "old"): 0.0})
    nothing = candidate("c", {("age", "old"): 0.0, ("age", "young"): 0.5})
    found = alternatives([half, whole, nothing], rules, 0.5)
    ratios = [{"sex": 1.0}, {"sex": pytest.approx(0.75), "age": pytest.approx(0.5)}, {}]
    assert [one.worst_ratio for one in found.candidates] == ratios
    assert found.least_discriminatory == "a"
    assert alternatives([half, nothing], rules, 0.5).least_discriminatory == "b"
    other = candidate("d", {("age", "old"): 0.8, ("age", "young"): 0.4})
    assert alternatives([half, other], rules, 0.5).least_discriminatory == ""


def test_without_two_groups_of_enough_rows_there_is_nothing_to_say():
    assert alternatives([candidate("a", {("sex", "m"): 0.5, ("sex", "few"): 0.1})], RULES, 0.5) is None
    assert alternatives([candidate("a", {("sex", "m"): 0.0, ("sex", "f"): 0.0})], RULES, 0.5) is None
