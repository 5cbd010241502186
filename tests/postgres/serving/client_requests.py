"""Requests as clients of the protocol make them, from arrays, and what each is answered."""

from dataclasses import dataclass
from math import inf, nan

import numpy as np

from tests.postgres.serving.conformance_requests import CODED, NEEDED, ROW, WIDTH, with_value
from tests.unit.predictor.serving_example import NAMES

DTYPES = {
    "FP32": np.float32,
    "FP64": np.float64,
    "INT8": np.int8,
    "INT32": np.int32,
    "INT64": np.int64,
    "BYTES": np.object_,
}


@dataclass(frozen=True)
class Sent:
    """One input tensor."""

    name: str
    array: np.ndarray

    @property
    def datatype(self) -> str:
        return next(datatype for datatype, dtype in DTYPES.items() if self.array.dtype == dtype)


@dataclass(frozen=True)
class Asked:
    """What a client asks for, and what it gets: the scores of rows, or an error that begins so."""

    name: str
    tensors: tuple[Sent, ...]
    rows: tuple[tuple[float, ...], ...] = ()
    says: str = ""
    model: str = "cash_advance"
    outputs: tuple[str, ...] = ("default_probability",)
    status: int = 200
    code: str = "OK"

    @property
    def json_can_carry_it(self) -> bool:
        """Clients write NaN and infinities as they please."""
        return all(tensor.datatype == "BYTES" or np.isfinite(tensor.array).all() for tensor in self.tensors)


def whole(*rows: list[float], datatype: str = "FP64", name: str = "rows") -> tuple[Sent, ...]:
    return (Sent(name, np.array(rows, DTYPES[datatype])),)


def columns(row: list[float], *, datatype: str = "FP64") -> tuple[Sent, ...]:
    return tuple(Sent(name, np.array([value], DTYPES[datatype])) for name, value in zip(NAMES, row, strict=True))


def with_texts(*texts: str, name: str = CODED) -> tuple[Sent, ...]:
    """Rows of ones with texts for a feature."""
    ones = [Sent(other, np.ones(len(texts))) for other in NAMES if other != name]
    return (*ones, Sent(name, np.array(texts, np.object_)))


def refused(name: str, tensors: tuple[Sent, ...], says: str, **more: object) -> Asked:
    return Asked(name, tensors, says=says, **{"status": 400, "code": "INVALID_ARGUMENT", **more})


ASKED = (
    Asked("two rows of FP64", whole(ROW, with_value(3, 7.5)), (ROW, tuple(with_value(3, 7.5)))),
    Asked("FP32", whole(with_value(3, 7.5), datatype="FP32"), (tuple(with_value(3, 7.5)),)),
    Asked("INT8", whole(ROW, datatype="INT8"), (ROW,)),
    Asked("INT64", whole(ROW, datatype="INT64"), (ROW,)),
    Asked("a tensor a feature", columns(with_value(3, 7.5)), (tuple(with_value(3, 7.5)),)),
    Asked("NaN for missing", whole(with_value(3, nan)), (tuple(with_value(3, nan)),)),
    Asked("NaN of FP32 for missing", whole(with_value(3, nan), datatype="FP32"), (tuple(with_value(3, nan)),)),
    Asked(
        "infinities",
        whole(with_value(3, inf), with_value(4, -inf)),
        (tuple(with_value(3, inf)), tuple(with_value(4, -inf))),
    ),
    Asked(
        "texts of a category, one of them unknown",
        with_texts("often", "weekly", "once"),
        (tuple(with_value(1, 2.0)), tuple(with_value(1, nan)), ROW),
    ),
    refused(
        "a text for a number",
        with_texts("12", name=NEEDED),
        f'tensor {NEEDED}, row 0: a number or null is needed, not the string "12"',
    ),
    refused(
        "one column short", whole(ROW[1:]), f"tensor rows: shape [1, {WIDTH - 1}]; [n, {WIDTH}], one column a feature"
    ),
    refused("one dimension", (Sent("rows", np.array(ROW)),), f"tensor rows: shape [{WIDTH}]; [n, {WIDTH}], one column"),
    refused(
        "three dimensions",
        (Sent("rows", np.array([[ROW]])),),
        "tensor rows: its shape must be one or two whole numbers",
    ),
    refused(
        "an unknown feature", (*columns(ROW), Sent("mine", np.ones(1))), "tensor mine: unknown feature; the model has "
    ),
    refused(
        "a feature absent", columns(ROW)[1:], f"inputs: no tensor for {NEEDED}; send null where a value is unknown"
    ),
    refused("two tensors of one name", whole(ROW) * 2, "inputs: two tensors have the same name"),
    refused("an unknown output", whole(ROW), "outputs[0]: unknown output 'odds'; there are ", outputs=("odds",)),
    refused("missing where it may not be", whole(with_value(0, nan)), f"row 0, feature {NEEDED}: must not be missing"),
    refused("a category that is no code", whole(with_value(1, -1.0)), f"row 0, feature {CODED}: -1.0 is no code"),
    refused(
        "a code beyond the list of categories",
        whole(ROW, with_value(1, 3.0)),
        f"row 1, feature {CODED}: 3.0 is no code of a category; the model has 0 (never) to 2 (often)",
    ),
    refused(
        "more rows than are scored at once",
        (Sent(NEEDED, np.ones(10_001, np.int8)),),
        "10001 rows; at most 10000 are scored at once",
        status=413,
        code="RESOURCE_EXHAUSTED",
    ),
    refused("an unknown model", whole(ROW), "no model 'other' here; ", model="other", status=404, code="NOT_FOUND"),
)
