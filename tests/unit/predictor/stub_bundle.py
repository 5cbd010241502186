"""Bundles of engines that tests write."""

from types import SimpleNamespace

import numpy as np

from credit.bundle.calibration import Calibration
from credit.bundle.scorecard import Scorecard
from credit.portfolios import Feature, FeatureKind
from credit.reasons import ReasonRules, load_sentences
from predictor.deployment import Deployed
from predictor.pace import Cost, Pace

NAMES = ("a", "b")
FEATURES = tuple(Feature(name, FeatureKind.NUMERIC, name, -1, "income") for name in NAMES)


def stub_bundle(engine):
    """A bundle of two features around an engine, with twenty golden rows."""
    return SimpleNamespace(
        engine=engine,
        golden=SimpleNamespace(rows=np.arange(40.0).reshape(20, 2)),
        calibration=Calibration(a=1.0, b=0.0),
        scorecard=Scorecard("1", {"income": NAMES}, dict.fromkeys(NAMES, 0.0)),
        reason_rules=ReasonRules(NAMES, ("income", "income"), (0.0, 0.0), load_sentences("1")),
        manifest=SimpleNamespace(features=FEATURES),
        feature_names=NAMES,
        model_id="model_stub_20260101_000000",
        portfolio="stub",
    )


def deployed(engine, *, row_seconds: float = 0.0) -> Deployed:
    """A deployed stub whose answers are said to take so long."""
    return Deployed(stub_bundle(engine), "champion", pace=pace(row_seconds))


def pace(row_seconds: float) -> Pace:
    return {0: Cost(0.0, row_seconds), 1: Cost(0.0, row_seconds), 2: Cost(0.0, row_seconds)}


class SumEngine:
    """Margins are sums of rows, contributions the rows; remembers how many rows came at once."""

    name = "sum"
    version = "1"
    width = 2

    def __init__(self) -> None:
        self.margins_of: list[int] = []
        self.contributions_of: list[int] = []

    def margins(self, rows):
        self.margins_of.append(len(rows))
        return rows.sum(axis=1)

    def contributions(self, rows):
        self.contributions_of.append(len(rows))
        return np.column_stack([rows, np.zeros(len(rows))])


class BrokenEngine(SumEngine):
    """Fails as told."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._error = error

    def margins(self, rows):
        raise self._error
