"""Reading audits back as they were appended, and proving a batch of them against the ledger."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, select, union

from credit.database.audits import Audit, audit_record
from credit.database.schema import AUDIT_BATCHES, FEATURE_STORE_SNAPSHOTS, RISK_SCORE_AUDITS
from credit.database.snapshots import SNAPSHOT_COLUMNS, snapshot_of
from credit.ledger import EMPTY_CHAIN, AuditBatch, ChainHead, LedgerError, record_hash, verify_batch
from credit.reasons import Reason
from credit.scores import Score

_AUDITS_AT_ONCE = 5000
"""Audits that are read at once for being verified: some 20 MB."""
_BATCHES_AT_ONCE = 5000

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

    Batches that are committed meanwhile are verified too, or not looked at.

    Raises:
        LedgerError: naming the first batch or audit that differs from what was committed.
    """
    head = EMPTY_CHAIN
    while batches := _batches_behind(connection, writer, head.sequence):
        hashes = _recomputed_hashes(connection, batches)
        for batch in batches:
            head = verify_batch(batch, head, hashes(batch))
    _check_none_behind(connection, writer, head)
    return head


def _batches_behind(connection: Connection, writer: str, sequence: int) -> list[AuditBatch]:
    """The writer's next batches, at least one where there is any, and about as many as are read at once."""
    behind = select(AUDIT_BATCHES).where(_BATCHES.writer == writer, _BATCHES.sequence > sequence)
    found: list[AuditBatch] = []
    audits = 0
    for row in connection.execute(behind.order_by(_BATCHES.sequence).limit(_BATCHES_AT_ONCE)).mappings():
        previous = None if row["previous_root"] is None else bytes(row["previous_root"])
        found.append(AuditBatch(writer, row["sequence"], row["count"], bytes(row["merkle_root"]), previous))
        audits += row["count"]
        if audits >= _AUDITS_AT_ONCE:
            break
    return found


def _check_none_behind(connection: Connection, writer: str, head: ChainHead) -> None:
    # Batches cut off the end of a chain leave their audits behind, unless those were removed too. What is committed
    # meanwhile comes with its batch: one statement sees both.
    last_audit = select(func.max(_AUDITS.batch_sequence)).where(_AUDITS.writer == writer).scalar_subquery()
    last_batch = select(func.max(_BATCHES.sequence)).where(_BATCHES.writer == writer).scalar_subquery()
    last, recorded = connection.execute(select(last_audit, func.coalesce(last_batch, 0))).one()
    if last is not None and last > recorded:
        end = f"ends with batch {head.sequence}" if head.sequence else "is empty"
        raise LedgerError(
            f"writer {writer}: there are audits of batch {last}, but the chain {end}: batches were removed"
        )


def _recomputed_hashes(connection: Connection, batches: Sequence[AuditBatch]) -> Callable[[AuditBatch], list[bytes]]:
    """The hashes of each batch's audits in order of position, of batches of one writer in order of sequence."""
    first, last = batches[0], batches[-1]
    between = _AUDITS.batch_sequence.between(first.sequence, last.sequence)
    rows = _audits().where(_AUDITS.writer == first.writer, between)
    by_batch = defaultdict(list)
    for row in connection.execute(rows.order_by(_AUDITS.batch_sequence, _AUDITS.batch_position)).mappings():
        by_batch[row["batch_sequence"]].append(row)
    return lambda batch: [_recomputed_hash(row, batch) for row in by_batch[batch.sequence]]


def _recomputed_hash(row: Mapping[Any, Any], batch: AuditBatch) -> bytes:
    audit = _audit(row)
    recomputed = record_hash(audit_record(audit))
    # The hash holds the snapshot's portfolio; the audit's own column repeats it.
    if (recomputed, audit.snapshot.portfolio) != (bytes(row["sha256"]), row["portfolio"]):
        raise LedgerError(
            f"writer {batch.writer}, batch {batch.sequence}: audit {audit.audit_id} of subject "
            f"{audit.score.subject_id!r} was changed: its sha256 is no longer that of its content"
        )
    return recomputed


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
