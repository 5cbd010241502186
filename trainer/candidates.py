"""Which algorithm and settings a training takes: the portfolio's own, or those that a comparison chooses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from credit.database.connection import connect
from credit.database.migrate import require_studies
from credit.database.schema import STUDIES_SCHEMA
from credit.portfolios import Portfolio
from trainer.fairness.alternatives import EqualCandidate
from trainer.rows import Progress, Rows
from trainer.tracking.tracker import Tracker


@dataclass(frozen=True, slots=True)
class ComparisonWish:
    """How algorithms are to be compared."""

    trials: int = 0
    """Of tuning, shared over the algorithms."""
    jobs: int = 1
    """Folds that are fitted at once."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be trained."""

    portfolio: Portfolio
    """With the chosen algorithm."""
    parameters: Mapping[str, float] = field(default_factory=dict)
    """Tuned settings of the algorithm."""
    selection: Mapping[str, Any] | None = None
    """How it was chosen, as JSON; None where the portfolio names it."""
    equals: tuple[EqualCandidate, ...] = ()
    """Candidates as good as the best, with their groups by protected columns."""


def chosen_of(
    engine: Engine,
    portfolio: Portfolio,
    wish: ComparisonWish | None,
    rows: Rows,
    *,
    dated: bool,
    seed: int,
    tracker: Tracker,
    progress: Progress,
) -> Chosen:
    """The portfolio as it is, or as a comparison on the labelled rows says, whose trials the database remembers.

    Raises:
        TrainingError, InsufficientRowsError: where nothing can be compared.
        SchemaOutdatedError: where the database has no place for the trials.
    """
    if wish is None:
        return Chosen(portfolio)
    from trainer.comparison.compare import ComparisonOrder, compare, selection_of  # noqa: PLC0415 - Optuna takes long
    from trainer.comparison.studies import stored_studies  # noqa: PLC0415

    url = engine.url.render_as_string(hide_password=False)
    store = connect(url, role="blink_trainer", schema=STUDIES_SCHEMA)
    try:
        with store.connect() as connection:
            require_studies(connection)
        found = compare(
            rows,
            portfolio,
            ComparisonOrder(stored_studies(store), wish.trials, wish.jobs),
            dated=dated,
            seed=seed,
            progress=progress,
            listener=lambda trial: tracker.tell("trial", trial),
        )
    finally:
        store.dispose()
    selection = selection_of(found)
    progress(f"chosen: {found.chosen.name}, mean AUC {found.chosen.mean_auc:.4f} over {found.folds} folds", 1, 1)
    tracker.tell("selection", selection)
    return Chosen(portfolio.with_algorithm(found.chosen.algorithm), found.chosen.parameters, selection, found.equals)
