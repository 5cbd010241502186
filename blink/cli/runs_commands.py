"""`blink runs`: what the pipeline did."""

from blink.cli.arguments import Subcommands, add_portfolio, command, given, group, positive, run_id

TRAIN_OR_SCORE = ("score", "train")


def add_runs(commands: Subcommands) -> None:
    """Add the commands."""
    members = group(commands, "runs", "runs of scoring and training")
    listing = command(members, "list", "the latest runs, and what came of them", "runs:list_latest")
    listing.add_argument("--portfolio", metavar="NAME", help="only that portfolio's")
    listing.add_argument("--kind", choices=TRAIN_OR_SCORE, help="only that kind")
    listing.add_argument("--limit", type=positive, default=50, metavar="N", help="at most so many (default 50)")
    show = command(members, "show", "everything that is recorded of a run", "runs:show")
    show.add_argument("run_id", type=run_id, metavar="ID")
    _add_record(members)


def _add_record(members: Subcommands) -> None:
    record = command(members, "record", "record how a workflow ended (its exit handler)", "runs:record")
    add_portfolio(record)
    record.add_argument("--kind", choices=TRAIN_OR_SCORE, required=True, help="what the workflow does")
    record.add_argument("--workflow", required=True, metavar="NAME", help="the workflow's name")
    record.add_argument("--status", required=True, metavar="STATUS", help="Argo's: Succeeded, Failed or Error")
    record.add_argument("--message", default="", metavar="TEXT", help="why; Argo's list of failures is read")
    record.add_argument(
        "--run-id", type=given(run_id), metavar="ID", help="the run that it was started for, where one was asked for"
    )
