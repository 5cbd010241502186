"""Logs as lines of JSON, without anybody's data.

A log line says what our own code wrote: ids of requests and models, routes, counts. An exception's message may quote
what was being worked on, so of a fault that nobody expected only its type and the places it passed are said.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Literal

LogFormat = Literal["text", "json"]

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
    """Log everything from INFO on to standard error, in that format; of the migrations only what is wrong."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_format == "json" else logging.Formatter(TEXT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)


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
