"""Audits with their parts as text, each part written once: for the hash, the row and the answer."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from credit.bundle.calibration import Scale
from credit.canonical_text import NamedNumbers, named_numbers, numbers_list, optional_text, quoted, time_text
from credit.database.audit_record import Audit, Origin, ScoreRole
from credit.database.copying import NULL, bytes_field, json_field, line_of, optional_field, text_field
from credit.database.written_snapshots import WrittenSnapshot
from credit.json_texts import strings_list
from credit.ledger import LedgerError
from credit.reasons import Reason

AUDIT_FIELDS = (
    *("audit_id", "as_of", "scored_at", "portfolio", "subject_id", "origin", "role", "model_id", "engine"),
    *("engine_version", "run_id", "request_id", "snapshot_id", "missing", "margin", "default_probability", "points"),
    *("base_value", "contributions", "scale", "reasons", "sha256"),
)
"""Columns that an audit fills by itself, in order; its place in the ledger fills the others."""


class AuditMarks(NamedTuple):
    """What the audits of a group have in common."""

    as_of: datetime
    scored_at: datetime
    portfolio: str
    origin: Origin
    role: ScoreRole
    run_id: UUID | None
    model_id: str
    engine: str
    engine_version: str
    scale: Scale


class AuditFrame:
    """The marks as text, ready to be written around the parts of each audit."""

    __slots__ = ("begin", "engine", "kind", "marks", "model", "place", "role")

    def __init__(self, marks: AuditMarks) -> None:
        """Raises LedgerError where a time has no zone."""
        as_of, scored_at = time_text(marks.as_of), time_text(marks.scored_at)
        self.marks = marks
        self.begin = f'{{"as_of":"{as_of}","audit_id":"'
        self.engine = f',"engine":{quoted(marks.engine)},"engine_version":{quoted(marks.engine_version)},"margin":'
        self.model = f',"model_id":{quoted(marks.model_id)},"origin":{quoted(marks.origin)},"points":'
        self.role = (
            f',"role":{quoted(marks.role)},"run_id":{optional_text(marks.run_id)},"scale":{quoted(marks.scale)},'
            f'"scored_at":"{scored_at}","snapshot":'
        )
        self.place = line_of(as_of, scored_at, text_field(marks.portfolio))
        made_by = map(text_field, (marks.origin, marks.role, marks.model_id, marks.engine, marks.engine_version))
        self.kind = line_of(*made_by, optional_field(marks.run_id))


audit_frame = lru_cache(maxsize=64)(AuditFrame)
"""The frame of marks, made once."""


class ScoreTexts(NamedTuple):
    """Numbers of a score as text."""

    margin: str
    default_probability: str
    base_value: str


class WrittenAudit:
    """An audit, ready to be stored and answered."""

    __slots__ = (
        *("audit_id", "canonical", "contributions", "default_probability", "line", "marks", "missing", "points"),
        *("reasons", "request", "sha256", "snapshot", "texts"),
    )

    def __init__(
        self,
        frame: AuditFrame,
        *,
        audit_id: str,
        request_id: str | None,
        default_probability: float,
        texts: ScoreTexts,
        points: int,
        contributions: NamedNumbers,
        reasons: Sequence[Reason],
        missing: Sequence[str],
        snapshot: WrittenSnapshot,
    ) -> None:
        """What is the audit's own, in the frame of what it has in common with others; its id is a UUID's text.

        Raises:
            LedgerError: where a reason's amount is not finite.
        """
        self.marks = frame.marks
        self.audit_id = audit_id
        self.default_probability, self.points, self.texts = default_probability, points, texts
        self.contributions, self.snapshot = contributions, snapshot
        self.reasons = _reasons(reasons)
        self.missing = strings_list(missing) if missing else "[]"
        self.request = optional_text(request_id)
        added = contributions.canonical
        self.canonical = self._canonical(frame, added).encode()
        """`canonical_bytes` of the audit's record."""
        self.sha256 = sha256(self.canonical).digest()
        self.line = self._line(frame, added, NULL if request_id is None else text_field(request_id))
        """Of `AUDIT_FIELDS`, for COPY."""

    @classmethod
    def of(cls, audit: Audit) -> "WrittenAudit":
        """An audit alone.

        Raises:
            LedgerError: where a number is not finite, a time has no zone, or the snapshot is another subject's.
        """
        score = audit.score
        if score.subject_id != audit.snapshot.subject_id:
            raise LedgerError(f"audit {audit.audit_id}: its score and its snapshot are of different subjects")
        marks = AuditMarks(
            *(score.as_of, audit.scored_at, audit.snapshot.portfolio, audit.origin, audit.role, audit.run_id),
            *(score.model_id, score.engine, score.engine_version, score.scale),
        )
        return cls(
            audit_frame(marks),
            audit_id=str(audit.audit_id),
            request_id=audit.request_id,
            default_probability=score.default_probability,
            texts=ScoreTexts(*numbers_list((score.margin, score.default_probability, score.base_value))),
            points=score.points,
            contributions=named_numbers(score.contributions),
            reasons=score.reasons,
            missing=score.missing,
            snapshot=WrittenSnapshot.of(audit.snapshot),
        )

    def _canonical(self, frame: AuditFrame, contributions: str) -> str:
        texts = self.texts
        return (
            f'{frame.begin}{self.audit_id}","base_value":{texts.base_value},"contributions":{contributions},'
            f'"default_probability":{texts.default_probability}{frame.engine}{texts.margin},"missing":{self.missing}'
            f'{frame.model}{self.points},"reasons":{self.reasons},"request_id":{self.request}'
            f'{frame.role}{self.snapshot.canonical},"subject_id":{self.snapshot.quoted_subject}}}'
        )

    def _line(self, frame: AuditFrame, contributions: str, request: str) -> str:
        texts = self.texts
        return line_of(
            *(self.audit_id, frame.place, self.snapshot.subject_field, frame.kind, request, self.snapshot.identifier),
            *(json_field(self.missing), texts.margin, texts.default_probability, str(self.points), texts.base_value),
            *(json_field(contributions), frame.marks.scale, json_field(self.reasons), bytes_field(self.sha256)),
        )


def _reasons(reasons: Sequence[Reason]) -> str:
    if not reasons:
        return "[]"
    amounts = numbers_list([reason.amount for reason in reasons])
    said = [
        f'{{"amount":{amount}{_said(reason.code, reason.features, reason.sentence)}'
        for amount, reason in zip(amounts, reasons, strict=True)
    ]
    return f"[{','.join(said)}]"


@lru_cache(maxsize=1024)
def _said(code: str, features: tuple[str, ...], sentence: str) -> str:
    # A catalogue has a few sentences, and every audit has some of them.
    return f',"code":{quoted(code)},"features":{strings_list(features)},"sentence":{quoted(sentence)}}}'
