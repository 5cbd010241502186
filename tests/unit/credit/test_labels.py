from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from credit.labels import AdvanceVersion, Censored, Label, RepaymentVersion, label_advance
from credit.portfolios import LabelRule

RULE = LabelRule(days_late=30, material_amount=5.0, settlement_lag_days=5)
REQUESTED = datetime(2024, 1, 1, tzinfo=UTC)
DUE = datetime(2024, 1, 15, tzinfo=UTC)
DEADLINE = DUE + timedelta(days=30)
MATURED = DUE + timedelta(days=35)
LATER = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ADVANCE = AdvanceVersion(1, REQUESTED, REQUESTED, DUE, 105_00)


def repaid(
    amount_minor: int,
    paid_at: datetime,
    *,
    name: str = "r1",
    version: int = 1,
    lag: timedelta = HOUR,
    voided: bool = False,
) -> RepaymentVersion:
    return RepaymentVersion(name, version, paid_at + lag, paid_at, amount_minor, voided)


def label(
    advance: Sequence[AdvanceVersion] = (ADVANCE,),
    repayments: Sequence[RepaymentVersion] = (),
    *,
    rule: LabelRule = RULE,
    material_minor: int | None = 500,
    as_of: datetime = LATER,
) -> Label:
    found = label_advance(advance, repayments, rule=rule, material_minor=material_minor, as_of=as_of)
    assert found is not None
    return found


def good(known_at: datetime = MATURED) -> Label:
    return Label(REQUESTED, 0, known_at, None)


def bad(known_at: datetime = MATURED) -> Label:
    return Label(REQUESTED, 1, known_at, None)


def censored(reason: Censored = Censored.NOT_MATURED) -> Label:
    return Label(REQUESTED, None, None, reason)


def test_an_advance_repaid_in_time_is_good() -> None:
    assert label(repayments=[repaid(105_00, DUE)]) == good()


def test_an_unpaid_advance_is_bad() -> None:
    assert label() == bad()


def test_a_fresh_advance_has_no_label_even_if_it_is_repaid() -> None:
    assert label(repayments=[repaid(105_00, DUE)], as_of=MATURED - HOUR) == censored()


def test_a_label_is_known_at_maturity() -> None:
    assert label(as_of=MATURED) == bad()


def test_less_than_the_material_amount_unpaid_is_good() -> None:
    assert label(repayments=[repaid(100_01, DUE)]) == good()


def test_exactly_the_material_amount_unpaid_is_bad() -> None:
    assert label(repayments=[repaid(100_00, DUE)]) == bad()


def test_a_repayment_thirty_days_late_does_not_cure() -> None:
    assert label(repayments=[repaid(105_00, DEADLINE)]) == bad()


def test_a_repayment_just_before_the_thirtieth_day_counts() -> None:
    assert label(repayments=[repaid(105_00, DEADLINE - timedelta(microseconds=1))]) == good()


def test_an_extension_recorded_as_a_later_due_date_does_not_cure() -> None:
    extended = replace(ADVANCE, version=2, ingested_at=DUE, due_at=DUE + timedelta(days=60))
    paid = repaid(105_00, DUE + timedelta(days=50))
    assert label([ADVANCE, extended], [paid]) == bad()


def test_a_write_off_is_bad_even_where_little_was_unpaid() -> None:
    written_off = replace(ADVANCE, version=2, written_off_at=LATER, ingested_at=LATER)
    paid = [repaid(104_00, DUE)]
    assert label([ADVANCE, written_off], paid, as_of=LATER) == bad(LATER)
    assert label([ADVANCE, written_off], paid, as_of=LATER - HOUR) == good()


def test_a_later_write_off_does_not_move_when_a_late_advance_was_known_to_be_bad() -> None:
    written_off = replace(ADVANCE, version=2, written_off_at=LATER, ingested_at=LATER)
    assert label([ADVANCE, written_off]) == bad(MATURED)


def test_a_write_off_waits_for_maturity_unless_bads_are_known_early() -> None:
    written_off = replace(ADVANCE, written_off_at=DUE, ingested_at=DUE)
    early = replace(RULE, bads_known_early=True)
    assert label([written_off], as_of=DUE + HOUR) == censored()
    assert label([written_off], as_of=DUE + HOUR, rule=early) == bad(DUE)
    assert label([written_off]) == bad(MATURED)


def test_a_write_off_dated_in_the_future_of_as_of_is_not_seen() -> None:
    written_off = replace(ADVANCE, written_off_at=LATER)
    early = replace(RULE, bads_known_early=True)
    assert label([written_off], as_of=DUE, rule=early) == censored()


def test_a_voided_advance_and_one_not_yet_ingested_are_no_rows() -> None:
    voided = replace(ADVANCE, version=2, voided=True)
    for advance, as_of in (([ADVANCE, voided], LATER), ([ADVANCE], REQUESTED - HOUR)):
        assert label_advance(advance, [], rule=RULE, material_minor=500, as_of=as_of) is None


def test_a_repayment_taken_back_later_makes_a_good_advance_bad_from_then() -> None:
    paid, back = repaid(105_00, DUE), repaid(105_00, DUE, version=2, voided=True, lag=timedelta(days=100))
    assert label(repayments=[paid, back]) == bad(DUE + timedelta(days=100))
    assert label(repayments=[paid, back], as_of=MATURED) == good()


def test_a_repayment_that_arrives_after_maturity_is_known_from_then() -> None:
    paid = repaid(105_00, DUE, lag=timedelta(days=40))
    assert label(repayments=[paid]) == good(DUE + timedelta(days=40))
    assert label(repayments=[paid], as_of=MATURED) == bad()


def test_without_a_rate_only_the_fully_repaid_and_the_written_off_have_a_label() -> None:
    assert label(material_minor=None) == censored(Censored.NO_RATE)
    assert label(repayments=[repaid(105_00, DUE)], material_minor=None) == good()
    assert label([replace(ADVANCE, written_off_at=DUE)], material_minor=None) == bad()


RULES = st.sampled_from([RULE, replace(RULE, bads_known_early=True)])
HOURS = st.integers(0, 24 * 120).map(lambda hours: REQUESTED + hours * HOUR)
REPAYMENTS = st.lists(
    st.builds(repaid, st.integers(1, 120_00), HOURS, name=st.sampled_from("abcde")),
    max_size=6,
    unique_by=lambda row: row.repayment_id,
)


@settings(deadline=None)  # the other core may be busy
@given(REPAYMENTS, HOURS, HOURS)
def test_more_repayment_never_turns_good_into_bad(
    repayments: list[RepaymentVersion], extra_at: datetime, as_of: datetime
) -> None:
    before = label(repayments=repayments, as_of=as_of)
    after = label(repayments=[*repayments, repaid(50_00, extra_at, name="extra")], as_of=as_of)
    assert before.y is after.y is None or (after.y, before.y) != (1, 0)


@settings(deadline=None)  # the other core may be busy
@given(REPAYMENTS, st.none() | HOURS, RULES, HOURS, HOURS)
def test_a_later_look_never_forgets_a_label(
    repayments: list[RepaymentVersion],
    written_off_at: datetime | None,
    rule: LabelRule,
    one: datetime,
    other: datetime,
) -> None:
    advance = [ADVANCE, replace(ADVANCE, version=2, written_off_at=written_off_at)]
    earlier, later = (label(advance, repayments, rule=rule, as_of=at) for at in sorted((one, other)))
    assert earlier.y is None or later.y is not None


@settings(deadline=None)  # the other core may be busy
@given(REPAYMENTS, st.none() | HOURS, RULES, HOURS)
def test_a_label_was_the_same_ever_since_it_was_known(
    repayments: list[RepaymentVersion], written_off_at: datetime | None, rule: LabelRule, as_of: datetime
) -> None:
    advance = [ADVANCE, replace(ADVANCE, version=2, written_off_at=written_off_at)]
    now = label(advance, repayments, rule=rule, as_of=as_of)
    if now.known_at is not None:
        assert now.known_at <= as_of
        assert label(advance, repayments, rule=rule, as_of=now.known_at).y == now.y


@settings(deadline=None)  # the other core may be busy
@given(REPAYMENTS, HOURS, HOURS)
def test_what_is_ingested_after_as_of_changes_nothing(
    repayments: list[RepaymentVersion], as_of: datetime, paid_at: datetime
) -> None:
    late = repaid(105_00, paid_at, name="late", lag=as_of - paid_at + HOUR)
    assert label(repayments=[*repayments, late], as_of=as_of) == label(repayments=repayments, as_of=as_of)
