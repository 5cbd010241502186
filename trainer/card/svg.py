"""Pictures as text inside a page: SVG that follows the reader's light or dark, with the same bytes each time."""

import base64
import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from credit.printable import printable

INK = "#102030"
"""What is drawn in this colour gets the colour of the reader's text."""
_LIGHT, _DARK = "#1c2430", "#dfe5ec"
_STYLE = f"<style>svg{{color:{_LIGHT}}}@media screen and (prefers-color-scheme:dark){{svg{{color:{_DARK}}}}}</style>"
_INKED = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
_CLEAR = ("axes.facecolor", "figure.facecolor", "savefig.facecolor", "legend.facecolor")
_SETTINGS: Any = {
    **dict.fromkeys(_INKED, INK),
    **dict.fromkeys(_CLEAR, "none"),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.family": "sans-serif",
    "font.size": 11,
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text: any script, and no outlines of each letter
    "svg.hashsalt": "blink",
    "text.parse_math": False,  # a dollar sign is a dollar sign
}
_NAMELESS = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def picture(draw: Callable[[Axes], None], *, inches: tuple[float, float]) -> str:
    """The address, `data:image/svg+xml;...`, of what `draw` draws; many points are a picture within it."""
    with _settled():
        figure, axes = plt.subplots(figsize=inches, layout="constrained")
        try:
            draw(axes)
            content = io.StringIO()
            figure.savefig(content, format="svg", dpi=144, metadata=_NAMELESS)
        finally:
            plt.close(figure)
    return "data:image/svg+xml;base64," + base64.b64encode(_themed(content.getvalue()).encode()).decode()


def drawable(text: str, longest: int = 30) -> str:
    """A name or category, short enough to stand beside an axis."""
    whole = printable(text)
    return whole if len(whole) <= longest else whole[: longest - 1] + "…"


@contextmanager
def _settled() -> Iterator[None]:
    """Settings and random numbers of a drawing; shap draws from NumPy's own generator, which is put back."""
    # Where there is a screen, nothing is to be shown on it.
    plt.switch_backend("agg")
    state = np.random.get_state()  # noqa: NPY002 - shap's
    np.random.seed(1)  # noqa: NPY002 - shap's
    try:
        with plt.rc_context(_SETTINGS), warnings.catch_warnings():
            # Texts of any script: the reader's fonts have the letters that this machine's have not.
            warnings.filterwarnings("ignore", message=r"Glyph .* missing from")
            # shap takes quantiles of a feature that is missing everywhere.
            warnings.filterwarnings("ignore", message="All-NaN slice encountered")
            yield
    finally:
        np.random.set_state(state)  # noqa: NPY002 - shap's


def _themed(svg: str) -> str:
    inked = svg.replace(INK, "currentColor")
    start = re.search(r"<svg[^>]*>", inked)
    place = 0 if start is None else start.end()
    return inked[:place] + _STYLE + inked[place:]
