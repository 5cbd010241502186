"""Writers of the ledger: whose turn it is to write a batch, and where their chains end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, Text, bindparam, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from credit.database.quick_statements import QuickStatement, milliseconds
from credit.database.schema import AUDIT_BATCHES
from credit.ledger import EMPTY_CHAIN, ChainHead

_LOCK_PREFIX = "blink.audits:"
_TAKEN = "blink.writer"
"""A setting of the transaction, in which one statement leaves for the next whom it has taken; empty for nobody."""


def _last_batch(writer: ColumnElement[str]) -> Select[tuple[int, bytes]]:
    batches = AUDIT_BATCHES.c
    found = select(batches.sequence, batches.merkle_root).where(batches.writer == writer)
    return found.order_by(batches.sequence.desc()).limit(1)


_LOCK = QuickStatement(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0))))
_LAST_BATCH = QuickStatement(_last_batch(bindparam("writer", type_=Text)))
_SESSION = QuickStatement(select(func.pg_backend_pid()))

_WRITER = func.unnest(bindparam("writers", type_=ARRAY(Text))).column_valued("writer")
_LOCKED = func.pg_try_advisory_xact_lock(func.hashtextextended(func.concat(_LOCK_PREFIX, _WRITER), 0))
_TAKE = select(
    func.set_config("statement_timeout", bindparam("milliseconds"), True),
    func.set_config(_TAKEN, select(_WRITER).where(_LOCKED).limit(1).scalar_subquery(), True),
)
_HEAD = _last_batch(func.current_setting(_TAKEN)).lateral("head")
_SEEN = select(
    *(func.current_setting(_TAKEN), func.pg_current_snapshot(), func.clock_timestamp()),
    *(_HEAD.c.sequence, _HEAD.c.merkle_root),
).select_from(select(literal(1)).subquery("here").outerjoin(_HEAD, true()))
# A statement sees what was committed when it began: the end of a chain is read by another one than takes the writer.
_TAKE_AND_SEE = QuickStatement(_TAKE, _SEEN)
_SEE = QuickStatement(select(func.set_config(_TAKEN, bindparam("writer"), True)), _SEEN)


@dataclass(frozen=True, slots=True)
class Turn:
    """A transaction's turn to write as a writer."""

    writer: str
    pg_snapshot: str
    """What was visible when it came, PostgreSQL's `xmin:xmax:running`."""
    at: datetime
    """The database's time just after that: nothing that the snapshot sees was ingested later."""
    head: ChainHead
    """Where the writer's chain ends; it stays so until this transaction writes."""


def lock_writer(connection: Connection, writer: str) -> None:
    """Wait for the writer's other transactions; none begins its batch before this one has ended."""
    _LOCK.row(connection, name=f"{_LOCK_PREFIX}{writer}")


def take_turn(connection: Connection, writers: Sequence[str], *, timeout_seconds: float) -> Turn:
    """A turn as the first of the writers whom no other transaction has; where all are taken, wait for one.

    So servers of one portfolio, which know nothing of each other, write batches at the same time without a chain for
    each process that ever ran. That wait, and every later statement of the transaction, fails after
    `timeout_seconds`. All goes in one message: a thread that waits for PostgreSQL may have to wait for another's
    Python too, each time.
    """
    limit = milliseconds(timeout_seconds)
    row = _TAKE_AND_SEE.row(connection, writers=list(writers), milliseconds=limit)
    if row is None or not row[0]:
        # By the session's number, so that not all wait for the same one.
        session = _SESSION.row(connection)
        writer = writers[(0 if session is None else session[0]) % len(writers)]
        lock_writer(connection, writer)
        row = _SEE.row(connection, writer=writer)
    assert row is not None  # noqa: S101 - there is one whatever the chain holds
    writer, visible, at, sequence, root = row
    return Turn(writer, str(visible), at, EMPTY_CHAIN if sequence is None else ChainHead(sequence, bytes(root)))


def chain_head(connection: Connection, writer: str) -> ChainHead:
    """Where the writer's chain of batches ends."""
    row = _LAST_BATCH.row(connection, writer=writer)
    return EMPTY_CHAIN if row is None else ChainHead(row[0], bytes(row[1]))
