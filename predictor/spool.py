"""Records on a disk that outlasts the process: synced before anybody is told of them, and found again after a kill.

A folder has numbered places, so that several servers, one after another or at once, can be given the same volume; a
place belongs to the process that holds its lock. A place is one file of records, each

    8 bytes  mark        "BlinkSp1"
    8 bytes  length      of the payload, big-endian
    32 bytes sha256      of length and payload
    payload

One record is appended at a time and synced before the next, so that only the last one can be torn. A torn one was
never answered, and is cut off; damage before the last record is a loss, and told.
"""

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Event, RLock

from predictor.errors import PredictorError

FILE = "audits"
LOCK = "lock"
MOST_PLACES = 64

_MARK = b"BlinkSp1"
_HEAD = struct.Struct(">8sQ32s")


class SpoolError(PredictorError):
    """A spool cannot be used; the message says where and what to do."""


class SpoolFullError(PredictorError):
    """A record finds no room; a later one may."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record's payload stands in the file."""

    start: int
    length: int

    @property
    def end(self) -> int:
        """The byte behind it."""
        return self.start + self.length


class Spool:
    """One place of a folder. Safe from any thread."""

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        """Take the place: its lock is held until `close`. A torn last record is cut off.

        Raises:
            SpoolError: where it cannot be used, or a record before the last is damaged.
            BlockingIOError: where another process holds the lock.
        """
        self.folder = folder
        self.filled = Event()
        """Set while there are records."""
        self._most_bytes = most_bytes
        self._alone = RLock()
        self._broken = ""
        with _told(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with _told(folder):
                self._file = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
                _sync_folder(folder)
                self._places, self._end = self._found()
        except BaseException:
            os.close(self._lock)
            raise
        self._note()

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._end

    def places(self) -> list[Place]:
        """Where the records stand, the oldest first."""
        with self._alone:
            return list(self._places)

    def append(self, payload: bytes) -> Place:
        """Where the payload stands, after it is on the disk.

        Raises:
            SpoolFullError: where there is no room for it; nothing was written.
            SpoolError: where the disk failed; nothing is taken any more.
        """
        with self._alone:
            if self._broken:
                raise SpoolError(self._broken)
            place = Place(self._end + _HEAD.size, len(payload))
            if place.end > self._most_bytes:
                raise SpoolFullError(f"spool {self.folder}: {self._end} of {self._most_bytes} bytes are taken")
            self._write(_head(payload) + payload)
            self._places.append(place)
            self._end = place.end
            self._note()
            return place

    def read(self, place: Place) -> bytes:
        """The payload at a place that has not been dropped.

        Raises:
            SpoolError: where the disk fails.
        """
        with _told(self.folder):
            return os.pread(self._file, place.length, place.start)

    def drop(self, records: int) -> None:
        """Forget the oldest records; with the last one the file is emptied.

        After a kill in between they are found again: whoever drains them leaves out what is stored already.

        Raises:
            SpoolError: where the disk fails.
        """
        with self._alone:
            del self._places[:records]
            if not self._places:
                with _told(self.folder):
                    os.ftruncate(self._file, 0)
                    os.fsync(self._file)
                self._end = 0
            self._note()

    @contextmanager
    def held_off(self) -> Iterator[None]:
        """Nobody else appends meanwhile."""
        with self._alone:
            yield

    def close(self) -> None:
        """Leave the place to others, with what is in it."""
        with self._alone:
            self._broken = f"spool {self.folder}: is closed"
            os.close(self._file)
            os.close(self._lock)

    def _note(self) -> None:
        if self._places:
            self.filled.set()
        else:
            self.filled.clear()

    def _write(self, record: bytes) -> None:
        try:
            _write_all(self._file, record, self._end)
        except OSError as error:
            # Nothing was synced, and nobody was told: what was written of it is cut off.
            self._broken = f"spool {self.folder}: {error.strerror}, and what was written of a record stays in the file"
            with suppress(OSError):
                os.ftruncate(self._file, self._end)
                os.fsync(self._file)
                self._broken = ""
            raise SpoolFullError(f"spool {self.folder}: {error.strerror}") from error
        try:
            os.fsync(self._file)
        except OSError as error:
            # After a failed sync the kernel may call the same pages clean: nothing more can be promised.
            self._broken = f"spool {self.folder}: the disk failed ({error.strerror}); replace it and start again"
            raise SpoolError(self._broken) from error

    def _found(self) -> tuple[list[Place], int]:
        places: list[Place] = []
        end, size = 0, os.fstat(self._file).st_size
        while end < size:
            place = _record_at(self._file, end)
            if place is None:
                self._cut_torn(end, size)
                break
            places.append(place)
            end = place.end
        return places, end

    def _cut_torn(self, end: int, size: int) -> None:
        rest = os.pread(self._file, size - end, end)
        at = rest.find(_MARK, 1)
        while at >= 0:
            if _record_at(self._file, end + at) is not None:
                raise SpoolError(
                    f"spool {self.folder}: the record at byte {end} is damaged, and others follow it: it may hold "
                    "audits of scores that were answered. Keep a copy of the file, and restore it from a backup, or "
                    "move it away"
                )
            at = rest.find(_MARK, at + 1)
        os.ftruncate(self._file, end)
        os.fsync(self._file)


def claimed(folder: Path, *, most_bytes: int) -> Spool:
    """The first place of the folder that no other process has, one with records before an empty one.

    Raises:
        SpoolError: where there is none, or it cannot be used.
    """
    names = sorted((folder / str(number) for number in range(MOST_PLACES)), key=lambda place: not has_records(place))
    for place in names:
        with suppress(BlockingIOError):
            return Spool(place, most_bytes=most_bytes)
    raise SpoolError(
        f"spool {folder}: all of its {MOST_PLACES} places are taken by running servers; give another folder"
    )


def left_behind(folder: Path, *, most_bytes: int) -> Iterator[Spool]:
    """The places with records that no process has any more, each taken.

    Raises:
        SpoolError: where one cannot be used.
    """
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        if place.name.isdecimal() and has_records(place):
            with suppress(BlockingIOError):
                yield Spool(place, most_bytes=most_bytes)


def has_records(place: Path) -> bool:
    """Whether a place's file is there and not empty."""
    try:
        return (place / FILE).stat().st_size > 0
    except OSError:
        return False


def _head(payload: bytes) -> bytes:
    return _HEAD.pack(_MARK, len(payload), _digest(payload))


def _digest(payload: bytes) -> bytes:
    return sha256(len(payload).to_bytes(8, "big") + payload).digest()


def _record_at(file: int, offset: int) -> Place | None:
    head = os.pread(file, _HEAD.size, offset)
    if len(head) < _HEAD.size:
        return None
    mark, length, digest = _HEAD.unpack(head)
    if mark != _MARK or length > os.fstat(file).st_size - offset - _HEAD.size:
        return None
    payload = os.pread(file, length, offset + _HEAD.size)
    return Place(offset + _HEAD.size, length) if _digest(payload) == digest else None


def _write_all(file: int, content: bytes, offset: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(file, view, offset)
        view, offset = view[written:], offset + written


def _sync_folder(folder: Path) -> None:
    for one in (folder, folder.parent):
        descriptor = os.open(one, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except BlockingIOError:
        raise
    except OSError as error:
        raise SpoolError(
            f"spool {folder}: {error.strerror}; a folder on a persistent volume that can be written is needed"
        ) from error
