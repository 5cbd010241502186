"""Requests as clients of the protocol make them, from arrays, and what each is answered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite, isnan, nan

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

TRITON_BINARY = "`tritonclient` over HTTP with binary tensors"
TRITON_JSON = "`tritonclient` over HTTP with JSON"
TRITON_GRPC = "`tritonclient` over gRPC"
KSERVE_BINARY = "KServe's `InferenceRESTClient` with binary tensors"
KSERVE_JSON = "KServe's `InferenceRESTClient` with JSON"
KSERVE_GRPC = "KServe's `InferenceGRPCClient`"
WAYS = (TRITON_BINARY, TRITON_JSON, TRITON_GRPC, KSERVE_BINARY, KSERVE_JSON, KSERVE_GRPC)
"""Each request is sent in each of them."""


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
        """Whether every number is finite: JSON has no others, and clients write them as they please."""
        return all(tensor.datatype == "BYTES" or np.isfinite(tensor.array).all() for tensor in self.tensors)

    def in_way(self, way: str) -> "Asked":
        """The same with what it gets in that way."""
        return replace(self, **OTHERWISE.get((self.name, way), {}))


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


INFINITE = (with_value(3, inf), with_value(4, -inf))

ASKED = (
    Asked("two rows of FP64", whole(ROW, with_value(3, 7.5)), (ROW, tuple(with_value(3, 7.5)))),
    Asked("FP32", whole(with_value(3, 7.5), datatype="FP32"), (tuple(with_value(3, 7.5)),)),
    Asked("INT8", whole(ROW, datatype="INT8"), (ROW,)),
    Asked("INT64", whole(ROW, datatype="INT64"), (ROW,)),
    Asked("a tensor a feature", columns(with_value(3, 7.5)), (tuple(with_value(3, 7.5)),)),
    Asked("NaN for missing", whole(with_value(3, nan)), (tuple(with_value(3, nan)),)),
    Asked("NaN of FP32 for missing", whole(with_value(3, nan), datatype="FP32"), (tuple(with_value(3, nan)),)),
    Asked("infinities", whole(*INFINITE), tuple(map(tuple, INFINITE))),
    Asked("infinities of FP32", whole(*INFINITE, datatype="FP32"), tuple(map(tuple, INFINITE))),
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


# ------------------------------------------------------------------ what is not finite, as JSON


@dataclass(frozen=True)
class Written:
    """How a client writes as JSON what is not finite."""

    nan: str
    infinity: str
    negative_infinity: str

    def token(self, value: float) -> str:
        """What stands for the value."""
        if isnan(value):
            return self.nan
        return self.infinity if value > 0 else self.negative_infinity


WRITTEN: Mapping[str, Written] = {
    TRITON_JSON: Written("NaN", "Infinity", "-Infinity"),
    KSERVE_JSON: Written("null", "null", "null"),
}
"""By the ways that write JSON; none of the clients refuses such a value by itself."""

_INFINITY_REFUSED = {
    "rows": (),
    "says": "tensor rows, row 0, column 3: infinity is not a value",
    "status": 400,
    "code": "INVALID_ARGUMENT",
}
_INFINITY_LOST = {"rows": (tuple(with_value(3, nan)), tuple(with_value(4, nan)))}

OTHERWISE: Mapping[tuple[str, str], Mapping[str, object]] = {
    ("infinities", TRITON_JSON): _INFINITY_REFUSED,
    ("infinities of FP32", TRITON_JSON): _INFINITY_REFUSED,
    ("infinities", KSERVE_JSON): _INFINITY_LOST,
    ("infinities of FP32", KSERVE_JSON): _INFINITY_LOST,
}
"""What is answered otherwise in a way, by the names of the request and the way."""

NOT_FINITE = tuple(asked for asked in ASKED if not asked.json_can_carry_it)


def tokens(asked: Asked, way: str) -> Iterator[str]:
    """What stands in the JSON for each value that is not finite, in order."""
    for tensor in asked.tensors:
        yield from (WRITTEN[way].token(value) for value in tensor.array.ravel().tolist() if not isfinite(value))
