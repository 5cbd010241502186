"""The engine by others' libraries: the native one is proved against it, and it serves where there is no native one."""

from dataclasses import dataclass

from forest.engine import Contributor, Floats, ForestError, close
from forest.treelite_engine import VERSION, TreeliteMargins, read_checkpoint
from forest.trees import Reading


@dataclass(frozen=True)
class ReferenceEngine:
    """Treelite, and whoever explains the same trees, behind the one interface of `forest.engine.Engine`."""

    trees: TreeliteMargins
    contributor: Contributor
    name: str
    version: str

    @property
    def width(self) -> int:
        """Features of the model."""
        return self.trees.width

    def margins(self, rows: Floats) -> Floats:
        """Margins float64 [n], for rows float64 [n, width] (NaN is missing)."""
        return self.trees.margins(rows)

    def contributions(self, rows: Floats) -> Floats:
        """TreeSHAP of the margin float64 [n, width + 1], base value last, for rows float64 [n, width]."""
        contributions = self.contributor.contributions(rows)
        if self.trees.single:
            close(contributions, self.margins(rows))
        return contributions


def load_lightgbm_reference(*, checkpoint: bytes, model_text: str) -> ReferenceEngine:
    """The engine of a LightGBM model given in both forms, with LightGBM's own contributions.

    That the two are the same model is for the caller to prove (a bundle's golden rows do).

    Raises:
        ForestError: where one cannot be read or served exactly, or they differ in width.
    """
    from forest import lightgbm_contributions  # noqa: PLC0415  # takes seconds to import

    library = lightgbm_contributions.LightgbmContributions.from_text(model_text)
    trees = TreeliteMargins.from_checkpoint(checkpoint)
    if trees.width != library.width:
        raise ForestError(f"the checkpoint has {trees.width} features, the LightGBM model {library.width}")
    version = f"treelite {VERSION}, lightgbm {lightgbm_contributions.VERSION}"
    return ReferenceEngine(trees=trees, contributor=library, name="treelite+lightgbm", version=version)


def load_reference_engine(checkpoint: bytes, reading: Reading) -> ReferenceEngine:
    """The engine of any checkpoint, with contributions by NumPy.

    Raises:
        ForestError: where it cannot be read or served exactly.
    """
    from forest.numpy_contributions import NumpyContributions  # noqa: PLC0415
    from forest.treelite_trees import flat_trees  # noqa: PLC0415

    trees = TreeliteMargins.from_checkpoint(checkpoint, reading)
    contributor = NumpyContributions(flat_trees(read_checkpoint(checkpoint), reading))
    return ReferenceEngine(trees=trees, contributor=contributor, name="treelite+numpy", version=f"treelite {VERSION}")
