"""Writing scores: snapshots of features, audits, the ledger's batch and the latest scores, in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, insert
from sqlalchemy.dialects.postgresql import insert as upsert

from credit.database.audit_record import Audit, Origin, ScoreRole, audit_record, batch_audit_id
from credit.database.copying import copy_rows, copy_rows_while, line_of, text_field
from credit.database.quick_statements import QuickStatement
from credit.database.schema import AUDIT_BATCHES, FEATURE_STORE_SNAPSHOTS, LATEST_SCORES, RISK_SCORE_AUDITS
from credit.database.snapshots import Snapshot, not_stored, stored_keys
from credit.database.writers import Turn, chain_head, lock_writer
from credit.database.written_audits import AUDIT_FIELDS, WrittenAudit
from credit.database.written_snapshots import SNAPSHOT_FIELDS, WrittenSnapshot
from credit.ledger import AuditBatch, next_batch

__all__ = [
    "Appended",
    "Audit",
    "Origin",
    "ScoreRole",
    "Snapshot",
    "append",
    "append_new",
    "audit_record",
    "batch_audit_id",
]

T = TypeVar("T")

_PLACE_FIELDS = ("writer", "batch_sequence", "batch_position")

_INSERT_BATCH = QuickStatement(
    insert(AUDIT_BATCHES).values(
        {name: bindparam(name) for name in ("writer", "sequence", "count", "merkle_root", "previous_root")}
        | {"committed_at": func.clock_timestamp()}
    )
)


@dataclass(frozen=True, slots=True)
class Appended:
    """What one `append` wrote."""

    audits: tuple[Audit, ...]
    """In order of their position in the batch; those that were stored already are left out."""
    batch: AuditBatch | None
    """None where all were stored already."""


def append(connection: Connection, *, writer: str, audits: Sequence[Audit]) -> Appended:
    """Write audits with their snapshots as the writer's next batch, in the caller's transaction.

    Audits whose identifier is stored already are left out, so that a retry writes nothing twice; one writer's
    transactions wait for each other, because each batch's root commits to the root before it. Champions' scores
    from computed features that are no shadows move `latest_scores` forward in as_of, never back.

    Raises:
        SnapshotError: where a snapshot is stored already, with other content.
        LedgerError: as `WrittenAudit.of`.
    """
    lock_writer(connection, writer)
    fresh = _not_stored(connection, audits)
    if not fresh:
        return Appended((), None)
    written = [WrittenAudit.of(audit) for audit in fresh]
    snapshots = not_stored(connection, [audit.snapshot for audit in fresh])
    as_text = {one.snapshot.identifier: one.snapshot for one in written}
    lines = _lines([as_text[str(snapshot.snapshot_id)] for snapshot in snapshots])
    copy_rows(connection, FEATURE_STORE_SNAPSHOTS, SNAPSHOT_FIELDS, lines)
    batch = next_batch(writer, chain_head(connection, writer), _hashes(written))
    _append(connection, batch, written)
    return Appended(tuple(fresh), batch)


def append_new(connection: Connection, *, turn: Turn, audits: Sequence[WrittenAudit]) -> None:
    """As `append`, of one or more audits with identifiers of their own that nobody can have stored before.

    The turn is this transaction's, and it has inserted the audits' snapshots.
    """
    _append(connection, next_batch(turn.writer, turn.head, _hashes(audits)), audits)


def insert_snapshots_while(connection: Connection, snapshots: Sequence[WrittenSnapshot], work: Callable[[], T]) -> T:
    """Write snapshots of which none is stored yet, and do some work meanwhile, as `copy_rows_while`."""
    return copy_rows_while(connection, FEATURE_STORE_SNAPSHOTS, SNAPSHOT_FIELDS, _lines(snapshots), work)


def _append(connection: Connection, batch: AuditBatch, audits: Sequence[WrittenAudit]) -> None:
    place = line_of(text_field(batch.writer), str(batch.sequence))
    rows = [line_of(written.line, place, str(position)) for position, written in enumerate(audits)]
    batch_first = _INSERT_BATCH.text(connection, **_batch_row(batch))
    copy_rows(connection, RISK_SCORE_AUDITS, (*AUDIT_FIELDS, *_PLACE_FIELDS), rows, after=batch_first)
    _move_latest(connection, audits)


def _lines(snapshots: Sequence[WrittenSnapshot]) -> list[str]:
    return [snapshot.line for snapshot in snapshots]


def _hashes(audits: Sequence[WrittenAudit]) -> list[bytes]:
    return [written.sha256 for written in audits]


def _not_stored(connection: Connection, audits: Sequence[Audit]) -> list[Audit]:
    keys = [(audit.score.as_of, audit.audit_id) for audit in audits]
    known = stored_keys(connection, RISK_SCORE_AUDITS.c.as_of, RISK_SCORE_AUDITS.c.audit_id, keys)
    return [audit for audit in audits if audit.audit_id not in known]


def _move_latest(connection: Connection, audits: Sequence[WrittenAudit]) -> None:
    # In order of subject, so that two writers cannot wait for each other in a circle; one row a subject.
    # Features that a client supplied may be a question of the kind "what if": they are audited, and say nothing of
    # where the subject stands.
    spoken = [
        audit
        for audit in audits
        if audit.marks.role == "champion"
        and audit.marks.origin != "shadow"
        and audit.snapshot.marks.source == "computed"
    ]
    last = {audit.snapshot.subject_id: audit for audit in sorted(spoken, key=lambda audit: audit.marks.as_of)}
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


def _batch_row(batch: AuditBatch) -> dict[str, object]:
    return {
        "writer": batch.writer,
        "sequence": batch.sequence,
        "count": batch.count,
        "merkle_root": batch.merkle_root,
        "previous_root": batch.previous_root,
    }


def _latest_row(audit: WrittenAudit) -> dict[str, object]:
    return {
        "portfolio": audit.marks.portfolio,
        "subject_id": audit.snapshot.subject_id,
        "as_of": audit.marks.as_of,
        "audit_id": UUID(audit.audit_id),
        "model_id": audit.marks.model_id,
        "default_probability": audit.default_probability,
        "points": audit.points,
    }
