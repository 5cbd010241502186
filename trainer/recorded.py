"""What a bundle keeps of the rows that a model was trained on and judged by, beside its metrics."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from credit.bundle.evaluation import Parity, RecordedEvaluation, Vintage
from credit.bundle.reference import spaced
from credit.portfolios import Portfolio
from trainer.arrays import Indices
from trainer.curves import curves_of
from trainer.judgement import Trained
from trainer.rows import Source
from trainer.stability import judged_vintages


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the rows of a training came from."""

    labels_as_of: datetime
    source: Source
    vintages: tuple[Vintage, ...]
    """Of all rows, those without a label among them."""
    parity: Parity


def recorded(portfolio: Portfolio, trained: Trained, origin: Origin) -> RecordedEvaluation:
    """The record of a trained model; nothing in it grows with the number of rows."""
    rows, fit = trained.rows, trained.fit
    y, at = rows.y[fit.judged], rows.requested_at[fit.judged]
    roc, tenths = curves_of(y, fit.log_odds)
    of_fitted = fit.model.log_odds(rows.values[kept_of_fitted(trained)])
    return RecordedEvaluation(
        labels_as_of=origin.labels_as_of,
        source=origin.source,
        rows_sha256=rows.sha256(dated=trained.dated),
        dated=trained.dated,
        subject=portfolio.subject,
        currency=portfolio.currency,
        protected=portfolio.protected,
        split=portfolio.split,
        slices=fit.slices,
        vintages=origin.vintages,
        parity=origin.parity,
        rounds=fit.model.estimator.rounds,
        calibrated_on=fit.model.calibrated_on,
        roc=roc,
        tenths=tenths,
        by_vintage=judged_vintages(at, y, fit.log_odds, of_fitted=of_fitted) if trained.dated else (),
    )


def kept_of_fitted(trained: Trained) -> Indices:
    """Positions of the rows that shaped the model, in order of time and as many as a bundle keeps."""
    return np.sort(trained.fit.fitted)[spaced(len(trained.fit.fitted))]
