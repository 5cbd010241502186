"""A random forest by scikit-learn (Breiman 2001), whose margin is the mean of its leaves' bad rates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from credit.portfolios import Feature
from forest.treelite_engine import checkpoint_of_scikit_learn
from trainer.algorithm import Range, Sample, Traits, Weights, require_both_classes, require_numeric
from trainer.arrays import Floats
from trainer.effective_settings import plain
from trainer.errors import TrainingError

NAME = "random_forest"
TRAITS = Traits(scale="probability")
SPACE = (
    Range("depth", 4, 12, whole=True),
    Range("min_rows_in_leaf", 5, 200, log=True, whole=True),
    Range("features_a_split", 0.1, 0.8),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How trees are grown."""

    trees: int
    depth: int
    """Most splits above a leaf; up to 8 a tree has at most 256 leaves, which the engine reads quickest."""
    min_rows_in_leaf: int
    features_a_split: float | str = "sqrt"
    """Share of the features that a split is chosen from, or `sqrt`."""


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """A fitted forest. It may be pickled by its library only, and is not: its trees are kept as Treelite's."""

    classifier: RandomForestClassifier

    @property
    def native(self) -> bytes:
        """The trees as a Treelite checkpoint."""
        return checkpoint_of_scikit_learn(self.classifier)

    @property
    def rounds(self) -> int:
        """Trees."""
        return len(self.classifier.estimators_)

    @property
    def weights(self) -> Weights:
        """Share of the impurity (Gini) that splits on each feature took away."""
        return Weights("impurity decrease", np.asarray(self.classifier.feature_importances_, dtype=np.float64))

    @property
    def parameters(self) -> dict[str, str]:
        """scikit-learn's."""
        return plain(self.classifier.get_params())

    def margins(self, rows: Floats) -> Floats:
        """Probability of default before calibration `[n]` of rows `[n, d]` without infinities."""
        return np.ascontiguousarray(self.classifier.predict_proba(rows)[:, 1], dtype=np.float64)


def settings_for(sample: Sample, *, stopping: bool) -> Settings:  # noqa: ARG001  # no slice is asked for
    """Settings that suit the size of the sample: few bads bear few, shallow trees."""
    rows, bads = len(sample.y), sample.bads
    return Settings(
        trees=100 if bads < 100 else 300,
        depth=4 if bads < 100 else 8,
        min_rows_in_leaf=int(np.clip(rows // 200, 5, 100)),
    )


def fit(
    sample: Sample,
    stopping: Sample | None,  # noqa: ARG001  # of those who stop early
    *,
    features: Sequence[Feature],
    settings: Settings,
    seed: int,
    threads: int,
) -> Forest:
    """A forest fitted to the sample, as `trainer.algorithm.Algorithm.fit`; it takes missing values as they are."""
    require_numeric(NAME, features)
    require_both_classes(NAME, sample)
    classifier = RandomForestClassifier(
        n_estimators=settings.trees,
        max_depth=settings.depth,
        min_samples_leaf=settings.min_rows_in_leaf,
        max_features=settings.features_a_split,
        random_state=seed,
        n_jobs=threads,
    )
    try:
        classifier.fit(sample.rows, sample.y)
    except ValueError as error:
        # An infinity, or a number beyond float32.
        raise TrainingError(f"{NAME}: {error}") from error
    # Threads add their trees' answers as they come: only one gives the same bits each time.
    classifier.n_jobs = 1
    return Forest(classifier)
