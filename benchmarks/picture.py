"""Ratios as bars, in one SVG picture."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.spread import Spread

_OURS = "#1b6ca8"
_PEER = "#b8c4cc"
_STYLE = {"font.size": 8, "svg.fonttype": "none", "svg.hashsalt": "blink", "font.family": "sans-serif"}
"""Text stays text, and the same figures give the same file."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One contestant's figure, with its quartiles as a line over its end."""

    label: str
    value: Spread
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars that are compared with one another."""

    title: str
    bars: Sequence[Bar]


def svg(panels: Sequence[Sequence[Panel]], *, title: str, axis: str) -> str:
    """The picture of a grid of panels, row by row, as the text of an SVG file."""
    rows, columns = len(panels), max(map(len, panels))
    tallest = max(len(panel.bars) for row in panels for panel in row)
    with mpl.rc_context(_STYLE):  # type: ignore[arg-type]  # the stubs list each key as a literal
        figure = Figure(figsize=(3.6 * columns, rows * (0.22 * tallest + 0.8)), layout="constrained")
        figure.suptitle(title)
        axes = figure.subplots(rows, columns, squeeze=False)
        for row, of_row in zip(axes, panels, strict=True):
            for place, panel in zip(row, of_row, strict=True):
                _draw(place, panel)
        for place in axes[-1]:
            place.set_xlabel(axis)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    return drawn.getvalue()


def _draw(place: Axes, panel: Panel) -> None:
    labels = [bar.label for bar in panel.bars]
    values = [bar.value.median for bar in panel.bars]
    spread = [
        [bar.value.median - bar.value.lower for bar in panel.bars],
        [bar.value.upper - bar.value.median for bar in panel.bars],
    ]
    drawn = place.barh(labels, values, xerr=spread, color=[_OURS if bar.ours else _PEER for bar in panel.bars])
    place.bar_label(drawn, [f" {value:.3g}" for value in values], padding=3)
    place.invert_yaxis()
    place.margins(x=0.2)
    place.set_title(panel.title)
    place.spines[["top", "right"]].set_visible(False)
