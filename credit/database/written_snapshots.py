"""Snapshots with their parts as text, each part written once: for the hash and the row."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from credit.canonical_text import NamedNumbers, named_numbers, named_texts, optional_text, quoted, time_text
from credit.database.copying import json_field, line_of, optional_field, text_field
from credit.database.snapshots import Snapshot, SnapshotOrigin, SnapshotSource

SNAPSHOT_FIELDS = (
    *("snapshot_id", "as_of", "portfolio", "subject_id", "source", "origin", "pg_snapshot", "run_id"),
    *("features", "null_reasons"),
)
"""Columns that are written, in order."""


class SnapshotMarks(NamedTuple):
    """What the snapshots of a group have in common."""

    as_of: datetime
    portfolio: str
    source: SnapshotSource
    origin: SnapshotOrigin
    pg_snapshot: str
    run_id: UUID | None


class SnapshotFrame:
    """The marks as text, ready to be written around the parts of each snapshot."""

    __slots__ = ("begin", "end", "kind", "marks", "middle", "place")

    def __init__(self, marks: SnapshotMarks) -> None:
        """Raises LedgerError where a time has no zone."""
        as_of = time_text(marks.as_of)
        self.marks = marks
        self.begin = f'{{"as_of":"{as_of}","features":'
        self.middle = (
            f',"origin":{quoted(marks.origin)},"pg_snapshot":{quoted(marks.pg_snapshot)},'
            f'"portfolio":{quoted(marks.portfolio)},"run_id":{optional_text(marks.run_id)},"snapshot_id":"'
        )
        self.end = f'","source":{quoted(marks.source)},"subject_id":'
        self.place = line_of(as_of, text_field(marks.portfolio))
        self.kind = line_of(marks.source, marks.origin, marks.pg_snapshot, optional_field(marks.run_id))


snapshot_frame = lru_cache(maxsize=64)(SnapshotFrame)
"""The frame of marks, made once."""


class WrittenSnapshot:
    """A snapshot, ready to be stored."""

    __slots__ = ("canonical", "identifier", "line", "marks", "quoted_subject", "subject_field", "subject_id")

    def __init__(
        self,
        frame: SnapshotFrame,
        *,
        snapshot_id: str,
        subject_id: str,
        features: NamedNumbers,
        null_reasons: Mapping[str, str],
    ) -> None:
        """What is the snapshot's own, in the frame of what it has in common with others; its id is a UUID's text."""
        self.marks = frame.marks
        self.identifier = snapshot_id
        self.subject_id = subject_id
        self.quoted_subject = quoted(subject_id)
        self.subject_field = text_field(subject_id)
        values, because = features.canonical, named_texts(null_reasons)
        self.canonical = (
            f'{frame.begin}{values},"null_reasons":{because}'
            f"{frame.middle}{snapshot_id}{frame.end}{self.quoted_subject}}}"
        )
        """The text of `snapshot_record` in the ledger's canonical form."""
        self.line = line_of(
            *(snapshot_id, frame.place, self.subject_field, frame.kind, json_field(values), json_field(because))
        )
        """Of `SNAPSHOT_FIELDS`, for COPY."""

    @classmethod
    def of(cls, snapshot: Snapshot) -> "WrittenSnapshot":
        """A snapshot alone.

        Raises:
            LedgerError: where a feature is not finite or a time has no zone.
        """
        marks = SnapshotMarks(
            *(snapshot.as_of, snapshot.portfolio, snapshot.source),
            *(snapshot.origin, snapshot.pg_snapshot, snapshot.run_id),
        )
        return cls(
            snapshot_frame(marks),
            snapshot_id=str(snapshot.snapshot_id),
            subject_id=snapshot.subject_id,
            features=named_numbers(snapshot.features),
            null_reasons=snapshot.null_reasons,
        )
