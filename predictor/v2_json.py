"""The Open Inference Protocol (V2) over REST: JSON, and the binary extension that clients use by default."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from predictor.binary_strings import packed_strings
from predictor.errors import BadInputError
from predictor.infer_request import DEFAULT_OUTPUT, OUTPUTS, InferRequest, TensorRows, checked_outputs
from predictor.inference import Answer, Array
from predictor.quick_json import read_json, write_json
from predictor.strict_json import Json, as_list, as_mapping, as_object, as_text, inside, kind_of
from predictor.tensors import Tensor, binary_tensor, checked_shape, json_tensor

EXTENSIONS = ("binary_tensor_data",)
"""Extensions of the protocol that are spoken here. KServe's model repository is not: anyone could unload."""

# KServe's own client sends the model's name in the body too; the path decides.
_FIELDS = ("id", "model_name", "model_version", "parameters", "inputs", "outputs")


class V2Body(NamedTuple):
    """A body to answer with."""

    content: bytes
    json_length: int | None
    """Bytes of JSON before the binary parts; None where all is JSON."""


def parse_v2(body: bytes, json_length: int | None) -> InferRequest:
    """What a body asks for; `json_length` is the header `Inference-Header-Content-Length`, None without it.

    Raises:
        BadInputError: naming the tensor, the row and the reason.
    """
    cut = len(body) if json_length is None else json_length
    if cut > len(body):
        raise BadInputError("Inference-Header-Content-Length", f"{cut}, but the body has {len(body)} bytes")
    return read_json(body[:cut], lambda value: _request(value, body, cut))


def v2_answer(request: InferRequest, answer: Answer, *, fallback_id: str) -> V2Body:
    """The answer with the client's id, or `fallback_id` where it sent none, in the form that it asked for."""
    outputs = [_output(name, array, binary=name in request.binary) for name, array in answer.outputs.items()]
    head: dict[str, Json] = {
        "model_name": answer.model_name,
        "model_version": answer.model_id,
        "id": request.id or fallback_id,
        "outputs": [described for described, _ in outputs],
    }
    if parameters := answer.parameters:
        head["parameters"] = parameters
    text = write_json(head)
    raw = b"".join(content for _, content in outputs)
    return V2Body(text + raw, len(text) if request.binary else None)


def raw_output(array: Array) -> bytes:
    """An output in the protocol's binary form: little-endian, row-major, strings with their lengths."""
    if array.dtype == np.object_:
        return packed_strings([str(text) for text in array.ravel()])
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def _request(value: Json, body: bytes, cut: int) -> InferRequest:
    fields = as_object(value, "body", allowed=_FIELDS, required=("inputs",))
    tensors = _tensors(as_list(fields["inputs"], "inputs"), _Parts(body, cut))
    parameters = _parameters(fields.get("parameters"), "parameters")
    names, binary = _outputs(fields, everything=_switch(parameters, "binary_data_output", "parameters"))
    subject = as_text(parameters["subject_id"], "parameters.subject_id") if "subject_id" in parameters else None
    sent_id = fields.get("id")
    # Some clients send an empty one where they have none.
    checked_id = None if sent_id is None or sent_id == "" else as_text(sent_id, "id")
    return InferRequest(TensorRows(tensors), names, binary, checked_id, subject)


class _Parts:
    """The binary parts behind the JSON, taken one after another."""

    def __init__(self, body: bytes, start: int) -> None:
        self._body = body
        self._next = start

    def take(self, size: Json, place: str) -> bytes:
        left = len(self._body) - self._next
        if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= left:
            raise BadInputError(place, f"binary_data_size is {kind_of(size)}; {left} bytes are left in the body")
        part = self._body[self._next : self._next + size]
        self._next += size
        return part

    def check_empty(self) -> None:
        if left := len(self._body) - self._next:
            raise BadInputError("body", f"{left} bytes behind the last tensor's")


def _tensors(inputs: Sequence[Json], parts: _Parts) -> tuple[Tensor, ...]:
    tensors = tuple([_tensor(value, index, parts) for index, value in enumerate(inputs)])
    parts.check_empty()
    return tensors


def _tensor(value: Json, index: int, parts: _Parts) -> Tensor:
    at = f"inputs[{index}]"
    fields = as_object(
        value, at, allowed=("name", "shape", "datatype", "parameters", "data"), required=("name", "shape", "datatype")
    )
    name = as_text(fields["name"], f"{at}.name")
    place = f"tensor {name}"
    shape = checked_shape(as_list(fields["shape"], f"{at}.shape"), place)
    datatype = as_text(fields["datatype"], f"{at}.datatype")
    parameters = _parameters(fields.get("parameters"), f"{at}.parameters")
    if "binary_data_size" in parameters:
        if "data" in fields:
            raise BadInputError(place, "has both data and binary_data_size")
        return binary_tensor(name, datatype, shape, parts.take(parameters["binary_data_size"], place), place)
    if "data" not in fields:
        raise BadInputError(place, "has no data")
    return json_tensor(name, datatype, shape, as_list(fields["data"], f"{at}.data"), place)


def _outputs(fields: Mapping[str, Json], *, everything: bool) -> tuple[tuple[str, ...], frozenset[str]]:
    outputs = fields.get("outputs")
    if outputs is None:
        return (DEFAULT_OUTPUT,), frozenset((DEFAULT_OUTPUT,) if everything else ())
    listed = as_list(outputs, "outputs")
    if len(listed) > len(OUTPUTS):
        raise BadInputError("outputs", f"{len(listed)} of them; there are {', '.join(OUTPUTS)}")
    wishes = [_wish(value, f"outputs[{index}]", everything=everything) for index, value in enumerate(listed)]
    names = checked_outputs([name for name, _ in wishes])
    return names, frozenset(name for name in names if dict(wishes).get(name, everything))


def _wish(value: Json, place: str, *, everything: bool) -> tuple[str, bool]:
    fields = as_object(value, place, allowed=("name", "parameters"), required=("name",))
    parameters = _parameters(fields.get("parameters"), f"{place}.parameters")
    wanted = _switch({"binary_data": everything, **parameters}, "binary_data", f"{place}.parameters")
    return as_text(fields["name"], f"{place}.name"), wanted


def _parameters(value: Json, place: str) -> Mapping[str, Json]:
    # Unknown parameters are allowed by the protocol: clients add their own.
    return {} if value is None else as_mapping(value, place)


def _switch(parameters: Mapping[str, Json], name: str, place: str) -> bool:
    value = parameters.get(name, False)
    if not isinstance(value, bool):
        raise BadInputError(inside(place, name), f"true or false is needed, not {kind_of(value)}")
    return value


def _output(name: str, array: Array, *, binary: bool) -> tuple[dict[str, Json], bytes]:
    described: dict[str, Json] = {"name": name, "datatype": OUTPUTS[name], "shape": list(array.shape)}
    if not binary:
        return described | {"data": array.ravel().tolist()}, b""
    content = raw_output(array)
    return described | {"parameters": {"binary_data_size": len(content)}}, content
