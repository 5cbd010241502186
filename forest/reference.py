"""The engine that serves: margins by Treelite, contributions by LightGBM, of one and the same model."""

from dataclasses import dataclass

from forest import lightgbm_contributions, treelite_engine
from forest.engine import Floats, ForestError
from forest.lightgbm_contributions import LightgbmContributions
from forest.treelite_engine import TreeliteMargins


@dataclass(frozen=True)
class ReferenceEngine:
    """Treelite and LightGBM behind the one interface of `forest.engine.Engine`."""

    trees: TreeliteMargins
    library: LightgbmContributions
    name: str = "treelite+lightgbm"
    version: str = f"treelite {treelite_engine.VERSION}, lightgbm {lightgbm_contributions.VERSION}"

    @property
    def width(self) -> int:
        """Features of the model."""
        return self.trees.width

    def margins(self, rows: Floats) -> Floats:
        """Log-odds of default, float64 [n], for rows float64 [n, width] (NaN is missing)."""
        return self.trees.margins(rows)

    def contributions(self, rows: Floats) -> Floats:
        """TreeSHAP of the margin float64 [n, width + 1], base value last, for rows float64 [n, width]."""
        return self.library.contributions(rows)


def load_reference_engine(*, checkpoint: bytes, model_text: str) -> ReferenceEngine:
    """The engine of a model given in both forms.

    That the two are the same model is for the caller to prove (a bundle's golden rows do).

    Raises:
        ForestError: where one cannot be read or served exactly, or they differ in width.
    """
    library = LightgbmContributions.from_text(model_text)
    trees = TreeliteMargins.from_checkpoint(checkpoint)
    if trees.width != library.width:
        raise ForestError(f"the checkpoint has {trees.width} features, the LightGBM model {library.width}")
    return ReferenceEngine(trees=trees, library=library)
