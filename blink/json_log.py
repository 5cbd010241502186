"""Logs as lines of JSON, without anybody's data.

A log line says what our own code wrote: ids of requests and models, routes, counts. An exception's message may quote
what was being worked on, so of a fault that nobody expected only its type and the places it passed are said.
"""

import json
import logging
import os
import sys
import threading
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal

LogFormat = Literal["text", "json"]

_log = logging.getLogger(__name__)

TEXT = "%(levelname)s %(name)s: %(message)s"


class JsonLines(logging.Formatter):
    """One object a line: `time` (UTC), `level`, `logger`, `message`, and `exception` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's line, without its end."""
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            said["exception"] = _chain(record.exc_info[1])
        return json.dumps(said, ensure_ascii=False)


def start_log(log_format: LogFormat) -> None:
    """Log everything from INFO on to standard error, in that format; of the migrations only what is wrong.

    As lines of JSON go there, in this process and in those that it starts, also warnings, faults that nobody caught,
    and nothing of gRPC's core, which would write as it likes. To be called before gRPC is imported.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_format == "json" else logging.Formatter(TEXT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if log_format == "json":
        os.environ["GRPC_VERBOSITY"] = "NONE"
        logging.captureWarnings(capture=True)
        sys.excepthook = _uncaught
        threading.excepthook = lambda said: _uncaught(said.exc_type, said.exc_value, said.exc_traceback)
        sys.unraisablehook = lambda said: _uncaught(said.exc_type, said.exc_value, said.exc_traceback)


def tell(sentence: str) -> None:
    """Say something to whoever started the command, on standard error: a line of the log where that is of JSON."""
    if any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers):
        _log.info(sentence)
    else:
        sys.stderr.write(f"{sentence}\n")


def _uncaught(kind: type[BaseException], error: BaseException | None, places: TracebackType | None) -> None:
    """What Python would write of a fault that nobody caught; of one that only says to end, nothing."""
    if not issubclass(kind, SystemExit | KeyboardInterrupt):
        _log.critical("a fault that nobody caught", exc_info=(kind, error or kind(), places))


def _chain(error: BaseException | None) -> list[dict[str, object]]:
    """The error and what it came from, the first cause last."""
    links: list[dict[str, object]] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        links.append({"type": f"{type(error).__module__}.{type(error).__qualname__}", "frames": _frames(error)})
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return links


def _frames(error: BaseException) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
