"""What is known of a fitted model before anyone decides about it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from credit.association import MOST_ROWS, associations
from credit.bundle.algorithms import algorithm_named as served
from credit.costs import CostReport, Stakes, cost_report, stakes_of
from credit.portfolios import Portfolio, Quality
from trainer.algorithm import algorithm_named
from trainer.arrays import Floats, Indices
from trainer.bootstrap import Interval, codes_of
from trainer.candidates import Chosen
from trainer.classification import Classification, classify
from trainer.evaluation import Evaluation, auc_interval, evaluate, probability
from trainer.fairness.alternatives import alternatives
from trainer.fairness.decisions import decide
from trainer.fairness.group_sums import Outcome
from trainer.fairness.screen import Screen, screen
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
    fairness: Screen | None = None
    """Outcomes by group; None where the portfolio has no protected columns."""
    quality: Quality | None = None
    """The gate that the model had to pass; None where the portfolio has none."""

    def compared(self, chosen: Chosen, portfolio: Portfolio) -> "Judgement":
        """The same with how the model was chosen, and the alternatives to it."""
        fairness = self.fairness
        if fairness is not None and chosen.equals:
            found = alternatives(chosen.equals, portfolio.fairness, fairness.acceptance_rate)
            fairness = replace(fairness, alternatives=found)
        return replace(self, selection=chosen.selection, fairness=fairness)


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
    judged = rows.take(fit.judged)
    y = judged.y
    evaluation = evaluate(y, fit.log_odds, codes_of(judged.subject_id), rng=rng)
    return Judgement(
        evaluation=evaluation,
        indicative=evaluation.bads < portfolio.gate.indicative_below_bads,
        sensitivity=_sensitivity(rows, censored, fit, rng),
        importance=_importance(rows, fit, portfolio),
        classification=classify(y, fit.log_odds, portfolio.decline_from),
        fitted=RowCount(len(fit.fitted), int(rows.y[fit.fitted].sum())),
        costs=_costs(judged, fit.log_odds, portfolio),
        fairness=_fairness(rows, judged, fit, portfolio, rng),
        quality=portfolio.quality,
    )


def _costs(judged: Rows, log_odds: Floats, portfolio: Portfolio) -> CostReport | None:
    stakes = _stakes(judged, portfolio)
    if portfolio.costs is None or stakes is None:
        return None
    return cost_report(portfolio.costs, judged.y, probability(log_odds), stakes)


def _stakes(judged: Rows, portfolio: Portfolio) -> Stakes | None:
    if portfolio.costs is None:
        return None
    sources = [feature.source for feature in portfolio.features]
    return stakes_of(portfolio.costs, len(judged), lambda name: judged.values[:, sources.index(name)])


def _fairness(rows: Rows, judged: Rows, fit: Fit, portfolio: Portfolio, rng: np.random.Generator) -> Screen | None:
    """Proxies are looked for among the rows that the model was fitted to."""
    if not portfolio.protected:
        return None
    decisions = decide(fit.log_odds, portfolio, _stakes(judged, portfolio))
    outcome = Outcome(judged.y, fit.log_odds, decisions.accepted, codes_of(judged.subject_id))
    fitted = rows.take(_spaced(fit.fitted, MOST_ROWS))
    found = associations(portfolio.features, fitted.values, fitted.protected)
    return screen(outcome, judged.protected, decisions, portfolio, found, rng=rng)


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
    values = rows.values[_spaced(fit.fitted, EXPLAINED_ROWS)]
    estimator, traits = fit.model.estimator, algorithm_named(portfolio.algorithm).TRAITS
    engine = served(portfolio.algorithm).engine_of(estimator.native)
    explained = engine.contributions(np.ascontiguousarray(values))
    contributions, _ = fit.model.calibration.contributions(explained[:, :-1], explained[:, -1])
    return rank_importance(portfolio.features, values, contributions, estimator.weights, monotone=traits.monotone)


def _spaced(positions: Indices, most: int) -> Indices:
    """At most so many of the positions, evenly spaced and in order."""
    places = np.linspace(0, len(positions) - 1, min(most, len(positions))).astype(np.int64)
    return np.asarray(np.sort(positions)[places], dtype=np.int64)
