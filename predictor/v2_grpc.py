"""The Open Inference Protocol (V2) over gRPC: its messages read and written."""

from collections.abc import Mapping, Sequence
from typing import Any

from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from predictor.binary_strings import texts_of
from predictor.errors import BadInputError
from predictor.infer_request import OUTPUTS, InferRequest, TensorRows, checked_outputs
from predictor.inference import Answer
from predictor.strict_json import as_text
from predictor.tensors import TEXT, Tensor, binary_tensor, checked_shape, number_tensor, text_tensor
from predictor.v2_json import raw_output

_CONTENTS: Mapping[str, str] = {
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    TEXT: "bytes_contents",
}
"""Which typed field holds a datatype's values."""
_TENSOR_BYTES = 64
"""A tensor in JSON has so many bytes more than one in a message."""


def parse_grpc(message: Any) -> InferRequest:
    """What a `ModelInferRequest` asks for.

    Raises:
        BadInputError: naming the tensor, the row and the reason.
    """
    raw = message.raw_input_contents
    if raw and len(raw) != len(message.inputs):
        raise BadInputError("raw_input_contents", f"{len(raw)} of them for {len(message.inputs)} inputs")
    parts: Sequence[bytes | None] = raw or [None] * len(message.inputs)
    tensors = tuple(_tensor(item, part) for item, part in zip(message.inputs, parts, strict=True))
    names = _outputs(message.outputs)
    sent_id = as_text(message.id, "id") if message.id else None
    return InferRequest(TensorRows(tensors), names, id=sent_id, subject_id=_subject(message.parameters))


def reading_cost(message: Any) -> int:
    """What reading a `ModelInferRequest` costs, in bytes of JSON that cost as much."""
    return int(message.ByteSize()) + _TENSOR_BYTES * len(message.inputs)


def grpc_answer(request: InferRequest, answer: Answer, *, fallback_id: str) -> Any:
    """The `ModelInferResponse`, with the client's id or `fallback_id` where it sent none."""
    parameters = {name: pb.InferParameter(string_param=value) for name, value in answer.parameters.items()}
    return pb.ModelInferResponse(
        model_name=answer.model_name,
        model_version=answer.model_id,
        id=request.id or fallback_id,
        parameters=parameters,
        outputs=[
            pb.ModelInferResponse.InferOutputTensor(name=name, datatype=OUTPUTS[name], shape=array.shape)
            for name, array in answer.outputs.items()
        ],
        raw_output_contents=[raw_output(array) for array in answer.outputs.values()],
    )


def _tensor(item: Any, raw: bytes | None) -> Tensor:
    name = as_text(item.name, "inputs, name")
    place = f"tensor {name}"
    datatype = as_text(item.datatype, f"{place}, datatype")
    shape = checked_shape(list(item.shape), place)
    if raw is not None:
        if item.HasField("contents"):
            raise BadInputError(place, "has both contents and raw_input_contents")
        return binary_tensor(name, datatype, shape, raw, place)
    content = _content(item.contents, datatype, place)
    if datatype == TEXT:
        return text_tensor(name, shape, texts_of(content, place), place)
    return number_tensor(name, datatype, shape, content, place)


def _content(contents: Any, datatype: str, place: str) -> list[Any]:
    field = _CONTENTS.get(datatype)
    if field is None:
        return []  # a datatype that none has: the tensor says so
    for given, _ in contents.ListFields():
        if given.name != field:
            raise BadInputError(place, f"has {given.name}; values of {datatype} are in {field}")
    return list(getattr(contents, field))


def _outputs(wishes: Any) -> tuple[str, ...]:
    if len(wishes) > len(OUTPUTS):
        raise BadInputError("outputs", f"{len(wishes)} of them; there are {', '.join(OUTPUTS)}")
    return checked_outputs([as_text(wish.name, f"outputs[{index}].name") for index, wish in enumerate(wishes)])


def _subject(parameters: Mapping[str, Any]) -> str | None:
    if "subject_id" not in parameters:
        return None
    given = parameters["subject_id"]
    if given.WhichOneof("parameter_choice") != "string_param":
        raise BadInputError("parameters.subject_id", "a string is needed")
    return as_text(given.string_param, "parameters.subject_id")
