"""The options of `blink bench`."""

import argparse
from pathlib import Path

from blink.cli.arguments import Subcommands, command, group, positive, whole

WORK = Path(".build/bench")
"""Where `make bench-peers` installs the peers, from the repository's root."""

MADE = "with --out DIR also a page and a picture go there"


def add_bench(commands: Subcommands) -> None:
    """`blink bench {engine,explain,server}`."""
    members = group(commands, "bench", "speed beside the strongest peers, interleaved in one run")
    _add_trees(command(members, "engine", "margins: our engine beside others", "bench:engine"))
    _add_trees(command(members, "explain", "exact contributions: our engine beside others", "bench:explain"))
    _add_server(command(members, "server", "one-row requests: our server beside others", "bench_server:server"))


def _add_trees(parser: argparse.ArgumentParser) -> None:
    parser.epilog = f"Peers: `make bench-peers`; {MADE}."
    parser.add_argument(
        "--model",
        action="append",
        metavar="TxL",
        help="trees x leaves of a model, such as 500x31; may be repeated (default: 500x31, 200x31 and 1000x63)",
    )
    parser.add_argument(
        "--rows", action="append", type=positive, metavar="N", help="rows at once; may be repeated (default: all sizes)"
    )
    parser.add_argument(
        "--contestant",
        action="append",
        metavar="NAME",
        help="a contestant beside the baseline; may be repeated (default: all that are installed)",
    )
    parser.add_argument("--rounds", type=positive, metavar="N", help="rounds (default: 3 to 25, by the rows at once)")
    parser.add_argument("--core", type=whole, metavar="C", help="the one core to use (default: the last)")
    _add_work(parser)


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.epilog = f"Peers: `make bench-peers`; needs Go for its client; {MADE}."
    parser.add_argument("--model", default="500x31", metavar="TxL", help="trees x leaves of the model (default 500x31)")
    parser.add_argument("--rounds", type=positive, default=5, metavar="N", help="rounds (default 5)")
    parser.add_argument(
        "--seconds", type=positive, default=3, metavar="S", help="of each kind of request in each round (default 3)"
    )
    parser.add_argument("--core", type=whole, metavar="C", help="the servers' core (default: the last)")
    parser.add_argument(
        "--audited",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="audited scores too, on an embedded PostgreSQL (default)",
    )
    _add_work(parser)


def _add_work(parser: argparse.ArgumentParser) -> None:
    """Where a benchmark keeps what it makes."""
    parser.add_argument(
        "--work",
        type=Path,
        default=WORK,
        metavar="DIR",
        help=f"where the peers are installed and models are kept (default {WORK})",
    )
