"""`blink portfolio`: descriptions of portfolios."""

from pathlib import Path

from blink.cli.arguments import Subcommands, add_portfolio, command, group


def add_portfolios(commands: Subcommands) -> None:
    """Add the commands."""
    members = group(commands, "portfolio", "portfolio descriptions")
    summary = "propose a description of a lender's own table (docs/portfolios.md)"
    init = command(
        members, "init", summary, "portfolio:init", writes="where it goes (default: NAME.toml, after the table)"
    )
    init.add_argument("table", type=Path, metavar="FILE", help="the table: CSV, JSON lines or Parquet")
    init.add_argument(
        "--label",
        metavar="COLUMN",
        help="when a row is bad: a column of 0 and 1, or a comparison such as 'DaysLate > 0' (default: if it is clear)",
    )
    check = command(members, "check", "check a portfolio's description", "portfolio:check")
    add_portfolio(check)
    check.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="of a portfolio that comes as a table: check this file too, as a training would before it begins",
    )
