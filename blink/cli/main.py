"""The command line: parse, hand over to one command, answer with its text or JSON and its exit code."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from blink.cli.parser import build_parser
from blink.outcome import Outcome, as_json, prepare_facts, write_facts


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 wrong call, 75 try again, 78 wrong configuration.

    Only the chosen command's modules are imported, so that `blink --help` answers at once.
    """
    chosen = build_parser().parse_args(arguments)
    module, function = chosen.handler.split(":")
    folder: Path | None = None
    try:
        folder = None if chosen.out is None else prepare_facts(chosen.out)
        outcome: Outcome = getattr(import_module(module), function)(chosen)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except Exception as error:
        codes = import_module("blink.exit_codes")
        code = codes.exit_code(error)
        if code is None:
            raise
        print(f"blink: {codes.message(error)}", file=sys.stderr)
        _tell({"error": codes.message(error), "exit_code": code}, folder, to_stdout=chosen.json)
        return int(code)
    if outcome.text and not chosen.json:
        print(outcome.text)
    _tell(outcome.facts, folder, to_stdout=chosen.json)
    return outcome.exit_code


def _tell(facts: Mapping[str, object], folder: Path | None, *, to_stdout: bool) -> None:
    """Facts for machines, where they were asked for."""
    if folder is not None:
        write_facts(facts, folder)
    if to_stdout:
        print(as_json(facts))
