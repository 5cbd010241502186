"""What one record of the spool holds: the audits of a group as the ledger hashes them, and the answers to its keys."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from credit.database.audit_record import Audit, audit_of_record
from credit.database.score_requests import FirstAnswer
from credit.database.written_audits import WrittenAudit


@dataclass(frozen=True, slots=True)
class SpoolRecord:
    """Audits in the order in which they were answered, and the answers that are to be repeated for their keys."""

    audits: tuple[Audit, ...]
    answers: tuple[FirstAnswer, ...]


def to_payload(audits: Sequence[WrittenAudit], answers: Sequence[FirstAnswer]) -> bytes:
    """The record as bytes; the audits in it have their canonical bytes."""
    said = json.dumps([_answer_fields(answer) for answer in answers], ensure_ascii=False).encode()
    return b'{"answers":' + said + b',"audits":[' + b",".join(written.canonical for written in audits) + b"]}"


def from_payload(payload: bytes) -> SpoolRecord:
    """The record that `to_payload` wrote."""
    fields = json.loads(payload)
    return SpoolRecord(
        tuple(audit_of_record(record) for record in fields["audits"]),
        tuple(_answer(said) for said in fields["answers"]),
    )


def _answer_fields(first: FirstAnswer) -> dict[str, object]:
    return {
        "key": first.key,
        "body_sha256": first.body_sha256.hex(),
        "as_of": first.as_of.isoformat(),
        "audit_ids": [str(audit_id) for audit_id in first.audit_ids],
        "answer": first.answer,
        "at": first.at.isoformat(),
    }


def _answer(said: dict[str, object]) -> FirstAnswer:
    ids = said["audit_ids"]
    return FirstAnswer(
        key=str(said["key"]),
        body_sha256=bytes.fromhex(str(said["body_sha256"])),
        as_of=datetime.fromisoformat(str(said["as_of"])),
        audit_ids=tuple(UUID(str(audit_id)) for audit_id in ids) if isinstance(ids, list) else (),
        answer=str(said["answer"]),
        at=datetime.fromisoformat(str(said["at"])),
    )
