"""Logs as lines of JSON."""

import json
import logging
import sys

from blink.json_log import JsonLines


def line(message: str, *values: object, exc_info: object = None) -> dict:
    record = logging.LogRecord("predictor", logging.ERROR, __file__, 1, message, values, exc_info)
    record.created = 1_767_225_600.5
    text = JsonLines().format(record)
    assert "\n" not in text
    return json.loads(text)


def test_a_record_is_one_object_on_one_line():
    assert line("request %s: failed\n", "7f3a") == {
        "time": "2026-01-01T00:00:00.500+00:00",
        "level": "ERROR",
        "logger": "predictor",
        "message": "request 7f3a: failed\n",
    }


def test_an_exception_is_told_by_type_and_place_and_never_by_what_it_quotes():
    def inner() -> None:
        raise ValueError("could not convert 'a customer's name'")

    try:
        try:
            inner()
        except ValueError as error:
            raise LookupError("u-17") from error
    except LookupError:
        said = line("request %s failed", "7f3a", exc_info=sys.exc_info())
    outer, cause = said["exception"]
    assert (outer["type"], cause["type"]) == ("builtins.LookupError", "builtins.ValueError")
    assert cause["frames"][-1].endswith(" inner")
    assert "customer" not in json.dumps(said)
    assert "u-17" not in json.dumps(said)
