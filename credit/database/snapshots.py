"""Snapshots of features: what a score was computed from, kept as it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Connection, Uuid, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from credit.database.errors import DatabaseError
from credit.database.schema import FEATURE_STORE_SNAPSHOTS
from credit.ledger import Canonical

Record = dict[str, Canonical]

# Version 5 identifiers of batch scores grow from this one; changing it would double every audit of a retry.
BATCH_NAMESPACE = UUID("6f4f6f3c-3b0e-5f6b-9d6e-0a4c2f5b7d11")

SNAPSHOT_COLUMNS = [column.label(f"snapshot_{column.name}") for column in FEATURE_STORE_SNAPSHOTS.c]
"""What `snapshot_of` reads a snapshot from, in a row that may hold more."""

SnapshotSource = Literal["computed", "supplied"]
SnapshotOrigin = Literal["batch", "online"]


class SnapshotError(DatabaseError):
    """A snapshot is stored already, with other content."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The features that a score was computed from."""

    snapshot_id: UUID
    as_of: datetime
    portfolio: str
    subject_id: str
    source: SnapshotSource
    origin: SnapshotOrigin
    pg_snapshot: str
    """What was visible to the features' query, PostgreSQL's `xmin:xmax:running`."""
    run_id: UUID | None
    features: Mapping[str, float | None]
    """In major units of the portfolio's currency; None where unknown."""
    null_reasons: Mapping[str, str]
    """Why a feature is unknown, for each that is."""


def batch_snapshot_id(portfolio: str, subject_id: str, as_of: datetime) -> UUID:
    """The identifier of a batch run's snapshot: the same for every retry."""
    return uuid5(BATCH_NAMESPACE, f"snapshot\n{portfolio}\n{subject_id}\n{as_of.astimezone(UTC).isoformat()}")


def snapshot_record(snapshot: Snapshot) -> Record:
    """What the ledger hashes of a snapshot."""
    return {
        "snapshot_id": str(snapshot.snapshot_id),
        "as_of": snapshot.as_of,
        "portfolio": snapshot.portfolio,
        "subject_id": snapshot.subject_id,
        "source": snapshot.source,
        "origin": snapshot.origin,
        "pg_snapshot": snapshot.pg_snapshot,
        "run_id": None if snapshot.run_id is None else str(snapshot.run_id),
        "features": snapshot.features,
        "null_reasons": snapshot.null_reasons,
    }


def snapshot_of_record(record: Mapping[str, Any]) -> Snapshot:
    """The snapshot of a record that was read back from its canonical bytes as JSON."""
    run_id = record["run_id"]
    return Snapshot(
        snapshot_id=UUID(record["snapshot_id"]),
        as_of=datetime.fromisoformat(record["as_of"]),
        portfolio=record["portfolio"],
        subject_id=record["subject_id"],
        source=record["source"],
        origin=record["origin"],
        pg_snapshot=record["pg_snapshot"],
        run_id=None if run_id is None else UUID(run_id),
        features=record["features"],
        null_reasons=record["null_reasons"],
    )


def stored_snapshots(connection: Connection, keys: Sequence[tuple[datetime, UUID]]) -> dict[UUID, Snapshot]:
    """Those of the snapshots that are stored, by identifier; keys are (as_of, snapshot_id)."""
    columns = FEATURE_STORE_SNAPSHOTS.c
    stored: dict[UUID, Snapshot] = {}
    for as_of, ids in _by_time(keys).items():
        found = select(*SNAPSHOT_COLUMNS).where(columns.as_of == as_of, columns.snapshot_id == _any(ids))
        rows = connection.execute(found).mappings()
        stored |= {row["snapshot_snapshot_id"]: snapshot_of(row) for row in rows}
    return stored


def not_stored(connection: Connection, snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """Those of the snapshots that are not stored yet, each once: two models' scores may come from one.

    Raises:
        SnapshotError: where one is stored with other content; the message names the subject.
    """
    known = stored_snapshots(connection, [(snapshot.as_of, snapshot.snapshot_id) for snapshot in snapshots])
    fresh: list[Snapshot] = []
    for snapshot in snapshots:
        if known.get(snapshot.snapshot_id, snapshot) != snapshot:
            raise SnapshotError(
                f"subject {snapshot.subject_id!r} as of {snapshot.as_of.isoformat()}: a snapshot with other content is "
                "stored; score from the stored one"
            )
        if snapshot.snapshot_id not in known:
            known[snapshot.snapshot_id] = snapshot
            fresh.append(snapshot)
    return fresh


def stored_keys(
    connection: Connection, as_of: ColumnElement[Any], key: ColumnElement[Any], keys: Sequence[tuple[datetime, UUID]]
) -> set[UUID]:
    """Those identifiers that a table partitioned by `as_of` holds; keys are (as_of, identifier)."""
    found: set[UUID] = set()
    for time, ids in _by_time(keys).items():
        found.update(connection.scalars(select(key).where(as_of == time, key == _any(ids))))
    return found


def snapshot_of(row: Mapping[Any, Any]) -> Snapshot:
    """The snapshot in the `SNAPSHOT_COLUMNS` of a row."""
    features = row["snapshot_features"]
    return Snapshot(
        snapshot_id=row["snapshot_snapshot_id"],
        as_of=row["snapshot_as_of"],
        portfolio=row["snapshot_portfolio"],
        subject_id=row["snapshot_subject_id"],
        source=row["snapshot_source"],
        origin=row["snapshot_origin"],
        pg_snapshot=row["snapshot_pg_snapshot"],
        run_id=row["snapshot_run_id"],
        # JSON has one kind of number: a great whole one comes back as an int.
        features={name: None if value is None else float(value) for name, value in features.items()},
        null_reasons=row["snapshot_null_reasons"],
    )


def _by_time(keys: Sequence[tuple[datetime, UUID]]) -> dict[datetime, list[UUID]]:
    # One statement a time, so that each reads one partition.
    groups: dict[datetime, list[UUID]] = {}
    for as_of, key in keys:
        groups.setdefault(as_of, []).append(key)
    return groups


def _any(ids: Sequence[UUID]) -> ColumnElement[Any]:
    return func.any(literal(list(ids), ARRAY(Uuid)))
