"""shap: how a model's contributions lie, and how each depends on its feature. It draws, and computes none of them."""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import shap
from matplotlib.axes import Axes

from credit.portfolios import Feature, FeatureKind
from trainer.card.explained import Explained
from trainer.card.svg import INK, drawable, picture

SHOWN = 15
"""Features in the summary at most, the most important ones."""

_WIDTH = 6.4  # inches
_SCALES = {"log_odds_default": "log-odds of default", "probability": "probability of default"}


def summary(explained: Explained) -> str:
    """A beeswarm: a point a row and feature, by its contribution; colour is the feature's value."""
    given = shap.Explanation(
        values=explained.contributions,
        data=_colours(explained),
        feature_names=[drawable(feature.name) for feature in explained.features],
    )
    lines = min(SHOWN, len(explained.features))
    return picture(partial(_beeswarm, given, explained), inches=(_WIDTH, 1.4 + 0.34 * lines))


def dependence(explained: Explained, column: int) -> str:
    """A point a row, by the feature's value and its contribution; rows without a value are ticks at the left."""
    given = shap.Explanation(
        values=explained.contributions[:, column],
        data=explained.values[:, column],
        feature_names=drawable(explained.features[column].name),
    )
    return picture(partial(_scatter, given, explained, explained.features[column]), inches=(4.6, 3.4))


def _colours(explained: Explained) -> np.ndarray:
    """Values, but of categories, whose codes have no order: those stay grey."""
    categorical = [feature.kind is FeatureKind.CATEGORICAL for feature in explained.features]
    return np.where(categorical, np.nan, explained.values)


def _beeswarm(given: shap.Explanation, explained: Explained, axes: Axes) -> None:
    # The sum of the others would be the longest line, and squeeze those that are to be read.
    own = {"max_display": SHOWN, "group_remaining_features": False}
    shap.plots.beeswarm(given, ax=axes, show=False, plot_size=None, axis_color=INK, s=8, **own)
    axes.set_xlabel(f"contribution to the {_SCALES[explained.scale]}", fontsize=11)
    axes.tick_params("y", labelsize=10)


def _scatter(given: shap.Explanation, explained: Explained, feature: Feature, axes: Axes) -> None:
    # A few far values would press all others together.
    ends = {} if feature.kind is FeatureKind.CATEGORICAL else {"xmin": "percentile(1)", "xmax": "percentile(99)"}
    shap.plots.scatter(given, ax=axes, show=False, axis_color=INK, dot_size=9, color="#3b82c4", **ends)
    for histogram in axes.figure.axes[1:]:
        plt.setp(histogram.patches, facecolor=INK, alpha=0.15)
    axes.set_xlabel(drawable(f"{feature.name} ({feature.unit})", 44), fontsize=11)
    axes.set_ylabel(f"contribution to the\n{_SCALES[explained.scale]}", fontsize=11)
    if feature.categories:
        texts = [drawable(text, 14) for text in feature.categories]
        axes.set_xticks(range(len(texts)), texts, rotation=0 if sum(map(len, texts)) < 36 else 45)
