"""`blink data load`: a lender's files in."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from blink.database import open_database
from blink.named_portfolio import named_portfolio
from blink.outcome import Outcome, WrongCallError
from blink.progress import progress
from blink.settings import read_settings
from credit.database.statistics import refresh_statistics
from credit.intake.load import LenderFiles, load_files
from credit.intake.summary import FileSummary, LoadSummary
from credit.intake.table_load import TableSummary, load_table_file
from credit.plain_table import table
from credit.portfolios import Portfolio

HEAD = ("file", "loaded", "already there", "rejected", "known")


def load(arguments: Namespace) -> Outcome:
    """Load a lender's files; nothing is loaded twice."""
    files = LenderFiles(
        arguments.accounts, arguments.transactions, arguments.advances, arguments.repayments, arguments.fx_rates
    )
    portfolio = named_portfolio(arguments.portfolio, read_settings(home=arguments.home))
    if arguments.labels is not None:
        return _load_labels(arguments, portfolio, alone=files == LenderFiles())
    if arguments.batch_id is not None:
        raise WrongCallError("--batch-id belongs to --labels")
    if files == LenderFiles():
        raise WrongCallError(
            "nothing to load: give --accounts, --transactions, --advances, --repayments or --fx-rates; of a portfolio "
            "that comes as a table --labels"
        )
    with open_database(read_settings(home=arguments.home), "blink_loader") as engine, progress() as report:
        summary = load_files(
            engine,
            portfolio,
            files,
            now=datetime.now(UTC),
            history=arguments.history,
            rejects=arguments.rejects,
            progress=lambda kind, rows, share: report(f"reading {kind}", rows, round(rows / share) if share else None),
        )
        refresh(arguments)
    return Outcome(summary_text(summary, arguments.rejects, history=arguments.history), _summary_facts(summary))


def _load_labels(arguments: Namespace, portfolio: Portfolio, *, alone: bool) -> Outcome:
    if not alone or arguments.rejects is not None or arguments.history is not None:
        raise WrongCallError(
            "--labels is loaded alone, all rows or nothing, and known from now on: leave out other files, --rejects, "
            "--history and --live"
        )
    with open_database(read_settings(home=arguments.home), "blink_loader") as engine, progress() as report:
        summary = load_table_file(
            engine,
            portfolio,
            arguments.labels,
            batch_id=arguments.batch_id,
            now=datetime.now(UTC),
            progress=lambda kind, rows, share: report(f"reading {kind}", rows, round(rows / share) if share else None),
        )
        refresh(arguments)
    return Outcome(table_text(summary), asdict(summary))


def table_text(summary: TableSummary) -> str:
    """What was loaded of a table, and what its batches hold now."""
    lines = [f"{summary.file}: {summary.loaded:,} rows loaded, {summary.already_there:,} already there"]
    batches = [(one.batch_id, f"{one.rows:,}", f"{one.labelled:,}", f"{one.bads:,}") for one in summary.batches]
    lines.append(table(("batch", "rows", "labelled", "bad"), batches))
    lines += [f"{one.feature}: {one}; stored as they are, to a model they are missing" for one in summary.unlisted]
    if summary.ignored_columns:
        lines.append(f"columns not read: {', '.join(summary.ignored_columns)}")
    return "\n".join(lines)


def refresh(arguments: Namespace) -> None:
    """Refresh the planner's statistics, as the owner; called while the loader keeps the embedded server running."""
    with open_database(read_settings(home=arguments.home), "blink_owner") as engine:
        refresh_statistics(engine)


def summary_text(summary: LoadSummary, rejects: Path | None, *, history: bool | None) -> str:
    """What was loaded, refused and left out; `history` is what the caller asked for, None: nothing."""
    lines = [table(HEAD, [_row(file) for file in summary.files])]
    for file in summary.files:
        lines += [_rejected(file.kind, *reason) for reason in file.reasons]
        if file.ignored_columns:
            lines.append(f"{file.kind}: columns not read: {', '.join(file.ignored_columns)}")
        if file.loaded and not file.history and history is None:
            lines.append(
                f"{file.kind}: known from now on, since {summary.portfolio} has some already; give --history if they "
                "were known in their own time (another lender's data belongs under another BLINK_HOME)"
            )
    if summary.rejected:
        lines.append(f"rejected rows: {rejects}" if rejects else "give --rejects F to get the rejected rows in a file")
    return "\n".join(lines)


def _rejected(kind: str, column: str, reason: str, count: int) -> str:
    return f"{kind}: {count:,} rejected{f', {column}' if column else ''}: {reason}"


def _row(file: FileSummary) -> Sequence[str]:
    known = "in their own time" if file.history else "from now on"
    return (file.file, f"{file.loaded:,}", f"{file.already_there:,}", f"{file.rejected:,}", known)


def _summary_facts(summary: LoadSummary) -> dict[str, object]:
    return {
        "portfolio": summary.portfolio,
        "loaded": summary.loaded,
        "already_there": summary.already_there,
        "rejected": summary.rejected,
        "files": [asdict(file) for file in summary.files],
    }
