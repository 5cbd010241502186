"""`ModelInferRequest`s of gRPC whose fields are damaged, and what is around them."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from benchmarks.serving.draws import one_of
from benchmarks.serving.good_requests import OUTPUTS

InferDamage = Callable[[np.random.Generator, Any], object]
"""Changes a `ModelInferRequest`."""

TEXTS = (
    *("", " ", "nope", "rows", "metric_total_balance", "cash_advance", "\0", "\x1b[31m", "a\nb", "a\x85b", "\x7f"),
    *("é\u202e", "\ufeff", "\U0010ffff", "x" * 256, "x" * 257, "x" * 20_000, "ü" * 9_000, "../../etc", "%s%n", "NaN"),
)
_DATATYPES = (
    *("FP16", "FP32", "FP64", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"),
    *("BOOL", "BYTES", "BF16", "fp64", "", "FP128"),
)
_SHAPES: tuple[tuple[int, ...], ...] = (
    *((), (1,), (0,), (0, 0), (0, 30), (1, 0), (1, 1), (30,), (30, 1), (-1, 30), (-1, -1), (1, 30, 1), (2, 30)),
    *((1, 31), (2**31 - 1, 2**31 - 1), (2**63 - 1, 2**63 - 1), (2**31, 1), (2**32, 2**32), (-(2**63),), (1,) * 5_000),
)
_NUMBERS = (math.nan, math.inf, -math.inf, -0.0, 5e-324, 1e308, -1e308, 1e39, 2.0**63)
_WHOLE = (0, 1, -1, 127, 128, 255, 256, 2**31 - 1, -(2**31), 2**32 - 1, 2**63 - 1, -(2**63), 2**64 - 1)
_WHOLE_LIMITS = {
    "int_contents": (-(2**31), 2**31),
    "int64_contents": (-(2**63), 2**63),
    "uint_contents": (0, 2**32),
    "uint64_contents": (0, 2**64),
}
_BYTES = (b"", b"\0", b"\xff\xfe", b"Yes", b"1.5", b"x" * 5_000, "é".encode())
_MOST_EMPTY = 100_000
_EMPTY_INPUT = b"\x2a\x00"
"""Field 5, of no bytes."""
_UNKNOWN_FIELDS = (
    *(b"\xa2\x06\x05hello", b"\xa0\x06\x01", b"\xa1\x06" + b"\xff" * 8, b"\xa5\x06" + b"\xff" * 4),
    *(b"\xa3\x06\xa4\x06", b"\xa3\x06" * 90 + b"\xa4\x06" * 90, b"\xa3\x06" * 500 + b"\xa4\x06" * 500, b"\xa3\x06"),
    *(b"\xf8\xff\xff\xff\x0f\x01", b"\x08\x05", b"\x2d\0\0\0\0", b"\x00\x00", b"\x0f", b"\x2a\xff\xff\xff\xff\x7f"),
)
"""Of number 100 and 536870911, of known numbers with another wire type, of none, and lengths beyond the end."""


def _tensor_of(rng: np.random.Generator, request: Any) -> Any:
    return one_of(rng, request.inputs) if request.inputs else request.inputs.add()


def _renamed(rng: np.random.Generator, request: Any) -> None:
    _tensor_of(rng, request).name = one_of(rng, TEXTS)


def _reshaped(rng: np.random.Generator, request: Any) -> None:
    _tensor_of(rng, request).shape[:] = one_of(rng, _SHAPES)


def _retyped(rng: np.random.Generator, request: Any) -> None:
    _tensor_of(rng, request).datatype = one_of(rng, _DATATYPES)


def _recounted(rng: np.random.Generator, request: Any) -> None:
    values = _tensor_of(rng, request).contents.fp64_contents
    count = int(rng.integers(2 * len(values) + 2))
    values[:] = (list(values) * 3 or [1.0] * count)[:count]


def _in_other_fields(rng: np.random.Generator, request: Any) -> None:
    tensor = _tensor_of(rng, request)
    count = len(tensor.contents.fp64_contents) or 1
    if rng.random() < 0.7:
        tensor.ClearField("contents")
    for _ in range(int(rng.integers(1, 4))):
        field = one_of(rng, pb.InferTensorContents.DESCRIPTOR.fields).name
        getattr(tensor.contents, field)[:] = _values_for(rng, field, count)
    if rng.random() < 0.5:
        tensor.datatype = one_of(rng, _DATATYPES)


def _values_for(rng: np.random.Generator, field: str, count: int) -> Sequence[Any]:
    if field == "bool_contents":
        return [bool(rng.integers(2)) for _ in range(count)]
    if field == "bytes_contents":
        return [one_of(rng, _BYTES) for _ in range(count)]
    if field in _WHOLE_LIMITS:
        least, beyond = _WHOLE_LIMITS[field]
        allowed = [number for number in _WHOLE if least <= number < beyond]
        return [one_of(rng, allowed) for _ in range(count)]
    return [one_of(rng, _NUMBERS) for _ in range(count)]


def _odd_numbers(rng: np.random.Generator, request: Any) -> None:
    tensor = _tensor_of(rng, request)
    values = tensor.contents.fp64_contents
    if request.raw_input_contents:
        _odd_raw_number(rng, request)
    elif values:
        values[int(rng.integers(len(values)))] = one_of(rng, _NUMBERS)
    else:
        values.append(one_of(rng, _NUMBERS))


def _odd_raw_number(rng: np.random.Generator, request: Any) -> None:
    place = int(rng.integers(len(request.raw_input_contents)))
    values = np.frombuffer(request.raw_input_contents[place], "<f8").copy()
    values[int(rng.integers(len(values)))] = one_of(rng, _NUMBERS)
    request.raw_input_contents[place] = values.tobytes()


def _raw_of_wrong_length(rng: np.random.Generator, request: Any) -> None:
    for tensor in request.inputs:
        tensor.ClearField("contents")
    wanted = [8 * max(1, math.prod(tensor.shape)) for tensor in request.inputs]
    wrong = [max(0, size + int(rng.integers(-9, 10))) for size in wanted]
    request.raw_input_contents[:] = [rng.bytes(size) for size in wrong]
    if rng.random() < 0.3:
        request.raw_input_contents.extend([b""] * one_of(rng, (1, 2, 1_000)))


def _raw_beside_contents(rng: np.random.Generator, request: Any) -> None:
    for tensor in request.inputs:
        tensor.contents.SetInParent()
    if rng.random() < 0.3:
        _tensor_of(rng, request).contents.fp64_contents.extend([1.0] * int(rng.integers(1, 40)))
    request.raw_input_contents[:] = [np.ones(max(1, math.prod(tensor.shape))).tobytes() for tensor in request.inputs]


def _doubled(rng: np.random.Generator, request: Any) -> None:
    twice = pb.ModelInferRequest.InferInputTensor.FromString(_tensor_of(rng, request).SerializeToString())
    request.inputs.extend([twice] * int(rng.integers(1, one_of(rng, (2, 40)))))


def _unknown_tensor(rng: np.random.Generator, request: Any) -> None:
    contents = pb.InferTensorContents(fp64_contents=[1.0])
    request.inputs.add(name=one_of(rng, TEXTS), datatype="FP64", shape=[1], contents=contents)
    if request.raw_input_contents:
        request.raw_input_contents.append(np.ones(1).tobytes())


def _dropped(rng: np.random.Generator, request: Any) -> None:
    if request.inputs:
        del request.inputs[int(rng.integers(len(request.inputs)))]


def _other_parameters(rng: np.random.Generator, request: Any) -> None:
    places = [request, _tensor_of(rng, request), request.outputs.add(name="margin")]
    given = one_of(rng, (*places, request, request)).parameters
    for _ in range(one_of(rng, (1, 1, 2, 300))):
        name = one_of(rng, ("subject_id", "subject_id", "binary_data_size", "sequence_id", "priority", *TEXTS))
        given[name].CopyFrom(_parameter(rng))


def _parameter(rng: np.random.Generator) -> Any:
    kind = int(rng.integers(4))
    if kind == 0:
        return pb.InferParameter(bool_param=bool(rng.integers(2)))
    if kind == 1:
        return pb.InferParameter(int64_param=one_of(rng, [number for number in _WHOLE if number < 2**63]))
    return pb.InferParameter(string_param=one_of(rng, TEXTS)) if kind == 2 else pb.InferParameter()


def _other_outputs(rng: np.random.Generator, request: Any) -> None:
    names = one_of(rng, ((one_of(rng, TEXTS),), ("odds",), ("margin", "margin"), OUTPUTS, (*OUTPUTS, "x"), ("",) * 300))
    del request.outputs[:]
    for name in names:
        request.outputs.add(name=name)


def _odd_id(rng: np.random.Generator, request: Any) -> None:
    request.id = one_of(rng, TEXTS)


def _other_model(rng: np.random.Generator, request: Any) -> None:
    if rng.random() < 0.5:
        request.model_name = one_of(rng, TEXTS)
    else:
        request.model_version = one_of(rng, TEXTS)


INFER_DAMAGE: Mapping[str, InferDamage] = {
    "a tensor renamed": _renamed,
    "a tensor reshaped": _reshaped,
    "a tensor retyped": _retyped,
    "a tensor of wrong count": _recounted,
    "contents in other fields": _in_other_fields,
    "NaN, infinities and huge numbers": _odd_numbers,
    "raw contents of wrong length": _raw_of_wrong_length,
    "raw contents beside contents": _raw_beside_contents,
    "a tensor doubled": _doubled,
    "an unknown tensor": _unknown_tensor,
    "a tensor dropped": _dropped,
    "other parameters": _other_parameters,
    "other outputs": _other_outputs,
    "an odd id": _odd_id,
    "another model or version": _other_model,
}


def very_many_tensors(rng: np.random.Generator, sent: bytes) -> bytes:
    """The message with up to a hundred thousand tensors more, of which each has nothing."""
    return sent + _EMPTY_INPUT * int(rng.integers(1, one_of(rng, (50, 2_000, _MOST_EMPTY))))


def unknown_fields(rng: np.random.Generator, sent: bytes) -> bytes:
    """The message with a field that it does not have, or that is of another type, before or behind it."""
    field = one_of(rng, _UNKNOWN_FIELDS) * one_of(rng, (1, 1, 300))
    return field + sent if rng.random() < 0.5 else sent + field


def merged(rng: np.random.Generator, sent: bytes, other: bytes) -> bytes:
    """Two messages, which are read as one: of a single field the last is taken, of a list both."""
    return sent + other if rng.random() < 0.5 else other + sent
