"""Bad messages of gRPC, as bytes, and what they are refused with."""

from dataclasses import dataclass

from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from tests.postgres.serving.conformance_requests import NEEDED, ROW, WIDTH
from tests.unit.predictor.serving_example import NAMES

LONG = "x" * 12_000
"""More than the headers of an answer may have."""
TOO_LONG = "1 to 256 characters are needed, not 12000"
MODEL = "cash_advance"
Input = pb.ModelInferRequest.InferInputTensor


@dataclass(frozen=True)
class BadMessage:
    """What is sent to a method, and the beginning of the error that it gets."""

    name: str
    content: bytes
    says: str
    method: str = "ModelInfer"
    code: str = "INVALID_ARGUMENT"


def one_row(**changes: object) -> Input:
    return Input(**{"name": "rows", "datatype": "FP64", "shape": [1, WIDTH], "contents": contents(), **changes})


def contents(**fields: object) -> pb.InferTensorContents:
    return pb.InferTensorContents(**(fields or {"fp64_contents": ROW}))


def asked(*inputs: Input, **fields: object) -> bytes:
    return pb.ModelInferRequest(**{"model_name": MODEL, "inputs": inputs, **fields}).SerializeToString()


def wish(name: str) -> pb.ModelInferRequest.InferRequestedOutputTensor:
    return pb.ModelInferRequest.InferRequestedOutputTensor(name=name)


BAD_MESSAGES = (
    BadMessage("bytes that are no message", b"\xff" * 20, "message: is no ModelInferRequest"),
    BadMessage("half of a message", asked(one_row())[:-7], "message: is no ModelInferRequest"),
    BadMessage("a model name that is not UTF-8", b"\n\4cas\xff", "message: is no ModelInferRequest"),
    BadMessage("no message, of a model", b"\xff" * 20, "message: is no ModelReadyRequest", "ModelReady"),
    BadMessage("no message, of the server", b"\xff" * 20, "message: is no ServerLiveRequest", "ServerLive"),
    BadMessage("a long model name", asked(one_row(), model_name=LONG), f"model name: {TOO_LONG}"),
    BadMessage("a long version", asked(one_row(), model_version=LONG), f"model version: {TOO_LONG}"),
    BadMessage(
        "a long model name, asked for its readiness",
        pb.ModelReadyRequest(name=LONG).SerializeToString(),
        f"model name: {TOO_LONG}",
        "ModelReady",
    ),
    BadMessage(
        "a long version, asked for its metadata",
        pb.ModelMetadataRequest(name=MODEL, version=LONG).SerializeToString(),
        f"model version: {TOO_LONG}",
        "ModelMetadata",
    ),
    BadMessage("a long tensor name", asked(one_row(name=LONG)), f"inputs, name: {TOO_LONG}"),
    BadMessage("a long datatype", asked(one_row(datatype=LONG)), f"tensor rows, datatype: {TOO_LONG}"),
    BadMessage("a long output name", asked(one_row(), outputs=[wish(LONG)]), f"outputs[0].name: {TOO_LONG}"),
    BadMessage("a long id", asked(one_row(), id=LONG), f"id: {TOO_LONG}"),
    BadMessage("an id with a NUL", asked(one_row(), id="a\0"), "id: control characters and lone surrogates are not"),
    BadMessage(
        "a subject with a control character beyond ASCII",
        asked(one_row(), parameters={"subject_id": pb.InferParameter(string_param="a\x85")}),
        "parameters.subject_id: control characters and lone surrogates are not allowed",
    ),
    BadMessage(
        "outputs more than there are",
        asked(one_row(), outputs=[wish("margin")] * 7),
        "outputs: 7 of them; there are default_probability, margin, ",
    ),
    BadMessage(
        "content of another datatype",
        asked(one_row(contents=contents(fp32_contents=ROW))),
        "tensor rows: has fp32_contents; values of FP64 are in fp64_contents",
    ),
    BadMessage(
        "content of two datatypes",
        asked(one_row(datatype="FP32", contents=contents(fp32_contents=ROW, fp64_contents=ROW))),
        "tensor rows: has fp64_contents; values of FP32 are in fp32_contents",
    ),
    BadMessage(
        "content of texts beside numbers",
        asked(one_row(contents=contents(fp64_contents=ROW, bytes_contents=[b"x"]))),
        "tensor rows: has bytes_contents; values of FP64 are in fp64_contents",
    ),
    BadMessage(
        "a dimension beyond the limit",
        asked(one_row(shape=[2**31, WIDTH])),
        "tensor rows: its shape must be one or two whole numbers of at least 0 and at most 2147483647",
    ),
    BadMessage(
        "a whole number beyond INT8, in the second row",
        asked(one_row(datatype="INT8", shape=[2, WIDTH], contents=contents(int_contents=[1] * WIDTH + [128] * WIDTH))),
        "tensor rows, row 1, column 0: 128 is beyond the range of INT8",
    ),
    BadMessage(
        "more rows than are scored at once",
        asked(Input(name=NEEDED, datatype="INT8", shape=[10_001]), raw_input_contents=[b"\1" * 10_001]),
        "10001 rows; at most 10000 are scored at once",
        code="RESOURCE_EXHAUSTED",
    ),
    BadMessage(
        "more values than are answered at once",
        asked(
            *(Input(name=name, datatype="INT8", shape=[7813]) for name in NAMES),
            raw_input_contents=[b"\1" * 7813] * WIDTH,
            outputs=[wish("shap_values"), wish("points"), wish("margin")],
        ),
        "7813 rows are answered with 32 values each; at most 250000 are answered at once, those of 7812 rows",
        code="RESOURCE_EXHAUSTED",
    ),
)
