"""Audits of online scores, written as text from what was scored; nothing is stored here."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import compress

from credit.canonical_text import named_rows, numbers_list
from credit.database.audits import ScoreRole
from credit.database.written_audits import AuditFrame, AuditMarks, ScoreTexts, WrittenAudit, audit_frame
from credit.database.written_snapshots import SnapshotFrame, SnapshotMarks, WrittenSnapshot, snapshot_frame
from credit.random_ids import random_ids
from credit.scores import ScoredRows
from predictor.subject_features import Moment, SubjectRows

NewIds = Callable[[int], Sequence[str]]
"""Makes so many identifiers, UUIDs as text."""


def written_snapshots(
    feature_names: tuple[str, ...],
    rows: SubjectRows,
    subject_ids: Sequence[str],
    *,
    portfolio: str,
    moment: Moment,
    new_ids: NewIds = random_ids,
) -> list[WrittenSnapshot]:
    """One snapshot a row, of its features; subjects are those of the rows."""
    features = named_rows(feature_names, rows.values, may_be_unknown=True)
    computed, supplied = _frames(portfolio, moment)
    return [
        WrittenSnapshot(
            computed if by_us else supplied,
            snapshot_id=snapshot_id,
            subject_id=subject_id,
            features=values,
            null_reasons=because,
        )
        for snapshot_id, subject_id, values, because, by_us in zip(
            new_ids(len(subject_ids)),
            subject_ids,
            features,
            rows.null_reasons,
            rows.computed.tolist(),
            strict=True,
        )
    ]


def written_audits(
    scored: ScoredRows,
    snapshots: Sequence[WrittenSnapshot],
    *,
    at: datetime,
    request_ids: Sequence[str],
    role: ScoreRole,
    new_ids: NewIds = random_ids,
) -> tuple[WrittenAudit, ...]:
    """One audit a row, scored as of and at one time; snapshots, of one portfolio, and requests are those of the rows.

    Raises:
        LedgerError: where a number is not finite.
    """
    frame, names = _frame(scored, snapshots[0].marks.portfolio, at, role), scored.feature_names
    numbers = (scored.margins, scored.default_probabilities, scored.base_values)
    columns = zip(
        new_ids(len(snapshots)),
        request_ids,
        zip(*[numbers_list(column.tolist()) for column in numbers], strict=True),
        scored.default_probabilities.tolist(),
        scored.points.tolist(),
        named_rows(names, scored.contributions),
        scored.reasons,
        scored.missing.tolist(),
        snapshots,
        strict=True,
    )
    return tuple(
        [
            WrittenAudit(
                frame,
                audit_id=audit_id,
                request_id=request_id,
                default_probability=probability,
                texts=ScoreTexts(*texts),
                points=points,
                contributions=contributions,
                reasons=reasons,
                missing=tuple(compress(names, missing)),
                snapshot=snapshot,
            )
            for audit_id, request_id, texts, probability, points, contributions, reasons, missing, snapshot in columns
        ]
    )


def _frame(scored: ScoredRows, portfolio: str, at: datetime, role: ScoreRole) -> AuditFrame:
    marks = AuditMarks(
        *(at, at, portfolio, "online", role, None),
        *(scored.model_id, scored.engine, scored.engine_version, scored.scale),
    )
    return audit_frame(marks)


def _frames(portfolio: str, moment: Moment) -> tuple[SnapshotFrame, SnapshotFrame]:
    """Of computed features, and of supplied ones."""
    computed = SnapshotMarks(moment.as_of, portfolio, "computed", "online", moment.pg_snapshot, None)
    return snapshot_frame(computed), snapshot_frame(computed._replace(source="supplied"))
