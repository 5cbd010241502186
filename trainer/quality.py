"""What a model must reach by itself, whatever it competes with."""

from credit.portfolios import Portfolio
from trainer.arrays import Outcomes
from trainer.errors import InsufficientSamplesError, QualityGateError


def require_samples(y: Outcomes, portfolio: Portfolio) -> None:
    """Do nothing where there are as many labelled rows as the portfolio asks for.

    Raises:
        InsufficientSamplesError: with the count.
    """
    needed = 0 if portfolio.quality is None else portfolio.quality.min_rows
    if len(y) < needed:
        raise InsufficientSamplesError(f"too few samples: {len(y)} labelled rows; at least {needed} are needed")


def require_quality(auc: float, portfolio: Portfolio) -> None:
    """Do nothing where the ROC AUC of judged rows reaches what the portfolio asks for.

    Raises:
        QualityGateError: with the AUC and the threshold.
    """
    threshold = 0.0 if portfolio.quality is None else portfolio.quality.min_auc
    # Written so that an AUC which is not a number is refused.
    if threshold and not auc >= threshold:
        raise QualityGateError(auc, threshold)
