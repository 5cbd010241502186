"""The reference page of the features, made from their definitions: `python -m credit.features.reference_page`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from credit.features.catalogue import CASH_FLOW
from credit.features.definition import Definition

_COMMAND = "python -m credit.features.reference_page docs/features.md"

_INTRODUCTION = f"""\
# Features of a cash-flow portfolio

Made from `credit/features/catalogue.py` by `{_COMMAND}`; `make check` fails where it differs. The values come from
`credit/features/cash_flow.sql`, one statement for training, batch, online and backfill.

## What they have in common

**What is visible.** A feature as of *t* reads the rows that were known then: `ingested_at <= t`, and, where the score
keeps a snapshot, only what that snapshot saw. Of each account, transaction, advance and repayment the last version
known counts; where that version is voided, nothing does. A correction that came later never changes the value.

**What counts.** Transactions with status `posted` and `posted_at < t`. Pending ones are left out: their amount may
still change, and once posted they come as the next version. All accounts of the user count together.

**Windows.** A window of *n* days is the *n* complete local days before *t* and the current local day up to *t*, by the
calendar of each account's time zone. A transaction of just now thus changes the next score.

**Money** is in major units of the portfolio's currency. Another currency converts, to the nearest minor unit, at the
latest rate known at *t* (`valid_at <= t`; quoted directly or inversely, the later of the two, at a tie the direct
one). Where a window holds an amount without a rate, its features of money are unknown.

**Words.** *Pay*: money in with category salary or benefit. *Income*: money in with category salary, benefit, cash_in,
transfer_in or interest; transfers between the user's own accounts are not told apart. *Money out*: every negative
amount except repayments of advances. *Balance*: `balance_after` of an account's last posted transaction that has one;
of rows of one instant, the one with the greatest provider's id (longer ids are greater).

**Direction** is stated towards repayment: + more is better, − more is worse, 0 free. A model is held to + and −.

**Unknown** is NULL with a reason, never 0. A user without a posted transaction before *t* has no history.
"""

_DIRECTIONS = {1: "+", -1: "−", 0: "0"}


def page() -> str:
    """The reference page in Markdown, ending with a newline."""
    overview = "\n".join(_overview_row(definition) for definition in CASH_FLOW)
    table = f"| feature | unit | direction | window | reason group |\n|---|---|---|---|---|\n{overview}\n"
    sections = "\n".join(_section(definition) for definition in CASH_FLOW)
    return f"{_INTRODUCTION}\n## Overview\n\n{table}\n## Definitions\n\n{sections}"


def _overview_row(definition: Definition) -> str:
    feature = definition.feature
    direction = _DIRECTIONS[feature.direction]
    return f"| `{feature.name}` | {feature.unit} | {direction} | {definition.window} | {feature.reason_group} |"


def _section(definition: Definition) -> str:
    feature = definition.feature
    return (
        f"### `{feature.name}`\n\n"
        f"{definition.definition} Unit: {feature.unit}. Window: {definition.window}. "
        f"Direction: {_DIRECTIONS[feature.direction]}. Unknown where {definition.null_when}.\n"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with `--check` compare it; 0 done or equal, 1 different or absent."""
    parser = argparse.ArgumentParser(prog="python -m credit.features.reference_page", description=__doc__)
    parser.add_argument("path", type=Path, help="the page, docs/features.md")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the page differs")
    options = parser.parse_args(arguments)
    if not options.check:
        options.path.write_text(page(), encoding="utf-8")
        return 0
    if options.path.is_file() and options.path.read_text(encoding="utf-8") == page():
        return 0
    sys.stderr.write(f"{options.path} is not what the code says: run {_COMMAND} and commit the page\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
