"""The Open Inference Protocol (V2) over gRPC: its messages read and written."""

from collections.abc import Mapping, Sequence
from typing import Any

from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from predictor.binary_strings import text_of
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
}
"""Which typed field holds a datatype's values."""


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
    names = checked_outputs([output.name for output in message.outputs])
    return InferRequest(TensorRows(tensors), names, id=message.id or None, subject_id=_subject(message.parameters))


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
    shape = checked_shape(list(item.shape), place)
    if raw is not None:
        if item.HasField("contents"):
            raise BadInputError(place, "has both contents and raw_input_contents")
        return binary_tensor(name, item.datatype, shape, raw, place)
    if item.datatype == TEXT:
        texts = [text_of(part, f"{place}, row {row}") for row, part in enumerate(item.contents.bytes_contents)]
        return text_tensor(name, shape, texts, place)
    field = _CONTENTS.get(item.datatype)
    content = [] if field is None else list(getattr(item.contents, field))
    return number_tensor(name, item.datatype, shape, content, place)


def _subject(parameters: Mapping[str, Any]) -> str | None:
    if "subject_id" not in parameters:
        return None
    given = parameters["subject_id"]
    if given.WhichOneof("parameter_choice") != "string_param":
        raise BadInputError("parameters.subject_id", "a string is needed")
    return as_text(given.string_param, "parameters.subject_id")
