"""Writing scores: snapshots of features, audits, the ledger's batch and the latest scores, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID, uuid5

from sqlalchemy import Connection, Function, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from credit.database.schema import AUDIT_BATCHES, LATEST_SCORES, RISK_SCORE_AUDITS
from credit.database.snapshots import (
    BATCH_NAMESPACE,
    Record,
    Snapshot,
    insert_snapshots,
    snapshot_record,
    stored_keys,
)
from credit.ledger import EMPTY_CHAIN, AuditBatch, ChainHead, next_batch, record_hash
from credit.reasons import Reason
from credit.scores import Score

Origin = Literal["batch", "online", "shadow"]
ScoreRole = Literal["champion", "challenger"]

__all__ = [
    "Appended",
    "Audit",
    "Origin",
    "ScoreRole",
    "Snapshot",
    "append",
    "audit_record",
    "batch_audit_id",
    "chain_head",
]


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


@dataclass(frozen=True, slots=True)
class Appended:
    """What one `append` wrote."""

    audits: tuple[Audit, ...]
    """In order of their position in the batch; those that were stored already are left out."""
    batch: AuditBatch | None
    """None where all were stored already."""


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


def append(connection: Connection, *, writer: str, audits: Sequence[Audit]) -> Appended:
    """Write audits with their snapshots as the writer's next batch, in the caller's transaction.

    Audits whose identifier is stored already are left out, so that a retry writes nothing twice; one writer's
    transactions wait for each other, because each batch's root commits to the root before it. Champions' scores
    from computed features that are no shadows move `latest_scores` forward in as_of, never back.

    Raises:
        SnapshotError: where a snapshot is stored already, with other content.
    """
    connection.execute(select(func.pg_advisory_xact_lock(_lock_key(writer))))
    fresh = _not_stored(connection, audits)
    if not fresh:
        return Appended((), None)
    insert_snapshots(connection, [audit.snapshot for audit in fresh])
    hashes = [record_hash(audit_record(audit)) for audit in fresh]
    batch = next_batch(writer, chain_head(connection, writer), hashes)
    rows = [
        _audit_row(audit, batch, position, digest)
        for position, (audit, digest) in enumerate(zip(fresh, hashes, strict=True))
    ]
    connection.execute(insert(RISK_SCORE_AUDITS), rows)
    connection.execute(insert(AUDIT_BATCHES).values(**_batch_row(batch), committed_at=func.clock_timestamp()))
    _move_latest(connection, fresh)
    return Appended(tuple(fresh), batch)


def chain_head(connection: Connection, writer: str) -> ChainHead:
    """Where the writer's chain of batches ends."""
    batches = AUDIT_BATCHES.c
    last = (
        select(batches.sequence, batches.merkle_root)
        .where(batches.writer == writer)
        .order_by(batches.sequence.desc())
        .limit(1)
    )
    row = connection.execute(last).one_or_none()
    return EMPTY_CHAIN if row is None else ChainHead(row.sequence, bytes(row.merkle_root))


def _not_stored(connection: Connection, audits: Sequence[Audit]) -> list[Audit]:
    keys = [(audit.score.as_of, audit.audit_id) for audit in audits]
    known = stored_keys(connection, RISK_SCORE_AUDITS.c.as_of, RISK_SCORE_AUDITS.c.audit_id, keys)
    return [audit for audit in audits if audit.audit_id not in known]


def _move_latest(connection: Connection, audits: Sequence[Audit]) -> None:
    # In order of subject, so that two writers cannot wait for each other in a circle; one row a subject.
    # Features that a client supplied may be a question of the kind "what if": they are audited, and say nothing of
    # where the subject stands.
    spoken = [
        audit
        for audit in audits
        if audit.role == "champion" and audit.origin != "shadow" and audit.snapshot.source == "computed"
    ]
    last = {audit.score.subject_id: audit for audit in sorted(spoken, key=lambda audit: audit.score.as_of)}
    if not last:
        return
    # One statement of many rows: the driver would send an upsert of many parameter sets one by one.
    statement = upsert(LATEST_SCORES).values([_latest_row(last[subject]) for subject in sorted(last)])
    new = statement.excluded
    columns = ("as_of", "audit_id", "model_id", "default_probability", "points")
    forward = statement.on_conflict_do_update(
        index_elements=[LATEST_SCORES.c.portfolio, LATEST_SCORES.c.subject_id],
        set_={name: new[name] for name in columns},
        where=LATEST_SCORES.c.as_of <= new.as_of,
    )
    connection.execute(forward)


def _lock_key(writer: str) -> Function[int]:
    return func.hashtextextended(f"blink.audits:{writer}", 0)


def _reason_record(reason: Reason) -> Record:
    return {
        "code": reason.code,
        "sentence": reason.sentence,
        "amount": reason.amount,
        "features": list(reason.features),
    }


def _audit_row(audit: Audit, batch: AuditBatch, position: int, digest: bytes) -> dict[str, object]:
    record = audit_record(audit)
    del record["snapshot"]
    return {
        **record,
        "audit_id": audit.audit_id,
        "run_id": audit.run_id,
        "portfolio": audit.snapshot.portfolio,
        "snapshot_id": audit.snapshot.snapshot_id,
        "missing": list(audit.score.missing),
        "writer": batch.writer,
        "batch_sequence": batch.sequence,
        "batch_position": position,
        "sha256": digest,
    }


def _batch_row(batch: AuditBatch) -> dict[str, object]:
    return {
        "writer": batch.writer,
        "sequence": batch.sequence,
        "count": batch.count,
        "merkle_root": batch.merkle_root,
        "previous_root": batch.previous_root,
    }


def _latest_row(audit: Audit) -> dict[str, object]:
    return {
        "portfolio": audit.snapshot.portfolio,
        "subject_id": audit.score.subject_id,
        "as_of": audit.score.as_of,
        "audit_id": audit.audit_id,
        "model_id": audit.score.model_id,
        "default_probability": audit.score.default_probability,
        "points": audit.score.points,
    }
