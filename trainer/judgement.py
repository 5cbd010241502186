"""What is known of a fitted model before anyone decides about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from credit.bundle.algorithms import algorithm_named as served
from credit.costs import CostReport, cost_report, stakes_of
from credit.portfolios import Portfolio
from trainer.algorithm import algorithm_named
from trainer.arrays import Floats
from trainer.bootstrap import Interval, codes_of
from trainer.classification import Classification, classify
from trainer.evaluation import Evaluation, auc_interval, evaluate, probability
from trainer.fitting import Fit
from trainer.importance import Importance, rank_importance
from trainer.rows import Rows

EXPLAINED_ROWS = 2000
"""Rows that importance is taken from at most; exact contributions by the reference engine take about 1 ms a row."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """AUC where the censored rows of the judged time are counted as good: what forgetting to censor would show."""

    censored: int
    roc_auc: Interval


@dataclass(frozen=True, slots=True)
class RowCount:
    """Rows, and how many of them are bad."""

    rows: int
    bads: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """Measures of one model."""

    evaluation: Evaluation
    indicative: bool
    """Too few bads were judged for the figures to decide anything."""
    sensitivity: Sensitivity | None
    """None where no row is censored."""
    importance: tuple[Importance, ...]
    classification: Classification
    """Of the judged rows, at the portfolio's cut-off."""
    fitted: RowCount
    """Rows that shaped the model."""
    costs: CostReport | None = None
    """Of decisions on the judged rows by expected cost; None where the portfolio states no costs."""
    selection: Mapping[str, Any] | None = None
    """How algorithm and settings were chosen, as JSON; None where the portfolio names them."""


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A fit with the labelled rows that it was made from, and its measures."""

    rows: Rows
    fit: Fit
    judgement: Judgement
    dated: bool = True
    """Whether rows have times: without one none is known to be later than another."""


def judge(rows: Rows, censored: Rows, fit: Fit, portfolio: Portfolio, rng: np.random.Generator) -> Judgement:
    """The measures of a fit of labelled `rows`; `censored` rows have a history but no label."""
    y = rows.y[fit.judged]
    evaluation = evaluate(y, fit.log_odds, codes_of(rows.subject_id[fit.judged]), rng=rng)
    return Judgement(
        evaluation=evaluation,
        indicative=evaluation.bads < portfolio.gate.indicative_below_bads,
        sensitivity=_sensitivity(rows, censored, fit, rng),
        importance=_importance(rows, fit, portfolio),
        classification=classify(y, fit.log_odds, portfolio.decline_from),
        fitted=RowCount(len(fit.fitted), int(rows.y[fit.fitted].sum())),
        costs=_costs(rows.take(fit.judged), fit.log_odds, portfolio),
    )


def _costs(judged: Rows, log_odds: Floats, portfolio: Portfolio) -> CostReport | None:
    if portfolio.costs is None:
        return None
    sources = [feature.source for feature in portfolio.features]
    stakes = stakes_of(portfolio.costs, len(judged), lambda name: judged.values[:, sources.index(name)])
    return cost_report(portfolio.costs, judged.y, probability(log_odds), stakes)


def _sensitivity(rows: Rows, censored: Rows, fit: Fit, rng: np.random.Generator) -> Sensitivity | None:
    judged = rows.take(fit.judged)
    recent = censored.take(censored.requested_at >= judged.requested_at.min())
    if not len(recent):
        return None
    y = np.concatenate([judged.y, np.zeros(len(recent), dtype=np.int8)])
    log_odds = np.concatenate([fit.log_odds, fit.model.log_odds(recent.values)])
    users = codes_of(np.concatenate([judged.subject_id, recent.subject_id]))
    return Sensitivity(len(recent), auc_interval(y, log_odds, users, rng=rng))


def _importance(rows: Rows, fit: Fit, portfolio: Portfolio) -> tuple[Importance, ...]:
    spaced = np.linspace(0, len(fit.fitted) - 1, min(EXPLAINED_ROWS, len(fit.fitted))).astype(np.int64)
    values = rows.values[np.sort(fit.fitted)[spaced]]
    estimator, traits = fit.model.estimator, algorithm_named(portfolio.algorithm).TRAITS
    engine = served(portfolio.algorithm).engine_of(estimator.native)
    explained = engine.contributions(np.ascontiguousarray(values))
    contributions, _ = fit.model.calibration.contributions(explained[:, :-1], explained[:, -1])
    return rank_importance(portfolio.features, values, contributions, estimator.weights, monotone=traits.monotone)
