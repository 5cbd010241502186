"""What a call of the inference protocols asks for, whatever wire it came on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from predictor.category_codes import CategoryCodes
from predictor.errors import BadInputError
from predictor.feature_values import Code, Floats, feature_values, row_of
from predictor.strict_json import Json
from predictor.tensors import Tensor, rows_of

DEFAULT_OUTPUT = "default_probability"
OUTPUTS: Mapping[str, str] = {
    DEFAULT_OUTPUT: "FP64",
    "margin": "FP64",
    "shap_values": "FP64",
    "base_value": "FP64",
    "points": "INT64",
    "reason_codes": "BYTES",
}
"""Outputs by name with their datatypes."""

_INSTANCE_STEPS = 10
"""An instance without a value takes as long as so many values."""


class RowSource(Protocol):
    """Rows that are understood only with a model's features at hand."""

    @property
    def count(self) -> int:
        """How many rows there are said to be; where it is not true, `rows` refuses them."""

    def steps(self, features: int) -> int:
        """How many values `rows` looks at one by one, for a model of so many features."""

    def rows(self, feature_names: Sequence[str], codes: CategoryCodes) -> Floats:
        """Rows of features, float64 [n, d] with n > 0, NaN where unknown, texts as their codes.

        Raises:
            BadInputError: where what was sent does not fit these features.
        """


class InferRequest(NamedTuple):
    """What one call asks for."""

    source: RowSource
    outputs: tuple[str, ...] = (DEFAULT_OUTPUT,)
    """Names in `OUTPUTS`, in the order of the answer."""
    binary: frozenset[str] = frozenset()
    """Outputs that a REST client wants as binary."""
    id: str | None = None
    """Only echoed."""
    subject_id: str | None = None
    """Whose score this is: it is audited. None for a score that is only counted."""


@dataclass(frozen=True, slots=True)
class TensorRows:
    """Rows sent as V2 tensors."""

    tensors: tuple[Tensor, ...]

    @property
    def count(self) -> int:
        """As `RowSource.count`."""
        return self.tensors[0].shape[0] if self.tensors else 0

    def steps(self, features: int) -> int:  # noqa: ARG002
        """As `RowSource.steps`: numbers are looked at all at once, texts are not."""
        return sum(len(tensor.texts) for tensor in self.tensors if tensor.texts is not None)

    def rows(self, feature_names: Sequence[str], codes: CategoryCodes) -> Floats:
        """As `RowSource.rows`."""
        return rows_of(self.tensors, feature_names, codes)


@dataclass(frozen=True, slots=True)
class InstanceRows:
    """Rows sent as V1 instances."""

    instances: tuple[Json, ...]

    @property
    def count(self) -> int:
        """As `RowSource.count`."""
        return len(self.instances)

    def steps(self, features: int) -> int:
        """As `RowSource.steps`: all of them, and what takes as long for each instance."""
        return len(self.instances) * (features + _INSTANCE_STEPS)

    def rows(self, feature_names: Sequence[str], codes: CategoryCodes) -> Floats:
        """As `RowSource.rows`; an instance is an object by feature name, absent ones unknown, or a list in order."""
        code = codes.code
        rows = [_instance_row(value, feature_names, f"instances[{i}]", code) for i, value in enumerate(self.instances)]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(feature_names))


def checked_outputs(names: Sequence[str]) -> tuple[str, ...]:
    """The names, or the default output where there is none.

    Raises:
        BadInputError: where a name is unknown or given twice.
    """
    for index, name in enumerate(names):
        if name not in OUTPUTS:
            raise BadInputError(f"outputs[{index}]", f"unknown output {name!r}; there are {', '.join(OUTPUTS)}")
        if name in names[:index]:
            raise BadInputError(f"outputs[{index}]", f"{name!r} is asked for twice")
    return tuple(names) or (DEFAULT_OUTPUT,)


def _instance_row(value: Json, feature_names: Sequence[str], place: str, code: Code) -> list[float]:
    if isinstance(value, Mapping):
        return row_of(feature_values(value, place), feature_names, place, code)
    if not isinstance(value, list):
        raise BadInputError(place, "an object of features by name, or a list of values, is needed")
    if len(value) != len(feature_names):
        raise BadInputError(place, f"{len(value)} values; the model has {len(feature_names)} features")
    named = dict(zip(feature_names, value, strict=True))
    return row_of(feature_values(named, place), feature_names, place, code)
