"""The outcome of an advance: bad, good, or not yet known.

This is the pure rule. `credit/database/labels.sql` is the same rule for millions of advances; a test on a
real server holds the two equal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol, TypeVar

from credit.portfolios import LabelRule

Outcome = Literal[0, 1]
"""1 where the advance defaulted, 0 where it was repaid."""


class Censored(StrEnum):
    """Why an advance has no label."""

    NOT_MATURED = "not_matured"
    """The time at which a label is known has not come."""
    NO_RATE = "no_exchange_rate"
    """The unpaid amount cannot be compared with the material amount: no rate of its currency was known."""


@dataclass(frozen=True, slots=True)
class AdvanceVersion:
    """One row of an advance as the lender reported it; a correction is a later version.

    `owed_minor` is principal plus fee in minor units of the advance's currency. Times are in UTC.
    """

    version: int
    ingested_at: datetime
    requested_at: datetime
    due_at: datetime
    owed_minor: int
    written_off_at: datetime | None = None
    voided: bool = False


@dataclass(frozen=True, slots=True)
class RepaymentVersion:
    """One row of a repayment as the lender reported it; `amount_minor` in the advance's currency."""

    repayment_id: str
    version: int
    ingested_at: datetime
    paid_at: datetime
    amount_minor: int
    voided: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of one advance's outcome.

    `known_at` is the time from which this label was known; None exactly where `y` is None, and then
    `censored` says why.
    """

    requested_at: datetime
    y: Outcome | None
    known_at: datetime | None
    censored: Censored | None


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...
    @property
    def ingested_at(self) -> datetime: ...


Row = TypeVar("Row", bound=_Versioned)


class _Terms(NamedTuple):
    """The contract that the label is measured against, and when it was known."""

    requested_at: datetime
    first_due_at: datetime
    owed_minor: int
    known_at: datetime
    written_off_known_at: datetime | None


def label_advance(
    advance: Sequence[AdvanceVersion],
    repayments: Sequence[RepaymentVersion],
    *,
    rule: LabelRule,
    material_minor: Decimal | int | None,
    as_of: datetime,
) -> Label | None:
    """The label of one advance as it was known at `as_of`; None where no such advance was known then.

    Bad (y = 1) is an advance of which, `days_late` after its first due date, at least the material amount
    was unpaid, or which was ever written off. The first due date is the earliest that any version states: an
    extension does not cure, however it was recorded. What is paid later cannot make the unpaid part at that
    time smaller, so that one moment decides "ever 30 days late". A label is unknown until `maturity_days`
    after that due date, except that `bads_known_early` lets a write-off count at once.

    `material_minor` is the rule's material amount in minor units of the advance's currency, or None where no
    rate was known; then only a fully repaid or a written-off advance has a label.
    """
    terms = _terms([row for row in advance if row.ingested_at <= as_of], as_of)
    if terms is None:
        return None
    counted = _counted([row for row in repayments if row.ingested_at <= as_of], terms, rule)
    unpaid = terms.owed_minor - sum(row.amount_minor for row in counted)
    matured_at = terms.first_due_at + timedelta(days=rule.maturity_days)
    late = _is_material(unpaid, material_minor)
    known_at = _bad_known_at(terms, repayments, matured_at, rule=rule, late=bool(late), as_of=as_of)
    if known_at is not None and known_at <= as_of:
        return Label(terms.requested_at, 1, known_at, None)
    if matured_at > as_of:
        return Label(terms.requested_at, None, None, Censored.NOT_MATURED)
    if late is None:
        return Label(terms.requested_at, None, None, Censored.NO_RATE)
    good_known_at = max([matured_at, terms.known_at, *(row.ingested_at for row in counted)])
    return Label(terms.requested_at, 0, good_known_at, None)


def _terms(visible: Sequence[AdvanceVersion], as_of: datetime) -> _Terms | None:
    if not visible:
        return None
    last = max(visible, key=lambda row: row.version)
    if last.voided:
        return None
    stated = [row for row in visible if not row.voided]
    first_due_at = min(row.due_at for row in stated)
    written_off_at = last.written_off_at if last.written_off_at and last.written_off_at <= as_of else None
    return _Terms(
        requested_at=last.requested_at,
        first_due_at=first_due_at,
        owed_minor=last.owed_minor,
        known_at=max(
            _first_ingested(row for row in stated if row.due_at == first_due_at),
            _first_ingested(row for row in stated if row.owed_minor == last.owed_minor),
        ),
        written_off_known_at=written_off_at
        and max(written_off_at, _first_ingested(row for row in stated if row.written_off_at is not None)),
    )


def _first_ingested(rows: Iterable[AdvanceVersion]) -> datetime:
    return min(row.ingested_at for row in rows)


def _last_versions(visible: Iterable[RepaymentVersion]) -> list[RepaymentVersion]:
    last: dict[str, RepaymentVersion] = {}
    for row in sorted(visible, key=lambda row: row.version):
        last[row.repayment_id] = row
    return list(last.values())


def _counted(visible: Iterable[RepaymentVersion], terms: _Terms, rule: LabelRule) -> list[RepaymentVersion]:
    deadline = terms.first_due_at + timedelta(days=rule.days_late)
    return [row for row in _last_versions(visible) if not row.voided and row.paid_at < deadline]


def _is_material(unpaid: int, material_minor: Decimal | int | None) -> bool | None:
    if unpaid <= 0:
        return False
    return None if material_minor is None else unpaid >= material_minor


def _bad_known_at(
    terms: _Terms,
    repayments: Iterable[RepaymentVersion],
    matured_at: datetime,
    *,
    rule: LabelRule,
    late: bool,
    as_of: datetime,
) -> datetime | None:
    """When the advance was known to be bad: the earlier of late by maturity and written off."""
    known = []
    if late:
        # Arriving repayments only make an advance better, so a late one was known as such at maturity;
        # only a repayment that was taken back or corrected can have made it late afterwards.
        corrected = [r.ingested_at for r in repayments if r.version > 1 and r.ingested_at <= as_of]
        known.append(max([matured_at, terms.known_at, *corrected]))
    if terms.written_off_known_at is not None:
        early = rule.bads_known_early
        known.append(terms.written_off_known_at if early else max(matured_at, terms.written_off_known_at))
    return min(known, default=None)
