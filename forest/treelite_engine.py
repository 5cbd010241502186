"""Margins by Treelite's reference predictor (GTIL) from a checkpoint."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import treelite

from forest.engine import Floats, ForestError, checked_rows
from forest.lightgbm_reading import as_lightgbm_reads

VERSION: str = treelite.__version__

_CATEGORICAL_NODE = 2


@dataclass(frozen=True)
class TreeliteMargins:
    """The trees of a LightGBM model in Treelite's form."""

    model: treelite.Model
    width: int
    categorical: tuple[int, ...]
    """Columns that hold categories, found from the splits."""

    @classmethod
    def from_checkpoint(cls, checkpoint: bytes) -> "TreeliteMargins":
        """Load the bytes that `checkpoint_of_lightgbm` wrote.

        Raises:
            ForestError: where they are no checkpoint of a float64 model with one output.
        """
        model = read_checkpoint(checkpoint)
        if (model.input_type, model.output_type) != ("float64", "float64"):
            raise ForestError(f"Treelite model is {model.input_type}, not float64: margins would be rounded")
        _check_single_output(model)
        return cls(model=model, width=int(model.num_feature), categorical=_categorical_columns(model))

    def read(self, rows: Floats) -> Floats:
        """The rows as LightGBM reads them, float64 [n, width].

        Raises:
            ForestError: where they are not float64 [n, width].
        """
        return as_lightgbm_reads(checked_rows(rows, self.width), self.categorical)

    def margins(self, rows: Floats) -> Floats:
        """Margins float64 [n], equal in every bit to LightGBM's `raw_score` for rows float64 [n, width].

        GTIL adds the leaves in double, in the order of the trees, as LightGBM does; what differs is the
        reading of a row, which `as_lightgbm_reads` does first. One thread: two take 12-38 ms at one row on a
        busy machine.
        """
        read = self.read(rows)
        if not len(read):
            return np.empty(0)
        margins: Floats = treelite.gtil.predict(self.model, read, nthread=1, pred_margin=True)
        return margins.reshape(len(read))


def read_checkpoint(checkpoint: bytes) -> treelite.Model:
    """The Treelite model in a checkpoint.

    Raises:
        ForestError: where the bytes cannot be read by this version of Treelite.
    """
    try:
        return treelite.Model.deserialize_bytes(checkpoint)
    except treelite.TreeliteError as error:
        raise ForestError(f"not a checkpoint that Treelite {VERSION} can read: {error}") from error


def checkpoint_of_lightgbm(model_text: str) -> bytes:
    """The Treelite checkpoint of a LightGBM text model.

    Raises:
        ForestError: where Treelite cannot read the text.
    """
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "model.txt"
        path.write_text(model_text, encoding="utf-8")
        try:
            checkpoint: bytes = treelite.frontend.load_lightgbm_model(path).serialize_bytes()
        except treelite.TreeliteError as error:
            raise ForestError(f"Treelite {VERSION} cannot read the LightGBM model: {error}") from error
    return checkpoint


def _check_single_output(model: treelite.Model) -> None:
    header = model.get_header_accessor()
    outputs = int(header.get_field("num_target")[0]), int(header.get_field("num_class")[0])
    if outputs != (1, 1):
        raise ForestError(f"the model has {outputs[0]} targets of {outputs[1]} classes; one margin is needed")


def _categorical_columns(model: treelite.Model) -> tuple[int, ...]:
    columns: set[int] = set()
    for index in range(model.num_tree):
        tree = model.get_tree_accessor(index)
        categorical = tree.get_field("node_type") == _CATEGORICAL_NODE
        columns.update(int(column) for column in tree.get_field("split_index")[categorical])
    return tuple(sorted(columns))
