"""`blink data generate`: the options of each portfolio that has a simulator."""

from pathlib import Path

from blink.cli.arguments import Subcommands, add_portfolio, batch_id, command, positive, utc_time, whole

LOANS = "defi_lending: a file to write, CSV or Parquet by its suffix; without it the loans are loaded"


def add_generate(members: Subcommands) -> None:
    """Add the command to `blink data`."""
    summary = "simulate a portfolio: cash_advance (docs/simulator.md) or defi_lending (docs/defi.md)"
    generate = command(members, "generate", summary, "generate:generate", writes=LOANS)
    add_portfolio(generate)
    generate.add_argument("--seed", type=whole, default=0, metavar="S")
    generate.add_argument(
        "--end",
        type=utc_time,
        metavar="T",
        help="when the history ends (default: today; of defi_lending 2025-01-01, so that a seed gives the same file)",
    )
    generate.add_argument("--users", type=positive, metavar="N", help="cash_advance: users (default 1000)")
    generate.add_argument("--months", type=positive, metavar="M", help="cash_advance: of their history (default 12)")
    generate.add_argument(
        "--truth", type=Path, metavar="F", help="cash_advance: where the true probabilities go (Parquet)"
    )
    generate.add_argument("--rows", type=positive, metavar="N", help="defi_lending: loans (default 100000)")
    generate.add_argument(
        "--batch-id",
        type=batch_id,
        metavar="B",
        help="defi_lending: the batch that the loans are loaded as (default generated_S, after the seed)",
    )
