"""Audits with their parts as text, each part written once: for the hash, the row and the answer."""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

from credit.canonical_text import NamedNumbers, named_numbers, number, optional_text, quoted, time_text
from credit.database.audit_record import Audit
from credit.database.copying import NULL, bytes_field, json_field, optional_field, text_field
from credit.database.snapshots import WrittenSnapshot
from credit.json_texts import strings_list
from credit.reasons import Reason

AUDIT_FIELDS = (
    *("audit_id", "as_of", "scored_at", "portfolio", "subject_id", "origin", "role", "model_id", "engine"),
    *("engine_version", "run_id", "request_id", "snapshot_id", "missing", "margin", "default_probability", "points"),
    *("base_value", "contributions", "scale", "reasons", "sha256"),
)
"""Columns that an audit fills by itself, in order; its place in the ledger fills the others."""


class WrittenAudit:
    """An audit, ready to be stored and answered."""

    __slots__ = ("audit", "audit_id", "canonical", "contributions", "fields", "reasons", "sha256", "snapshot")

    def __init__(
        self, audit: Audit, *, snapshot: WrittenSnapshot | None = None, contributions: NamedNumbers | None = None
    ) -> None:
        """`snapshot` and `contributions` are the audit's own, where they are written already.

        Raises:
            LedgerError: where a number is not finite or a time has no zone.
        """
        self.audit = audit
        self.audit_id = str(audit.audit_id)
        self.snapshot = snapshot or WrittenSnapshot(audit.snapshot)
        self.contributions = contributions or named_numbers(audit.score.contributions)
        self.reasons = _reasons(audit.score.reasons)
        missing, added = strings_list(audit.score.missing), self.contributions.canonical
        self.canonical = _canonical(self, missing, added).encode()
        """`canonical_bytes` of the audit's record."""
        self.sha256 = sha256(self.canonical).digest()
        self.fields = _fields(self, missing, added)
        """Of `AUDIT_FIELDS`, for COPY."""


def _canonical(written: WrittenAudit, missing: str, contributions: str) -> str:
    audit, score = written.audit, written.audit.score
    return (
        f'{{"as_of":"{time_text(score.as_of)}","audit_id":"{written.audit_id}","base_value":{number(score.base_value)},'
        f'"contributions":{contributions},"default_probability":{number(score.default_probability)},'
        f'"engine":{quoted(score.engine)},"engine_version":{quoted(score.engine_version)},'
        f'"margin":{number(score.margin)},"missing":{missing},"model_id":{quoted(score.model_id)},'
        f'"origin":{quoted(audit.origin)},"points":{score.points},"reasons":{written.reasons},'
        f'"request_id":{optional_text(audit.request_id)},"role":{quoted(audit.role)},'
        f'"run_id":{optional_text(audit.run_id)},"scale":{quoted(score.scale)},'
        f'"scored_at":"{time_text(audit.scored_at)}","snapshot":{written.snapshot.canonical},'
        f'"subject_id":{quoted(score.subject_id)}}}'
    )


def _fields(written: WrittenAudit, missing: str, contributions: str) -> tuple[str, ...]:
    audit, score = written.audit, written.audit.score
    return (
        *(written.audit_id, time_text(score.as_of), time_text(audit.scored_at)),
        *map(text_field, (audit.snapshot.portfolio, score.subject_id, audit.origin, audit.role, score.model_id)),
        *map(text_field, (score.engine, score.engine_version)),
        optional_field(audit.run_id),
        NULL if audit.request_id is None else text_field(audit.request_id),
        written.snapshot.identifier,
        json_field(missing),
        *(repr(score.margin), repr(score.default_probability), str(score.points), repr(score.base_value)),
        *(json_field(contributions), score.scale, json_field(written.reasons), bytes_field(written.sha256)),
    )


def _reasons(reasons: Sequence[Reason]) -> str:
    return "[" + ",".join(map(_reason, reasons)) + "]"


def _reason(reason: Reason) -> str:
    code, sentence = _said(reason.code, reason.sentence)
    return f'{{"amount":{number(reason.amount)},{code},"features":{strings_list(reason.features)},{sentence}}}'


@lru_cache(maxsize=256)
def _said(code: str, sentence: str) -> tuple[str, str]:
    # A catalogue has a few sentences, and every audit has some of them.
    return f'"code":{quoted(code)}', f'"sentence":{quoted(sentence)}'
