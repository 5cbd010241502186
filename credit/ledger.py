"""The ledger of audits: canonical bytes, their hashes, and one Merkle root a committed batch.

Hashing of trees: RFC 6962 (Certificate Transparency), section 2.1.

A batch's tree has the batch's own header as its first leaf (writer, sequence, count, previous root), then one
leaf an audit, the sha256 of its canonical bytes, in order of position. The header is inside so that each root
commits to every root before it: who keeps the last root can tell that any earlier row was changed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from math import isfinite
from typing import TypeAlias

Canonical: TypeAlias = bool | int | float | str | datetime | Sequence["Canonical"] | Mapping[str, "Canonical"] | None
"""What canonical bytes are made of."""

_LEAF, _NODE = b"\x00", b"\x01"


class LedgerError(Exception):
    """Something cannot be written canonically, or a chain of batches does not fit together."""


def canonical_bytes(record: Mapping[str, Canonical]) -> bytes:
    """UTF-8 JSON of which there is exactly one for each record.

    Keys sorted, no spaces, floats as the shortest text that reads back to the same bits (and -0.0 as 0.0,
    which JSON stores do not keep apart), times in UTC with six decimals of a second.

    Raises:
        LedgerError: where a number is not finite, a time has no zone, or a type has no canonical form; the
            message names the field.
    """
    plain = {key: _plain(value, key) for key, value in record.items()}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _plain(value: Canonical, place: str) -> object:
    # Most of an audit is numbers and texts: they are asked for first.
    if isinstance(value, float):
        return _plain_number(value, place)
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{place}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, datetime):
        return _plain_time(value, place)
    raise LedgerError(f"{place}: no canonical form for {type(value).__name__} {value!r}")


def _plain_number(value: float, place: str) -> float:
    if not isfinite(value):
        raise LedgerError(f"{place}: {value} has no canonical form; a missing number is null")
    return float(value) + 0.0


def _plain_time(value: datetime, place: str) -> str:
    if value.tzinfo is None:
        raise LedgerError(f"{place}: {value.isoformat()} has no time zone; times of the ledger are UTC")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def record_hash(record: Mapping[str, Canonical]) -> bytes:
    """The 32 bytes of the sha256 of a record's canonical bytes.

    Raises:
        LedgerError: as `canonical_bytes`.
    """
    return sha256(canonical_bytes(record)).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash of RFC 6962, section 2.1, over leaves of any length; 32 bytes.

    Adjacent nodes are paired level by level, an odd last one moves up as it is: the same tree as the RFC's
    split at the largest power of two, without recursion.
    """
    if not leaves:
        return sha256(b"").digest()
    level = [sha256(_LEAF + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        paired = [sha256(_NODE + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
        level = paired + level[len(paired) * 2 :]
    return level[0]


@dataclass(frozen=True, slots=True)
class AuditBatch:
    """One committed batch of audits of one writer."""

    writer: str
    sequence: int
    """1 for the writer's first batch, then without gaps."""
    count: int
    """Audits in the batch."""
    merkle_root: bytes
    previous_root: bytes | None
    """`merkle_root` of the writer's batch before; None for the first."""


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where a writer's chain of batches ends."""

    sequence: int
    root: bytes | None
    """`merkle_root` of the last batch; None where there is none."""


EMPTY_CHAIN = ChainHead(sequence=0, root=None)
"""The head of a writer who has written nothing."""


def next_batch(writer: str, head: ChainHead, audit_hashes: Sequence[bytes]) -> AuditBatch:
    """The batch that follows `head`, over the audits' hashes in order of position.

    Raises:
        LedgerError: where there is no audit: an empty batch would prove nothing.
    """
    if not audit_hashes:
        raise LedgerError(f"writer {writer}: a batch needs at least one audit")
    sequence = head.sequence + 1
    header = _header(writer, sequence, len(audit_hashes), head.root)
    return AuditBatch(
        writer=writer,
        sequence=sequence,
        count=len(audit_hashes),
        merkle_root=merkle_root([header, *audit_hashes]),
        previous_root=head.root,
    )


def verify_batch(batch: AuditBatch, head: ChainHead, audit_hashes: Sequence[bytes]) -> ChainHead:
    """The new head, after checking that `batch` follows `head` and holds exactly these audits.

    Raises:
        LedgerError: naming the writer, the batch and what differs.
    """
    expected = next_batch(batch.writer, head, audit_hashes)
    for field in ("sequence", "previous_root", "count", "merkle_root"):
        stored, recomputed = getattr(batch, field), getattr(expected, field)
        if stored != recomputed:
            raise LedgerError(
                f"writer {batch.writer}, batch {batch.sequence}: {field} is {_shown(stored)}, "
                f"recomputed {_shown(recomputed)}: rows were changed, removed or inserted"
            )
    return ChainHead(batch.sequence, batch.merkle_root)


def _header(writer: str, sequence: int, count: int, previous_root: bytes | None) -> bytes:
    previous = None if previous_root is None else previous_root.hex()
    return canonical_bytes({"writer": writer, "sequence": sequence, "count": count, "previous_root": previous})


def _shown(value: bytes | int | None) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
