"""The command line: parse, hand over to one command, answer with its text or JSON and its exit code."""

import json
import sys
from collections.abc import Sequence
from importlib import import_module

from blink.cli.parser import build_parser
from blink.outcome import Outcome


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 wrong call, 75 try again, 78 wrong configuration.

    Only the chosen command's modules are imported, so that `blink --help` answers at once.
    """
    chosen = build_parser().parse_args(arguments)
    module, function = chosen.handler.split(":")
    try:
        outcome: Outcome = getattr(import_module(module), function)(chosen)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except Exception as error:
        codes = import_module("blink.exit_codes")
        code = codes.exit_code(error)
        if code is None:
            raise
        return _fail(codes.message(error), code, as_json=chosen.json)
    _answer(outcome, as_json=chosen.json)
    return outcome.exit_code


def _answer(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(outcome.facts, sort_keys=True, allow_nan=False))
    elif outcome.text:
        print(outcome.text)


def _fail(message: str, code: int, *, as_json: bool) -> int:
    print(f"blink: {message}", file=sys.stderr)
    if as_json:
        print(json.dumps({"error": message, "exit_code": code}, sort_keys=True))
    return code
