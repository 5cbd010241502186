"""V2 requests whose tensors, outputs and parameters are damaged, and binary ones whose lengths are wrong."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from benchmarks.serving.draws import one_of
from benchmarks.serving.http_request import JSON_LENGTH, HttpRequest
from benchmarks.serving.json_damage import TEXTS, Json, JsonDamage

_DATATYPES = ("FP16", "FP32", "FP64", "INT8", "INT32", "INT64", "UINT8", "UINT64", "BOOL", "BYTES", "fp64", "", "FP128")
_SHAPES: tuple[Json, ...] = (
    *([], [1], [0], [0, 0], [1, 1], [30], [30, 1], [-1, 30], [1, 30, 1], [2, 30], [1, 31], [1.0, 30], [True, 30]),
    *(["1", 30], [2**31 - 1, 2**31 - 1], [2**63, 2**63], [2**31, 1], [None], "1,30", {"0": 1}, None, [[1, 30]], [1e0]),
)
_SIZES: tuple[Json, ...] = (-1, 0, 1, 7, 239, 241, 2**31, 2**63, 1.5, "240", True, None, [], {})
_OUTPUTS: tuple[Json, ...] = (
    *(
        [{"name": "odds"}],
        [{"name": "margin"}, {"name": "margin"}],
        [{}],
        [None],
        "margin",
        {},
        [[]],
        5,
        [{"name": ""}],
    ),
    *([{"name": "points", "parameters": {"binary_data": 1}}], [{"name": "margin", "parameters": []}]),
    *([{"name": "reason_codes", "parameters": {"binary_data": True}}], [{"name": "margin", "shape": [1]}]),
    [{"name": f"output{number}"} for number in range(300)],
)
_PARAMETERS: tuple[Json, ...] = (
    *({"subject_id": 7}, {"subject_id": ""}, {"subject_id": None}, {"subject_id": "\0"}, {"subject_id": ["u"]}),
    *({"subject_id": "x" * 257}, {"binary_data_output": "true"}, {"binary_data_output": True}, [], "x", 0, {"": {}}),
    *({"priority": 1, "timeout": -1}, {"sequence_id": 2**70}, {"subject_id": "\ud800"}, {"subject_id": "é\u202e"}),
)


def _of_a_tensor(damage: Callable[[np.random.Generator, dict[str, Json]], object]) -> JsonDamage:
    """Damage of one of the tensors."""

    def damaged(rng: np.random.Generator, value: Json) -> Json:
        damage(rng, one_of(rng, value["inputs"]))
        return value

    return damaged


def _renamed(rng: np.random.Generator, tensor: dict[str, Json]) -> None:
    tensor["name"] = one_of(rng, (*TEXTS, "nope", 7, None, [], "metric_total_balance"))


def _reshaped(rng: np.random.Generator, tensor: dict[str, Json]) -> None:
    tensor["shape"] = copy.deepcopy(one_of(rng, _SHAPES))


def _retyped(rng: np.random.Generator, tensor: dict[str, Json]) -> None:
    tensor["datatype"] = one_of(rng, (*_DATATYPES, 64, None))


def _recounted(rng: np.random.Generator, tensor: dict[str, Json]) -> None:
    values = tensor.get("data", [])
    count = int(rng.integers(2 * len(values) + 2))
    tensor["data"] = (values * 3 or [1.0] * count)[:count]


def _resized(rng: np.random.Generator, tensor: dict[str, Json]) -> None:
    tensor["parameters"] = {"binary_data_size": one_of(rng, _SIZES)}
    if rng.random() < 0.5:
        tensor.pop("data", None)


def _doubled(rng: np.random.Generator, value: Json) -> Json:
    value["inputs"] += copy.deepcopy([one_of(rng, value["inputs"])] * int(rng.integers(1, one_of(rng, (2, 40)))))
    return value


def _dropped(rng: np.random.Generator, value: Json) -> Json:
    del value["inputs"][int(rng.integers(len(value["inputs"])))]
    return value


def _other_outputs(rng: np.random.Generator, value: Json) -> Json:
    value["outputs"] = copy.deepcopy(one_of(rng, _OUTPUTS))
    return value


def _other_parameters(rng: np.random.Generator, value: Json) -> Json:
    where = value if rng.random() < 0.6 else one_of(rng, value["inputs"])
    where["parameters"] = copy.deepcopy(one_of(rng, _PARAMETERS))
    return value


TENSOR_DAMAGE: Mapping[str, JsonDamage] = {
    "a tensor renamed": _of_a_tensor(_renamed),
    "a tensor reshaped": _of_a_tensor(_reshaped),
    "a tensor retyped": _of_a_tensor(_retyped),
    "a tensor of wrong count": _of_a_tensor(_recounted),
    "a tensor of wrong binary size": _of_a_tensor(_resized),
    "a tensor doubled": _doubled,
    "a tensor dropped": _dropped,
    "other outputs": _other_outputs,
    "other parameters": _other_parameters,
}


def wrong_lengths(rng: np.random.Generator, request: HttpRequest) -> HttpRequest:
    """A binary request whose JSON length is wrong, or whose binary part is longer or shorter than announced."""
    header = dict(request.headers)[JSON_LENGTH]
    near = int(rng.integers(-20, 21))
    kind = int(rng.integers(4))
    if kind == 0:
        return replace(request, body=request.body[: -int(rng.integers(1, 300))])
    if kind == 1:
        return replace(request, body=request.body + rng.bytes(int(rng.integers(1, 300))))
    if kind == 2:
        return request.with_header(JSON_LENGTH, b"%d" % (int(header) + near))
    odd = (
        b"",
        b"-1",
        b"+5",
        b"1e3",
        b"0x10",
        b" 5",
        b"9" * 30,
        b"\xb2",
        b"5, 5",
        b"0",
        b"999999",
        b"NaN",
        header + b" ",
    )
    return request.with_header(JSON_LENGTH, one_of(rng, odd))
