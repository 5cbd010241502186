"""A group's audits and snapshots, written in columns, are those that each would be alone."""

import json
import math
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from credit.database.audit_record import Audit, audit_of_record, audit_record
from credit.database.snapshots import Snapshot, snapshot_of_record, snapshot_record
from credit.database.written_audits import WrittenAudit
from credit.database.written_snapshots import WrittenSnapshot
from credit.ledger import LedgerError, canonical_bytes
from credit.reasons import Reason
from credit.scores import ScoredRows, score_of
from predictor.online_audits import written_audits, written_snapshots
from predictor.subject_features import Moment, SubjectRows

NAMES = ("b", "ä", "a")
N = 3
MOMENT = Moment("7:9:8", datetime(2026, 3, 1, 4, 5, 6, 7, tzinfo=UTC))
SUBJECTS = ("s-1", 's"2\t', "ü")
REQUESTS = ("r-1", 'r"2', "r\\3")
FINITE = st.floats(allow_nan=False, allow_infinity=False)
AMOUNTS = st.floats(0, 1e30, exclude_min=True)
REASONS = st.builds(Reason, st.just("income"), st.just('Low "income".'), AMOUNTS, st.sampled_from([("b",), ("ä", "a")]))


def identifiers(count: int) -> list[str]:
    return [str(UUID(int=number + 1)) for number in range(count)]


def scored_rows(numbers: np.ndarray, reasons: list[list[Reason]], missing: np.ndarray) -> ScoredRows:
    return ScoredRows(
        model_id="model_x_20260301_040506",
        engine="native",
        engine_version="1",
        feature_names=NAMES,
        margins=numbers[:, 0],
        default_probabilities=1 / (1 + np.abs(numbers[:, 1])),
        points=np.arange(N, dtype=np.int64) * 100,
        contributions=numbers[:, 3:],
        base_values=numbers[:, 2],
        missing=missing,
        reasons=tuple(map(tuple, reasons)),
        scale="log_odds_default",
    )


def subject_rows(values: np.ndarray) -> SubjectRows:
    reasons = tuple(
        {name: "not supplied" for name, gone in zip(NAMES, row, strict=True) if gone} for row in np.isnan(values)
    )
    return SubjectRows(values, reasons, np.array([False, True, False]))


@given(
    arrays(np.float64, (N, 6), elements=FINITE),
    arrays(np.float64, (N, 3), elements=st.floats(allow_infinity=False)),
    st.lists(st.lists(REASONS, max_size=4), min_size=N, max_size=N),
)
def test_a_group_is_written_as_each_of_its_rows_alone(numbers, values, reasons):
    rows, scored = subject_rows(values), scored_rows(numbers, reasons, np.isnan(values))
    snapshots = written_snapshots(NAMES, rows, SUBJECTS, portfolio="p", moment=MOMENT, new_ids=identifiers)
    audits = written_audits(
        scored, snapshots, at=MOMENT.as_of, request_ids=REQUESTS, role="champion", new_ids=identifiers
    )
    for row, (snapshot, audit) in enumerate(zip(snapshots, audits, strict=True)):
        alone = the_audit(row, scored, rows)
        assert audit.canonical == canonical_bytes(audit_record(alone))
        assert snapshot.canonical.encode() == canonical_bytes(snapshot_record(alone.snapshot))
        assert (audit.line, audit.sha256) == (WrittenAudit.of(alone).line, WrittenAudit.of(alone).sha256)
        assert snapshot.line == WrittenSnapshot.of(alone.snapshot).line
        # What the ledger hashes reads back as what was scored.
        read = json.loads(audit.canonical)
        assert (audit_of_record(read), snapshot_of_record(read["snapshot"])) == (alone, alone.snapshot)


@pytest.mark.parametrize("column", [0, 2, 3])
def test_a_number_that_is_not_finite_is_no_audit(column):
    numbers = np.ones((N, 6))
    numbers[1, column] = math.nan
    scored = scored_rows(numbers, [[], [], []], np.zeros((N, 3), dtype=bool))
    snapshots = written_snapshots(NAMES, subject_rows(np.ones((N, 3))), SUBJECTS, portfolio="p", moment=MOMENT)
    with pytest.raises(LedgerError, match="nan has no canonical form; a missing number is null"):
        written_audits(scored, snapshots, at=MOMENT.as_of, request_ids=REQUESTS, role="champion")


def the_audit(row: int, scored: ScoredRows, rows: SubjectRows) -> Audit:
    """The row's audit, made of objects one by one."""
    given_values = [None if math.isnan(value) else value + 0.0 for value in rows.values[row].tolist()]
    return Audit(
        audit_id=UUID(int=row + 1),
        scored_at=MOMENT.as_of,
        origin="online",
        role="champion",
        run_id=None,
        request_id=REQUESTS[row],
        score=score_of(scored, row, subject_id=SUBJECTS[row], as_of=MOMENT.as_of),
        snapshot=Snapshot(
            snapshot_id=UUID(int=row + 1),
            as_of=MOMENT.as_of,
            portfolio="p",
            subject_id=SUBJECTS[row],
            source="computed" if rows.computed[row] else "supplied",
            origin="online",
            pg_snapshot=MOMENT.pg_snapshot,
            run_id=None,
            features=dict(zip(NAMES, given_values, strict=True)),
            null_reasons=rows.null_reasons[row],
        ),
    )
