"""Whether a model holds over time: the judged rows by month or year."""

import math

import numpy as np
from scipy.special import chdtri

from credit.bundle.bins import Bins, bins_of
from credit.bundle.evaluation import JudgedVintage
from credit.portfolios import FeatureKind
from trainer.arrays import Floats, Outcomes, Times
from trainer.evaluation import probability
from trainer.ranking import auc_of
from trainer.rows import periods
from trainer.wilson import Z, wilson


def judged_vintages(
    requested_at: Times, y: Outcomes, log_odds: Floats, *, of_fitted: Floats
) -> tuple[JudgedVintage, ...]:
    """Rows with outcomes `[n]` and log-odds of default `[n]` by their time; `of_fitted` are log-odds of fitted rows."""
    fitted = bins_of(of_fitted, FeatureKind.NUMERIC)
    named = periods(requested_at)
    return tuple(_vintage(str(name), y[named == name], log_odds[named == name], fitted) for name in np.unique(named))


def _vintage(name: str, y: Outcomes, log_odds: Floats, fitted: Bins) -> JudgedVintage:
    rows, bads = len(y), int(y.sum())
    bad_rate = wilson(bads / rows, rows)
    auc = auc_of(y, log_odds) if 0 < bads < rows else None
    # At an AUC of 0 or 1 the standard error is 0, of one bad as of a thousand: that is no interval.
    auc_lower, auc_upper = (None, None) if auc in {None, 0.0, 1.0} else auc_bounds(auc, bads, rows - bads)
    index, by_chance = stability_index(fitted, log_odds)
    return JudgedVintage(
        name=name,
        rows=rows,
        bads=bads,
        bad_rate=bad_rate.estimate,
        bad_rate_lower=bad_rate.lower,
        bad_rate_upper=bad_rate.upper,
        mean_pd=float(probability(log_odds).mean()),
        roc_auc=auc,
        roc_auc_lower=auc_lower,
        roc_auc_upper=auc_upper,
        psi=index,
        psi_by_chance=by_chance,
    )


def auc_bounds(auc: float, bads: int, goods: int) -> tuple[float, float]:
    """Ends of the 95 % interval of an AUC in (0, 1), by the standard error of Hanley and McNeil (Radiology 143, 1982).

    Rows count as if they were independent.
    """
    of_bads, of_goods = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = (bads - 1) * (of_bads - auc**2) + (goods - 1) * (of_goods - auc**2)
    reach = Z * math.sqrt((auc * (1 - auc) + spread) / (bads * goods))
    return max(0.0, auc - reach), min(1.0, auc + reach)


def stability_index(fitted: Bins, scores: Floats) -> tuple[float, float]:
    """The population stability index of scores `[n]` in bins of the fitted rows, and its 95 % quantile by chance.

    Sum of (p - q) ln(p / q) over the bins (Siddiqi, Credit Risk Scorecards, 2006), half a row added to each so that an
    empty one is finite. Without any change it is about (1/n + 1/m) times chi-squared with one degree less than there
    are bins (Yurdakul and Naranjo, Journal of Risk Model Validation 14, 2020).
    """
    # The last two are for missing and infinite values, which scores are not.
    expected, found = np.array(fitted.counts[:-2]), fitted.count(scores)[:-2]
    if len(expected) < 2:
        return 0.0, 0.0
    q, p = ((counts + 0.5) / (counts.sum() + len(counts) / 2) for counts in (expected, found))
    by_chance = (1 / expected.sum() + 1 / found.sum()) * chdtri(len(expected) - 1, 0.05)
    return float(np.sum((p - q) * np.log(p / q))), float(by_chance)
