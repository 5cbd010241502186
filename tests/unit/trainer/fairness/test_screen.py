"""Outcomes by group, against SciPy, scikit-learn and figures by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from credit.association import Association
from credit.costs import Costs, Stakes
from credit.fairness import Fairness, Grouping
from credit.groups import Groups, Protected
from tests.unit.trainer.test_fitting import PORTFOLIO
from trainer.evaluation import probability
from trainer.fairness.alternatives import Alternative, Alternatives
from trainer.fairness.decisions import decide
from trainer.fairness.group_sums import Outcome
from trainer.fairness.screen import ColumnScreen, GroupScreen, screen, screen_json
from trainer.fairness.text import fairness_text
from trainer.wilson import wilson

RULES = Fairness(min_rows=50)
SCREENED = replace(PORTFOLIO, protected=("sex", "age"), fairness=RULES, cut_off=0.3)
CODES = np.repeat([0, 1, 2, -1], [500, 300, 20, 30]).astype(np.int16)
RNG = np.random.default_rng(6)
LOG_ODDS = RNG.normal(-1.2 + 0.5 * (CODES == 1), 1.0)
Y = (RNG.random(len(CODES)) < probability(LOG_ODDS)).astype(np.int8)
PROTECTED = Protected((Groups("sex", ("male", "female", "other"), CODES),))


def screened(portfolio=SCREENED, *, y=Y, users=None, found=(), log_odds=LOG_ODDS, protected=PROTECTED):
    decisions = decide(log_odds, portfolio, None)
    users = np.arange(len(y)) if users is None else users
    outcome = Outcome(y, log_odds, decisions.accepted, users)
    return screen(outcome, protected, decisions, portfolio, found, rng=np.random.default_rng(3))


def test_groups_are_counted_and_those_with_enough_rows_judged():
    (column,) = screened().columns
    accepted = probability(LOG_ODDS) < 0.3
    assert [(one.group, one.rows, one.bads, one.accepted, one.judged) for one in column.groups] == [
        *(
            (name, int(own.sum()), int(Y[own].sum()), int(accepted[own].sum()), True)
            for name, own in (("male", CODES == 0), ("female", CODES == 1))
        ),
        ("other groups below 50 rows", 20, None, None, False),
        ("not given", 30, None, None, False),
    ]
    assert column.reference == "male"
    for one in column.groups[2:]:
        measures = (one.acceptance_rate, one.adverse_impact_ratio, one.standardised_mean_difference, one.bad_rate)
        assert (*measures, one.calibration_difference, one.roc_auc, one.mean_pd, one.below) == (None,) * 7 + (False,)


def test_a_group_called_as_rows_without_a_value_are_is_a_group():
    protected = Protected((Groups("sex", ("not given", "female", "other"), CODES),))
    found = screened(protected=protected)
    (column,) = found.columns
    assert [(one.group, one.rows, one.judged) for one in column.groups] == [
        ("not given", 500, True),
        ("female", 300, True),
        ("other groups below 50 rows", 20, False),
        ("not given", 30, False),
    ]
    assert column.reference == "not given"
    first, last = (line for line in fairness_text(found).splitlines() if line.startswith("not given"))
    assert (first.endswith("the reference"), last.endswith("not judged")) == (True, True)


def test_no_single_person_is_told_of():
    codes = np.arange(len(CODES)).astype(np.int16)
    codes[:100] = len(codes)
    names = tuple(f"born {day}" for day in range(len(codes) + 1))
    (column,) = screened(protected=Protected((Groups("born", names, codes),))).columns
    accepted = probability(LOG_ODDS) < 0.3
    assert [(one.group, one.rows, one.bads, one.accepted, one.mean_pd) for one in column.groups] == [
        (
            "born 850",
            100,
            int(Y[:100].sum()),
            int(accepted[:100].sum()),
            pytest.approx(probability(LOG_ODDS[:100]).mean()),
        ),
        (
            "other groups below 50 rows",
            750,
            int(Y[100:].sum()),
            int(accepted[100:].sum()),
            pytest.approx(probability(LOG_ODDS[100:]).mean()),
        ),
    ]
    assert column.groups[1].bad_rate is None


def test_the_note_says_that_a_reference_was_chosen_by_its_rate():
    luck = (
        " Compared with the group of the highest acceptance rate: sex (of 2). Being the highest is in part luck, more "
        "of it the more groups there are, so that ratios are a little low; the intervals leave this out."
    )
    note = screened().note
    assert note.endswith(f"Groups of fewer than 50 rows are counted together and not judged.{luck}")
    rules = replace(RULES, groups=(Grouping("sex", reference="femal"),))
    lost = " The declared group femal of sex is absent or has too few rows."
    assert screened(replace(SCREENED, fairness=rules)).note == note.replace(luck, lost + luck)
    rules = replace(RULES, groups=(Grouping("sex", reference="female"),))
    assert screened(replace(SCREENED, fairness=rules)).note == note.replace(luck, "")


def test_measures_are_their_formulas():
    male, female = screened().columns[0].groups[:2]
    first, second = LOG_ODDS[CODES == 0], LOG_ODDS[CODES == 1]
    rates = [float((probability(part) < 0.3).mean()) for part in (first, second)]
    assert female.adverse_impact_ratio.estimate == pytest.approx(rates[1] / rates[0], rel=1e-12)
    assert (male.adverse_impact_ratio, male.standardised_mean_difference) == (None, None)
    pooled = np.sqrt((499 * first.var(ddof=1) + 299 * second.var(ddof=1)) / 798)
    distance = (second.mean() - first.mean()) / pooled
    assert female.standardised_mean_difference.estimate == pytest.approx(distance, rel=1e-9)
    assert female.standardised_mean_difference.lower > 0
    bads = Y[CODES == 1]
    assert female.mean_pd == pytest.approx(probability(second).mean(), rel=1e-12)
    assert female.calibration_difference.estimate == pytest.approx(female.mean_pd - bads.mean(), abs=1e-12)
    assert female.roc_auc.estimate == pytest.approx(roc_auc_score(bads, second), rel=1e-12)
    assert female.below is (rates[1] / rates[0] < 0.8)


def test_intervals_of_shares_are_wilsons_and_that_of_their_ratio_is_near_katzs():
    male, female = screened().columns[0].groups[:2]
    for one, share in ((female, female.accepted), (male, male.accepted)):
        expected = stats.binomtest(share, one.rows).proportion_ci(method="wilson")
        found = one.acceptance_rate
        assert (found.lower, found.upper) == pytest.approx((expected.low, expected.high), abs=1e-12)
    katz = stats.contingency.relative_risk(female.accepted, female.rows, male.accepted, male.rows)
    low, high = katz.confidence_interval(0.95)
    found = female.adverse_impact_ratio
    assert (found.estimate, found.lower, found.upper) == pytest.approx((katz.relative_risk, low, high), abs=0.02)


def test_a_share_of_none_or_all_has_an_interval():
    for share in (0, 40):
        expected = stats.binomtest(share, 40).proportion_ci(method="wilson")
        found = wilson(share / 40, 40)
        assert (found.lower, found.upper) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_rows_of_one_user_are_no_more_than_one():
    twice = Protected((Groups("sex", PROTECTED.columns[0].names, np.repeat(CODES, 2)),))
    single = screened().columns[0].groups[1]
    double = screened(
        y=np.repeat(Y, 2), log_odds=np.repeat(LOG_ODDS, 2), users=np.repeat(np.arange(len(Y)), 2), protected=twice
    )
    found = double.columns[0].groups[1]
    assert found.acceptance_rate == single.acceptance_rate
    for name in ("adverse_impact_ratio", "calibration_difference", "roc_auc"):
        one, other = getattr(found, name), getattr(single, name)
        assert one.estimate == pytest.approx(other.estimate, abs=1e-12)
        assert one.upper - one.lower == pytest.approx(other.upper - other.lower, rel=1e-9)


@pytest.mark.parametrize(
    ("reference", "expected"), [(None, "male"), ("female", "female"), ("other", "male"), ("nobody", "male")]
)
def test_the_reference_is_the_declared_group_if_it_has_enough_rows(reference, expected):
    rules = replace(RULES, groups=(Grouping("sex", reference=reference),))
    assert screened(replace(SCREENED, fairness=rules)).columns[0].reference == expected


def test_where_no_group_has_enough_rows_all_are_counted_and_none_is_compared():
    (column,) = screened(replace(SCREENED, fairness=replace(RULES, min_rows=1000))).columns
    assert (column.reference, [one.judged for one in column.groups]) == ("", [False] * 2)


def test_a_group_without_bads_or_with_nobody_accepted_has_no_such_measure():
    y, log_odds = np.where(CODES == 1, 0, Y).astype(np.int8), np.where(CODES == 1, 5.0, LOG_ODDS)
    female = screened(y=y, log_odds=log_odds).columns[0].groups[1]
    assert (female.roc_auc, female.adverse_impact_ratio.estimate, female.below) == (None, 0.0, True)
    nobody = screened(log_odds=np.full(len(Y), 5.0)).columns[0].groups[1]
    assert (nobody.adverse_impact_ratio, nobody.standardised_mean_difference, nobody.below) == (None, None, False)


def test_columns_that_the_rows_do_not_have_are_named():
    nothing = screened(protected=Protected())
    assert (nothing.columns, nothing.absent) == ((), ("sex", "age"))
    assert "so that nothing is known of it: sex, age" in fairness_text(nothing)


def test_columns_of_too_many_values_are_named_as_not_screened():
    found = screened(protected=Protected(ungrouped=("age",), notes=("No row has it.",)))
    told = "Not screened, since so many different values are no groups: age. No row has it."
    assert (found.absent, found.note.endswith(f" {told}")) == (("sex",), True)


def test_only_what_is_above_the_threshold_is_a_proxy():
    found = (Association("pay", "sex", "V", 0.31), Association("noise", "sex", "V", 0.3))
    told = screened(found=found)
    assert told.proxies == found[:1]
    assert "may stand in for a protected column (association above 0.3): pay for sex (V 0.31)" in fairness_text(told)


def test_the_json_is_what_other_pages_read():
    told = screen_json(screened(found=(Association("pay", "sex", "V", 0.31),)))
    assert told | {"columns": [], "note": ""} == {
        "cut_off": 0.3,
        "rule": "accepted below a probability of default of 0.3",
        "note": "",
        "columns": [],
        "absent": ("age",),
        "proxies": ({"feature": "pay", "column": "sex", "measure": "V", "association": 0.31},),
        "proxy_above": 0.3,
        "acceptance_rate": float((probability(LOG_ODDS) < 0.3).mean()),
        "air_below": 0.8,
        "alternatives": None,
    }
    assert told["note"].startswith("A screen, not a legal finding")
    (column,) = told["columns"]
    assert set(column) == {"column", "reference", "groups"} == set(ColumnScreen.__dataclass_fields__)
    assert set(column["groups"][1]) == set(GroupScreen.__dataclass_fields__)
    assert set(column["groups"][1]["adverse_impact_ratio"]) == {"estimate", "lower", "upper"}


def test_the_text_says_that_it_is_a_screen_and_marks_what_is_below():
    lines = fairness_text(screened()).splitlines()
    assert lines[0].startswith("fairness: a screen, not a legal finding")
    by_group = {line.split("  ")[0]: line for line in lines[3:]}
    assert by_group["male"].endswith("the reference")
    assert by_group["female"].endswith("below 0.8")
    assert by_group["other groups below 50 rows"].endswith("not judged")
    ratio = screened().columns[0].groups[1].adverse_impact_ratio
    shown = f"{ratio.estimate:.2f} [{ratio.lower:.2f}, {ratio.upper:.2f}]"
    assert f"accepted at less than 0.8 of the reference group's rate: sex female ({shown})" in lines


@pytest.mark.parametrize(
    ("least", "last"),
    [
        ("a", "least discriminatory of them is a; the choice is not changed by it"),
        ("", "none of them has a ratio in every column, so that none is called the least discriminatory"),
    ],
)
def test_candidates_that_could_not_be_ranked_are_named(least, last):
    shown = (Alternative("a", True, 0.77, {"sex": 0.75, "age": 0.9}), Alternative("b", False, 0.76, {"age": 0.95}))
    found = replace(screened(), alternatives=Alternatives("the rule", 0.65, shown, least))
    assert fairness_text(found).splitlines()[-2:] == [
        "not ranked, since a reference group of which nobody is accepted gives no ratio: b",
        last,
    ]


def test_where_nothing_could_be_compared_the_text_does_not_sound_like_a_pass():
    few = screened(replace(SCREENED, fairness=replace(RULES, min_rows=1000)))
    one = screened(replace(SCREENED, fairness=replace(RULES, min_rows=400)))
    nobody = screened(log_odds=np.full(len(Y), 5.0))
    assert [fairness_text(found).splitlines()[-2] for found in (few, one, nobody)] == [
        "nothing could be compared by sex: no group has enough rows",
        "nothing could be compared by sex: only one group has enough rows",
        "nothing could be compared by sex: nobody of the reference group is accepted",
    ]
    both = Protected((*PROTECTED.columns, Groups("age", ("old",), np.zeros(len(Y), np.int16))))
    assert [line[:57] for line in fairness_text(screened(protected=both)).splitlines()[-2:]] == [
        "accepted at less than 0.8 of the reference group's rate: ",
        "nothing could be compared by age: only one group has enou",
    ]


def test_a_group_of_any_text_does_not_steer_a_terminal():
    names = ("male\x1b[2K\rmale", "fe\nmale", "other")
    text = fairness_text(screened(protected=Protected((Groups("sex", names, CODES),))))
    assert [line[:13] for line in text.splitlines()[4:6]] == ["male\ufffd[2K male", "fe male      "]
    assert not {"\x1b", "\r"} & set(text)


def test_each_row_is_decided_by_its_own_costs_where_they_differ():
    costs = Costs(loss_given_default=1.0, exposure="owed", margin=10.0)
    portfolio = replace(SCREENED, costs=costs, cut_off=0.3)
    pd = np.array([0.1, 0.1, 0.25, 0.35])
    stakes = Stakes(margin=np.full(4, 10.0), loss=np.array([30.0, 190.0, np.nan, np.nan]))
    found = decide(np.log(pd / (1 - pd)), portfolio, stakes)
    assert (found.accepted.tolist(), found.cut_off) == ([True, False, True, False], None)
    assert found.rule == (
        "accepted where the expected cost of declining is the higher one, each row by its own amounts, and rows whose "
        "amounts are not known or not above 0 below a probability of default of 0.3"
    )
