"""Logs as lines of JSON."""

import json
import logging
import subprocess
import sys

from blink.json_log import JsonLines, tell


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


UNCAUGHT = """
import os, threading, warnings
from blink.json_log import start_log, tell
start_log("json")
tell("REST on port 1")
warnings.warn("a value is not what it was")
thread = threading.Thread(target=lambda: int("u-17"))
thread.start()
thread.join()
class Dropped:
    def __del__(self):
        raise ValueError("u-17")
Dropped()
assert os.environ["GRPC_VERBOSITY"] == "NONE"
raise LookupError("u-17")
"""


def test_what_nobody_logs_is_a_line_of_the_log_all_the_same():
    ended = subprocess.run([sys.executable, "-c", UNCAUGHT], capture_output=True, text=True, check=False)
    said = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [one["level"] for one in said] == ["INFO", "WARNING", "CRITICAL", "CRITICAL", "CRITICAL"]
    assert [one["exception"][0]["type"] for one in said[2:]] == [
        f"builtins.{kind}Error" for kind in ("Value", "Value", "Lookup")
    ]
    assert "a value is not what it was" in said[1]["message"]
    assert ended.returncode == 1
    assert "u-17" not in ended.stderr


def test_in_text_it_is_said_as_it_is(capsys):
    tell("REST on port 1")
    assert capsys.readouterr().err == "REST on port 1\n"
