"""Margins by Treelite's reference predictor (GTIL) from a checkpoint: what the native engine is proved against."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import treelite

from forest.engine import Floats, ForestError, checked_rows
from forest.lightgbm_reading import as_lightgbm_reads
from forest.trees import Reading

VERSION: str = treelite.__version__

_CATEGORICAL_NODE = 2


@dataclass(frozen=True)
class TreeliteMargins:
    """The trees of a model in Treelite's form."""

    model: treelite.Model
    width: int
    categorical: tuple[int, ...]
    """Columns that hold categories, found from the splits."""
    reading: Reading = Reading.LIGHTGBM
    """How the library of the model reads a row."""

    @classmethod
    def from_checkpoint(cls, checkpoint: bytes, reading: Reading = Reading.LIGHTGBM) -> "TreeliteMargins":
        """Load the bytes of a checkpoint, as `checkpoint_of_lightgbm` writes it.

        Raises:
            ForestError: where they are no checkpoint of a model with one output, or its type is not the reading's.
        """
        model = read_checkpoint(checkpoint)
        types = {"float32", "float64"} if reading is Reading.FLOAT32 else {"float64"}
        if model.input_type != model.output_type or model.input_type not in types:
            raise ForestError(f"Treelite model is {model.input_type}, not float64: margins would be rounded")
        _check_single_output(model)
        columns = _categorical_columns(model)
        return cls(model=model, width=int(model.num_feature), categorical=columns, reading=reading)

    @property
    def single(self) -> bool:
        """Leaves are added in float32."""
        return bool(self.model.input_type == "float32")

    def read(self, rows: Floats) -> Floats:
        """The rows as the library reads them, float64 [n, width].

        Raises:
            ForestError: where they are not float64 [n, width].
        """
        checked = checked_rows(rows, self.width)
        if self.reading is Reading.LIGHTGBM:
            return as_lightgbm_reads(checked, self.categorical)
        if self.reading is Reading.FLOAT32:
            with np.errstate(over="ignore"):
                return checked.astype(np.float32).astype(np.float64)
        return checked

    def margins(self, rows: Floats) -> Floats:
        """Margins float64 [n] for rows float64 [n, width]; LightGBM's `raw_score` in every bit.

        GTIL adds the leaves in the trees' own type, in their order, as LightGBM does; what differs is the reading
        of a row, which comes first. Of a binary classifier whose leaves hold both classes (scikit-learn's forests) the
        probability of the second. One thread: two take 12-38 ms at one row on a busy machine.
        """
        read = self.read(rows).astype(self.model.input_type)
        if not len(read):
            return np.empty(0)
        margins: Floats = treelite.gtil.predict(self.model, read, nthread=1, pred_margin=True)
        return margins.reshape(len(read), -1)[:, -1].astype(np.float64)


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
        return _checkpoint(lambda: treelite.frontend.load_lightgbm_model(path), of="the LightGBM model")


def checkpoint_of_xgboost(model_json: bytes) -> bytes:
    """The Treelite checkpoint of an XGBoost model in JSON.

    Raises:
        ForestError: where Treelite cannot read it.
    """
    return _checkpoint(lambda: treelite.frontend.from_xgboost_json(model_json), of="the XGBoost model")


def checkpoint_of_scikit_learn(forest: object) -> bytes:
    """The Treelite checkpoint of a fitted forest of scikit-learn, from its arrays.

    Raises:
        ForestError: where Treelite cannot read it.
    """
    return _checkpoint(lambda: treelite.sklearn.import_model(forest), of="the forest")


def _checkpoint(read: Callable[[], treelite.Model], *, of: str) -> bytes:
    try:
        checkpoint: bytes = read().serialize_bytes()
    except treelite.TreeliteError as error:
        raise ForestError(f"Treelite {VERSION} cannot read {of}: {error}") from error
    return checkpoint


def _check_single_output(model: treelite.Model) -> None:
    header = model.get_header_accessor()
    targets, classes = int(header.get_field("num_target")[0]), int(header.get_field("num_class")[0])
    of_both_classes = classes == 2 and bool(header.get_field("average_tree_output")[0])
    if targets != 1 or not (classes == 1 or of_both_classes):
        raise ForestError(f"the model has {targets} targets of {classes} classes; one margin is needed")


def _categorical_columns(model: treelite.Model) -> tuple[int, ...]:
    columns: set[int] = set()
    for index in range(model.num_tree):
        tree = model.get_tree_accessor(index)
        categorical = tree.get_field("node_type") == _CATEGORICAL_NODE
        columns.update(int(column) for column in tree.get_field("split_index")[categorical])
    return tuple(sorted(columns))
