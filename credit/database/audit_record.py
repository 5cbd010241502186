"""An audit: one score with all that proves it, and the record of it that the ledger hashes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid5

from credit.database.snapshots import BATCH_NAMESPACE, Record, Snapshot, snapshot_of_record, snapshot_record
from credit.reasons import Reason
from credit.scores import Score

Origin = Literal["batch", "online", "shadow"]
ScoreRole = Literal["champion", "challenger"]


@dataclass(frozen=True, slots=True)
class Audit:
    """One score with all that proves it."""

    audit_id: UUID
    scored_at: datetime
    origin: Origin
    role: ScoreRole
    run_id: UUID | None
    request_id: str | None
    score: Score
    snapshot: Snapshot


def batch_audit_id(portfolio: str, subject_id: str, as_of: datetime, model_id: str, role: ScoreRole) -> UUID:
    """The identifier of a batch score, from its key: the same for every retry."""
    return uuid5(
        BATCH_NAMESPACE, f"audit\n{portfolio}\n{subject_id}\n{as_of.astimezone(UTC).isoformat()}\n{model_id}\n{role}"
    )


def audit_record(audit: Audit) -> Record:
    """What the ledger hashes of an audit: the score and the features that it was computed from.

    Position, sequence and writer are not in it: the batch's tree holds them.
    """
    score = audit.score
    return {
        "audit_id": str(audit.audit_id),
        "as_of": score.as_of,
        "scored_at": audit.scored_at,
        "subject_id": score.subject_id,
        "origin": audit.origin,
        "role": audit.role,
        "run_id": None if audit.run_id is None else str(audit.run_id),
        "request_id": audit.request_id,
        "model_id": score.model_id,
        "engine": score.engine,
        "engine_version": score.engine_version,
        "margin": score.margin,
        "default_probability": score.default_probability,
        "points": score.points,
        "base_value": score.base_value,
        "contributions": score.contributions,
        "scale": score.scale,
        "missing": score.missing,
        "reasons": [_reason_record(reason) for reason in score.reasons],
        "snapshot": snapshot_record(audit.snapshot),
    }


def audit_of_record(record: Mapping[str, Any]) -> Audit:
    """The audit of a record that was read back from its canonical bytes as JSON."""
    run_id = record["run_id"]
    return Audit(
        audit_id=UUID(record["audit_id"]),
        scored_at=datetime.fromisoformat(record["scored_at"]),
        origin=record["origin"],
        role=record["role"],
        run_id=None if run_id is None else UUID(run_id),
        request_id=record["request_id"],
        score=_score_of_record(record),
        snapshot=snapshot_of_record(record["snapshot"]),
    )


def _score_of_record(record: Mapping[str, Any]) -> Score:
    return Score(
        subject_id=record["subject_id"],
        as_of=datetime.fromisoformat(record["as_of"]),
        model_id=record["model_id"],
        engine=record["engine"],
        engine_version=record["engine_version"],
        margin=record["margin"],
        default_probability=record["default_probability"],
        points=record["points"],
        base_value=record["base_value"],
        contributions=record["contributions"],
        scale=record["scale"],
        reasons=tuple(Reason(**{**reason, "features": tuple(reason["features"])}) for reason in record["reasons"]),
        missing=tuple(record["missing"]),
    )


def _reason_record(reason: Reason) -> Record:
    return {
        "code": reason.code,
        "sentence": reason.sentence,
        "amount": reason.amount,
        "features": list(reason.features),
    }
