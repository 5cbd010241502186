from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.portfolios import Gate
from credit.promotion import (
    Answer,
    Bound,
    Circumstances,
    Decision,
    DeployWish,
    PairedEvidence,
    PromotionError,
    answer_wish,
)

OPEN = Circumstances(Gate(), frozen=False, promote_automatically=True)
GOOD = PairedEvidence(1000, 60, auc=Bound(0.01, -0.005, 0.02), log_loss=Bound(0.002, -0.001, 0.004))
WISH = DeployWish("new", "old", evidence=GOOD)


def test_the_first_model_becomes_champion() -> None:
    assert answer_wish(DeployWish("new", None), OPEN) == Decision(Answer.CHAMPION, "there is no champion yet")


def test_a_model_that_is_no_worse_becomes_champion_with_both_figures() -> None:
    assert answer_wish(WISH, OPEN) == Decision(
        Answer.CHAMPION,
        "no worse than old on 1000 rows with 60 bads: AUC new - old +0.0100 [-0.0050, +0.0200], "
        "log loss old - new +0.0020 [-0.0010, +0.0040]",
    )


@pytest.mark.parametrize("bad", [-0.01, -0.2, float("nan")])
@pytest.mark.parametrize("figure", ["auc", "log_loss"])
def test_a_lower_bound_not_above_its_margin_is_refused_with_both_figures(figure: str, bad: float) -> None:
    evidence = replace(GOOD, **{figure: Bound(0.1, bad, 0.3)})
    decision = answer_wish(replace(WISH, evidence=evidence), OPEN)
    assert decision.answer is Answer.REFUSED
    assert "AUC new - old is" in decision.reason
    assert "log loss old - new is" in decision.reason


@pytest.mark.parametrize(("rows", "bads"), [(1000, 19), (79, 60)])
def test_bounds_of_too_few_bads_or_goods_prove_nothing_and_are_refused_with_both_figures(rows: int, bads: int) -> None:
    decision = answer_wish(replace(WISH, evidence=replace(GOOD, rows=rows, bads=bads)), OPEN)
    assert decision == Decision(
        Answer.REFUSED,
        f"inconclusive against old, 20 bads and 20 goods are needed: on {rows} rows with {bads} bads AUC new - old is "
        "+0.0100 [-0.0050, +0.0200] and must stay above -0.0100; log loss old - new is +0.0020 [-0.0010, +0.0040] and "
        "must stay above -0.0100 (95 % intervals)",
    )


def test_no_evidence_is_refused() -> None:
    wish = DeployWish("new", "old", no_evidence_because="old was fitted on every row")
    expected = Decision(Answer.REFUSED, "inconclusive against old: old was fitted on every row")
    assert answer_wish(wish, OPEN) == expected


def test_force_skips_the_gate_and_is_an_override() -> None:
    decision = answer_wish(DeployWish("new", "old", force_reason=" broken feed "), OPEN)
    assert decision == Decision(Answer.CHAMPION, "forced: broken feed", overridden=True)


def test_force_obeys_a_freeze() -> None:
    decision = answer_wish(replace(WISH, force_reason="please"), replace(OPEN, frozen=True))
    assert decision == Decision(Answer.REFUSED, "deployments of this portfolio are frozen")


def test_force_needs_a_reason() -> None:
    with pytest.raises(PromotionError, match="--reason"):
        answer_wish(replace(WISH, force_reason=" "), OPEN)


def test_with_automatic_promotion_off_a_good_model_waits_for_a_person() -> None:
    decision = answer_wish(WISH, replace(OPEN, promote_automatically=False))
    assert decision.answer is Answer.AWAITING_APPROVAL
    assert "PROMOTE_TO_PROD=false" in decision.reason


BOUNDS = st.builds(Bound, st.floats(-0.1, 0.1), st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))


@settings(deadline=None)  # the other core may be busy
@given(BOUNDS, BOUNDS, st.floats(0, 0.1))
def test_better_evidence_never_loses_a_promotion(auc: Bound, log_loss: Bound, gain: float) -> None:
    evidence = PairedEvidence(500, 40, auc, log_loss)
    better = replace(evidence, auc=replace(auc, lower=auc.lower + gain))
    before, after = (answer_wish(replace(WISH, evidence=e), OPEN).answer for e in (evidence, better))
    assert before is not Answer.CHAMPION or after is Answer.CHAMPION
