"""The command line: parse, hand over to one command, answer with its text or JSON and its exit code."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from blink.cli.parser import build_parser
from blink.outcome import Outcome, as_json, prepare_facts, write_facts

READER_GONE = 128 + signal.SIGPIPE
"""What a shell reports of a program that wrote to a pipe which nobody reads any more."""


class _ReaderGoneError(Exception):
    """Nobody reads standard output any more."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 wrong call, 75 try again, 78 wrong configuration.

    Where the reader of standard output has gone, as `head` does, it ends without a word.
    """
    try:
        return _run(arguments)
    except _ReaderGoneError:
        return _end_quietly()
    except SystemExit:  # argparse has printed a help or an error
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            return _end_quietly()
        raise


def _say(text: str) -> None:
    """Print to standard output; only what is broken there ends quietly, not a connection of the command's own."""
    try:
        print(text, flush=True)
    except BrokenPipeError as error:
        raise _ReaderGoneError from error


def _end_quietly() -> int:
    # Python flushes once more at its end, and would say that it cannot.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return READER_GONE


def _run(arguments: Sequence[str]) -> int:
    """Only the chosen command's modules are imported, so that `blink --help` answers at once."""
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
        _say(outcome.text)
    _tell(outcome.facts, folder, to_stdout=chosen.json)
    return outcome.exit_code


def _tell(facts: Mapping[str, object], folder: Path | None, *, to_stdout: bool) -> None:
    """Facts for machines, where they were asked for."""
    if folder is not None:
        write_facts(facts, folder)
    if to_stdout:
        _say(as_json(facts))
