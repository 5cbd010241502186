import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from credit.portfolio_file import builtin_names, load_portfolio
from credit.reasons import (
    LATEST_SENTENCES,
    BoolArray,
    FloatArray,
    Reason,
    ReasonError,
    ReasonRules,
    Sentences,
    adverse_amounts,
    excess_contributions,
    load_sentences,
    parse_sentences,
    principal_reasons,
)

GROUPS = ("a", "b", "c", "d", "e", "f")
SENTENCES = Sentences("7", {code: code.upper() for group in GROUPS for code in (group, group + "_missing")})
PRESENT = np.zeros((1, 6), dtype=bool)


def rules(groups: tuple[str, ...] = GROUPS, means: tuple[float, ...] | None = None) -> ReasonRules:
    names = tuple(f"x{index}" for index in range(len(groups)))
    return ReasonRules(names, groups, means or (0.0,) * len(groups), SENTENCES)


def test_at_most_four_adverse_reasons_greatest_first_ties_by_code() -> None:
    contributions = np.array([[0.5, 0.25, 0.75, 0.25, -2.0, 0.5]])
    (reasons,) = principal_reasons(contributions, PRESENT, rules())
    assert reasons == (
        Reason("c", "C", 0.75, ("x2",)),
        Reason("a", "A", 0.5, ("x0",)),
        Reason("f", "F", 0.5, ("x5",)),
        Reason("b", "B", 0.25, ("x1",)),
    )


def test_the_amount_is_measured_from_the_mean_of_the_reference() -> None:
    contributions = np.array([[0.5, 0.5, 0.0, 0.0, 0.0, 0.0]])
    (reasons,) = principal_reasons(contributions, PRESENT, rules(means=(0.25, 0.5, 0.0, 0.0, -0.125, 1.0)))
    assert [(reason.code, reason.amount) for reason in reasons] == [("a", 0.25), ("e", 0.125)]


def test_features_of_a_group_add_up_and_only_adverse_ones_stand_behind_it() -> None:
    grouped = rules(("a", "a", "a", "b", "b", "b"))
    (reasons,) = principal_reasons(np.array([[0.25, -0.25, 0.5, -1.0, 0.5, 0.25]]), PRESENT, grouped)
    assert reasons == (Reason("a", "A", 0.5, ("x2", "x0")),)


def test_a_customer_better_than_the_reference_everywhere_has_no_reason() -> None:
    assert principal_reasons(np.full((1, 6), -0.1), PRESENT, rules()) == ((),)


def test_missing_is_the_reason_where_it_carries_more_than_half_of_the_amount() -> None:
    grouped = rules(("a", "a", "b", "b", "c", "c"))
    missing = np.array([[True, False, True, False, True, False]])
    contributions = np.array([[0.5, 0.25, 0.25, 0.25, -0.5, 1.0]])
    (reasons,) = principal_reasons(contributions, missing, grouped)
    assert reasons == (
        Reason("a_missing", "A_MISSING", 0.75, ("x0", "x1")),
        Reason("b", "B", 0.5, ("x2", "x3")),
        Reason("c", "C", 0.5, ("x5",)),
    )


@given(arrays(np.float64, (5, 6), elements=st.floats(-5, 5)), arrays(np.bool_, (5, 6)))
def test_amounts_add_up_and_a_row_alone_has_the_reasons_that_it_has_in_a_batch(
    contributions: FloatArray, missing: BoolArray
) -> None:
    grouped = rules(("b", "a", "b", "c", "a", "d"), (0.1, -0.2, 0.3, 0.0, 0.5, -0.1))
    excess = excess_contributions(contributions, grouped)
    assert adverse_amounts(excess, grouped).sum(axis=1) == pytest.approx(excess.sum(axis=1), abs=1e-12)
    batch = principal_reasons(contributions, missing, grouped)
    assert batch == tuple(principal_reasons(contributions[[row]], missing[[row]], grouped)[0] for row in range(5))
    for reasons in batch:
        amounts = [reason.amount for reason in reasons]
        assert len(amounts) <= 4
        assert amounts == sorted(amounts, reverse=True)
        assert all(amount > 0 for amount in amounts)


@pytest.mark.parametrize("name", builtin_names())
def test_every_reason_group_of_a_built_in_portfolio_has_its_sentences(name: str) -> None:
    portfolio = load_portfolio(name)
    sentences = load_sentences().with_own(portfolio.own_sentences)
    sentences.check([feature.reason_group for feature in portfolio.features])


def test_every_version_of_the_catalogue_loads() -> None:
    for version in range(1, int(LATEST_SENTENCES) + 1):
        sentences = load_sentences(str(version))
        assert sentences.version == str(version)
        assert all(text.endswith(".") and text[0].isupper() for text in sentences.texts.values())


def test_wrong_input_is_named() -> None:
    with pytest.raises(ReasonError, match="no catalogue of sentences in version 99"):
        load_sentences("99")
    with pytest.raises(ReasonError, match="none for z, z_missing"):
        ReasonRules(("x",), ("z",), (0.0,), SENTENCES)
    with pytest.raises(ReasonError, match="2 features, 1 groups and 2 mean"):
        ReasonRules(("x", "y"), ("a",), (0.0, 0.0), SENTENCES)
    with pytest.raises(ReasonError, match=r"shape \(1, 5\) for 6 features"):
        principal_reasons(np.zeros((1, 5)), PRESENT, rules())
    with pytest.raises(ReasonError, match=r"missing of shape \(1, 5\)"):
        principal_reasons(np.zeros((1, 6)), PRESENT[:, :5], rules())
    with pytest.raises(ReasonError, match=r"\[a\] needs exactly adverse and missing"):
        parse_sentences('version = "1"\n[a]\nadverse = "A."\n')
    with pytest.raises(ReasonError, match="version must be given"):
        parse_sentences("")
