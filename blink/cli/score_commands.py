"""`blink score PORTFOLIO`, and its steps beside it: plan, shard, finish."""

import argparse

from blink.cli.arguments import (
    Subcommands,
    add_portfolio,
    add_workflow,
    command,
    given,
    positive,
    run_id,
    utc_time,
    whole,
)

STEPS = """\
The same as three steps, for workflow engines, each of which may be killed and called again:
  blink score plan PORTFOLIO [--as-of T] [--shards N]
  blink score shard PORTFOLIO --run-id ID --shard K
  blink score finish PORTFOLIO --run-id ID"""


def add_score(commands: Subcommands) -> None:
    """Add the commands."""
    whole_run = command(commands, "score", "score every subject with new data, once", "score:score")
    whole_run.epilog = STEPS
    _add_time(whole_run)
    _add_plan(commands)
    shard = command(commands, "score shard", "step 2 of scoring: score what is left of a shard", "score:shard")
    _add_run(shard)
    shard.add_argument("--shard", type=whole, required=True, metavar="K", help="one of the plan's shards")
    _add_run(command(commands, "score finish", "step 3 of scoring: close a run that is scored", "score:finish"))


def _add_plan(commands: Subcommands) -> None:
    plan = command(commands, "score plan", "step 1 of scoring: fix a run, or take up one left behind", "score:plan")
    _add_time(plan)
    plan.add_argument(
        "--shards",
        type=positive,
        default=1,
        metavar="N",
        help="parts that can be scored at once (default 1; a run that is taken up keeps its own)",
    )
    add_workflow(plan)


def _add_time(parser: argparse.ArgumentParser) -> None:
    add_portfolio(parser)
    parser.add_argument(
        "--as-of", type=given(utc_time), metavar="T", help="score with what was known then (default: now)"
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    add_portfolio(parser)
    parser.add_argument("--run-id", type=run_id, required=True, metavar="ID", help="the plan's run")
