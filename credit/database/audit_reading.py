"""Reading audits back as they were appended, and proving a batch of them against the ledger."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, func, select, union

from credit.database.audits import Audit, audit_record
from credit.database.schema import AUDIT_BATCHES, FEATURE_STORE_SNAPSHOTS, RISK_SCORE_AUDITS
from credit.database.snapshots import SNAPSHOT_COLUMNS, snapshot_of
from credit.ledger import EMPTY_CHAIN, AuditBatch, ChainHead, LedgerError, record_hash, verify_batch
from credit.reasons import Reason
from credit.scores import Score

_AUDITS, _SNAPSHOTS, _BATCHES = RISK_SCORE_AUDITS.c, FEATURE_STORE_SNAPSHOTS.c, AUDIT_BATCHES.c


def audits_of_batch(connection: Connection, writer: str, sequence: int) -> tuple[Audit, ...]:
    """The audits of one batch, in order of their position."""
    batch = _audits().where(_AUDITS.writer == writer, _AUDITS.batch_sequence == sequence)
    rows = connection.execute(batch.order_by(_AUDITS.batch_position)).mappings()
    return tuple(_audit(row) for row in rows)


def latest_audit(connection: Connection, portfolio: str, subject_id: str) -> Audit | None:
    """A subject's audit with the latest as_of; None where there is none."""
    found = (
        _audits()
        .where(_AUDITS.portfolio == portfolio, _AUDITS.subject_id == subject_id)
        .order_by(_AUDITS.as_of.desc(), _AUDITS.scored_at.desc())
        .limit(1)
    )
    row = connection.execute(found).mappings().one_or_none()
    return None if row is None else _audit(row)


def ledger_writers(connection: Connection) -> tuple[str, ...]:
    """Whoever has a batch, or an audit that says it is in one, in order."""
    return tuple(connection.scalars(union(select(_BATCHES.writer), select(_AUDITS.writer)).order_by("writer")))


def verify_writer(connection: Connection, writer: str) -> ChainHead:
    """The head of a writer's chain, after recomputing every hash and every root from the stored rows.

    Raises:
        LedgerError: naming the first batch or audit that differs from what was committed.
    """
    head = EMPTY_CHAIN
    batches = select(AUDIT_BATCHES).where(_BATCHES.writer == writer).order_by(_BATCHES.sequence)
    for row in connection.execute(batches).mappings().all():
        previous = None if row["previous_root"] is None else bytes(row["previous_root"])
        batch = AuditBatch(writer, row["sequence"], row["count"], bytes(row["merkle_root"]), previous)
        head = verify_batch(batch, head, _recomputed_hashes(connection, batch))
    _check_none_behind(connection, writer, head)
    return head


def _check_none_behind(connection: Connection, writer: str, head: ChainHead) -> None:
    # Batches cut off the end of a chain leave their audits behind, unless those were removed too.
    last = connection.scalar(select(func.max(_AUDITS.batch_sequence)).where(_AUDITS.writer == writer))
    if last is not None and last > head.sequence:
        end = f"ends with batch {head.sequence}" if head.sequence else "is empty"
        raise LedgerError(
            f"writer {writer}: there are audits of batch {last}, but the chain {end}: batches were removed"
        )


def _recomputed_hashes(connection: Connection, batch: AuditBatch) -> list[bytes]:
    stored = select(_AUDITS.audit_id, _AUDITS.sha256, _AUDITS.portfolio).where(
        _AUDITS.writer == batch.writer, _AUDITS.batch_sequence == batch.sequence
    )
    said = {row.audit_id: (bytes(row.sha256), row.portfolio) for row in connection.execute(stored)}
    hashes = []
    for audit in audits_of_batch(connection, batch.writer, batch.sequence):
        hashes.append(record_hash(audit_record(audit)))
        # The hash holds the snapshot's portfolio; the audit's own column repeats it.
        if (hashes[-1], audit.snapshot.portfolio) != said[audit.audit_id]:
            raise LedgerError(
                f"writer {batch.writer}, batch {batch.sequence}: audit {audit.audit_id} of subject "
                f"{audit.score.subject_id!r} was changed: its sha256 is no longer that of its content"
            )
    return hashes


def _audits() -> Select[Any]:
    joined = RISK_SCORE_AUDITS.join(
        FEATURE_STORE_SNAPSHOTS,
        (_AUDITS.as_of == _SNAPSHOTS.as_of) & (_AUDITS.snapshot_id == _SNAPSHOTS.snapshot_id),
    )
    return select(*_AUDITS, *SNAPSHOT_COLUMNS).select_from(joined)


def _audit(row: Mapping[Any, Any]) -> Audit:
    return Audit(
        audit_id=row["audit_id"],
        scored_at=row["scored_at"],
        origin=row["origin"],
        role=row["role"],
        run_id=row["run_id"],
        request_id=row["request_id"],
        score=_score(row),
        snapshot=snapshot_of(row),
    )


def _score(row: Mapping[Any, Any]) -> Score:
    return Score(
        subject_id=row["subject_id"],
        as_of=row["as_of"],
        model_id=row["model_id"],
        engine=row["engine"],
        engine_version=row["engine_version"],
        margin=row["margin"],
        default_probability=row["default_probability"],
        points=row["points"],
        base_value=row["base_value"],
        contributions={name: float(value) for name, value in row["contributions"].items()},
        scale=row["scale"],
        reasons=tuple(_reason(reason) for reason in row["reasons"]),
        missing=tuple(row["missing"]),
    )


def _reason(stored: Mapping[str, Any]) -> Reason:
    features = tuple(stored["features"])
    return Reason(code=stored["code"], sentence=stored["sentence"], amount=float(stored["amount"]), features=features)
