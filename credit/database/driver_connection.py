"""psycopg2's connections, with two promises: none waits for ever, and no error of one quotes what was being written.

A limit of PostgreSQL's own (`statement_timeout`) needs a PostgreSQL that runs. Behind a stopped host, or a network
that lost the way, libpq waits without an end; the kernel's limits for TCP see only what a peer's kernel does not
acknowledge, and a local socket has none. So a `Watch` looks how long each call has been running and shuts the socket
of one that takes too long: libpq finds its connection closed, and the call fails.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar
from weakref import WeakSet

import psycopg2
from psycopg2.extensions import connection as psycopg2_connection
from psycopg2.extensions import cursor as psycopg2_cursor

P = ParamSpec("P")
T = TypeVar("T")

_ROUND_SECONDS = 0.25
_SOON_SECONDS = 1.0
"""How long a call may take while the server is known to be silent."""

_SILENT = "the server gave no answer in time, and was waited for no longer"

_OF_DATA = "22"
"""SQLSTATE's class of errors that quote the value behind a colon."""
_OF_NAMES = "42"
"""SQLSTATE's class of errors of rights and names, whose detail is of those."""


class ServerSilentError(psycopg2.OperationalError):
    """The server gave no answer in time, not even that it takes too long; the connection was cut."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a watch finds of a connection."""

    rounds: int
    """Those for which one and the same call is running."""
    answered: bool
    """Whether one has ended since the last."""


class DriverConnection(psycopg2_connection):
    """A connection of which it is known whether a call is running, whoever made it."""

    _calls = 0
    """Odd while one runs: counting costs less than looking at a clock."""
    _cut = False
    _seen = _rounds = 0
    _peer: socket.socket | None = None
    """The connection's socket under a number of our own: libpq's number may be another file's by now."""

    def called(self, method: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What a method of psycopg2's gives that may wait for the server.

        Raises:
            ServerSilentError: where the connection was cut.
            psycopg2.Error: without what it quotes.
        """
        self._calls += 1
        try:
            return method(*arguments, **named)
        except psycopg2.Error as error:
            if self._cut:
                raise ServerSilentError(_SILENT) from None
            error.args = (_said(error),)
            raise
        finally:
            self._calls += 1

    def commit(self) -> None:
        """As psycopg2's."""
        self.called(super().commit)

    def rollback(self) -> None:
        """As psycopg2's."""
        self.called(super().rollback)

    def close(self) -> None:
        """As psycopg2's."""
        super().close()
        if self._peer is not None:
            self._peer.close()

    def can_be_cut(self) -> None:
        """Get ready for `cut`."""
        self._peer = socket.socket(fileno=os.dup(self.fileno()))

    def looked_at(self) -> Look:
        """What a watch finds that comes round every so often."""
        calls, seen = self._calls, self._seen
        self._rounds = self._rounds + 1 if calls % 2 and calls == seen else 0
        self._seen = calls
        return Look(self._rounds, answered=calls // 2 != seen // 2 and not self._cut)

    def cut(self) -> None:
        """Let the call that is running fail; safe from any thread."""
        # One that has ended since `looked_at` was not the one that took too long.
        if self._peer is not None and not self._cut and self._calls == self._seen:
            self._cut = True
            with suppress(OSError):  # closed by now
                self._peer.shutdown(socket.SHUT_RDWR)


class DriverCursor(psycopg2_cursor):
    """A cursor of a `DriverConnection`."""

    connection: DriverConnection

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - psycopg2's name
        """As psycopg2's."""
        self.connection.called(super().execute, query, vars)

    def executemany(self, query: Any, vars_list: Any) -> None:
        """As psycopg2's; all of them are one call."""
        self.connection.called(super().executemany, query, vars_list)

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
        """As psycopg2's."""
        self.connection.called(super().copy_expert, sql, file, size)


class _Coming:
    """A connection that is being made; libpq cannot be interrupted, and ends by itself (`connect_timeout`)."""

    def __init__(self, connect: Callable[[], DriverConnection]) -> None:
        self._connect = connect
        self._rounds = 0
        self._made: Future[DriverConnection] = Future()
        threading.Thread(target=self._make, name="blink-connecting", daemon=True).start()

    def made(self) -> DriverConnection:
        """Wait for it."""
        return self._made.result()

    def looked_at(self) -> Look:
        """As of a connection."""
        self._rounds += 1
        return Look(self._rounds, answered=False)

    def cut(self) -> None:
        """Let who waits go; a connection that comes later is closed."""
        with suppress(InvalidStateError):
            self._made.set_exception(ServerSilentError(_SILENT))

    def _make(self) -> None:
        try:
            connection = self._connect()
        except BaseException as error:  # noqa: BLE001 - it is whose who waits
            with suppress(InvalidStateError):
                self._made.set_exception(error)
            return
        try:
            self._made.set_result(connection)
        except InvalidStateError:
            connection.close()


class Watch:
    """Cuts connections in whose calls the server is silent. One thread looks after all, while there are any.

    It counts its own rounds and no clock's time: where this process was stopped, or starved, the server was not asked.

    When one call has waited in vain, and the server has answered no other meanwhile, it is silent for all: for some
    time then every call is given up soon, so that who has waited for another's call does not wait as long again.
    """

    def __init__(self, seconds: float) -> None:
        """A call, or making a connection, may take so long, and a round of the watch more."""
        self._most = max(1, round(seconds / _ROUND_SECONDS))
        self._soon = min(self._most, round(_SOON_SECONDS / _ROUND_SECONDS))
        self._silent = 0
        """Rounds for which the server is still taken to be silent."""
        self._lock = threading.Lock()
        self._connections: WeakSet[DriverConnection] = WeakSet()
        self._coming: set[_Coming] = set()
        self._running = False

    def connected(self, connect: Callable[[], DriverConnection]) -> DriverConnection:
        """A connection that is watched from now on.

        Raises:
            ServerSilentError: where it is not made in time.
            psycopg2.Error: as `connect`.
        """
        coming = _Coming(connect)
        with self._lock:
            self._coming.add(coming)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="blink-watch", daemon=True).start()
        try:
            connection = coming.made()
            connection.can_be_cut()
            with self._lock:
                self._connections.add(connection)
        finally:
            with self._lock:
                self._coming.discard(coming)
        return connection

    def _run(self) -> None:
        while True:
            time.sleep(_ROUND_SECONDS)
            with self._lock:
                watched: list[DriverConnection | _Coming] = [one for one in self._connections if not one.closed]
                watched.extend(self._coming)
                if not watched:
                    self._running = False
                    return
            self._look(watched)

    def _look(self, watched: Sequence[DriverConnection | _Coming]) -> None:
        looks = [one.looked_at() for one in watched]
        self._silent = max(0, self._silent - 1)
        if any(look.answered for look in looks):
            self._silent = 0
        elif any(look.rounds >= self._most for look in looks):
            self._silent = self._most
        patience = self._soon if self._silent else self._most
        for one, look in zip(watched, looks, strict=True):
            if look.rounds >= patience:
                one.cut()


def _said(error: psycopg2.Error) -> str:
    """The error without the rows and values that PostgreSQL quotes in it: they are people's data.

    Its CONTEXT may hold the line of a COPY, its DETAIL a row or a key, its LINE the statement with its parameters.
    """
    said = error.diag
    if said.message_primary is None:  # not the server's, but libpq's
        return str(error).strip().split("\n", 1)[0]
    kind = error.pgcode or ""
    primary = said.message_primary.split(": ", 1)[0] if kind.startswith(_OF_DATA) else said.message_primary
    detail = said.message_detail if kind.startswith(_OF_NAMES) else None
    return "\n".join(part for part in (primary, detail, said.message_hint) if part)
