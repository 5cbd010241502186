"""Audits of online scores, built from what was scored; nothing is written here."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

import numpy as np

from credit.database.audits import Audit, ScoreRole, Snapshot
from credit.scores import ScoredRows, score_of
from predictor.feature_values import Floats
from predictor.subject_features import Moment, SubjectRows


def snapshots_of(
    feature_names: Sequence[str],
    rows: SubjectRows,
    subject_ids: Sequence[str],
    *,
    portfolio: str,
    moment: Moment,
    new_id: Callable[[], UUID] = uuid4,
) -> tuple[Snapshot, ...]:
    """One snapshot a row, of its features; subjects are those of the rows."""
    features = _features(feature_names, rows.values)
    return tuple(
        Snapshot(
            snapshot_id=new_id(),
            as_of=moment.as_of,
            portfolio=portfolio,
            subject_id=subject_id,
            source="computed" if rows.computed[row] else "supplied",
            origin="online",
            pg_snapshot=moment.pg_snapshot,
            run_id=None,
            features=features[row],
            null_reasons=rows.null_reasons[row],
        )
        for row, subject_id in enumerate(subject_ids)
    )


def audits_of(
    scored: ScoredRows,
    snapshots: Sequence[Snapshot],
    *,
    scored_at: datetime,
    request_ids: Sequence[str],
    role: ScoreRole,
    new_id: Callable[[], UUID] = uuid4,
) -> tuple[Audit, ...]:
    """One audit a row; snapshots and requests are those of the rows."""
    return tuple(
        Audit(
            audit_id=new_id(),
            scored_at=scored_at,
            origin="online",
            role=role,
            run_id=None,
            request_id=request_ids[row],
            score=score_of(scored, row, subject_id=snapshot.subject_id, as_of=snapshot.as_of),
            snapshot=snapshot,
        )
        for row, snapshot in enumerate(snapshots)
    )


def _features(names: Sequence[str], values: Floats) -> Sequence[Mapping[str, float | None]]:
    # Adding 0.0 turns -0.0 into 0.0: JSON in the database does not keep the sign of a zero.
    plain = (values + 0.0).astype(object)
    plain[np.isnan(values)] = None
    return [dict(zip(names, row, strict=True)) for row in plain.tolist()]
