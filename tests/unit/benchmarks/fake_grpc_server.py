"""A gRPC server whose answers a test decides, of bytes to bytes."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import numpy as np
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from benchmarks.serving.scored_answers import expected_values

Reply = tuple[str, bytes | str, dict[str, str]]
"""Name of the code, the answer or the details, and the metadata behind it."""

REFUSED: Reply = ("INVALID_ARGUMENT", "no (request r)", {"x-request-id": "r"})
_METHODS = ("ModelInfer", "ModelReady", "ModelMetadata")


@contextmanager
def fake_grpc_server(reply: Callable[[str, bytes], Reply], **options: int) -> Iterator[int]:
    """The port of a server that answers a method and a message with what `reply` gives."""
    given = [(f"grpc.{name}", value) for name, value in options.items()]
    server = grpc.server(ThreadPoolExecutor(4), options=[*given, ("grpc.max_receive_message_length", 2**20)])
    methods = {name: grpc.unary_unary_rpc_method_handler(_answering(name, reply)) for name in _METHODS}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("inference.GRPCInferenceService", methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()


def response(scored, rows, outputs, **changes) -> bytes:
    """What a `ModelInfer` that is right gets; `changes` are of values by output, or of fields."""
    values = {name: changes.pop(name, expected_values(scored, rows)[name]) for name in outputs}
    audit = changes.pop("audit", None)
    parameters = {} if audit is None else {"audit_id": pb.InferParameter(string_param=audit)}
    fields = {"model_version": scored.model_id, "parameters": parameters, **changes}
    return pb.ModelInferResponse(
        outputs=[_output(name, values[name]) for name in outputs],
        raw_output_contents=[_raw(values[name]) for name in outputs],
        **fields,
    ).SerializeToString()


def _answering(name, reply):
    def answer(message, context):
        code, said, trailing = reply(name, message)
        context.set_trailing_metadata(tuple(trailing.items()))
        if code != "OK":
            context.abort(grpc.StatusCode[code], said)
        return said

    return answer


def _output(name, values):
    datatype = {str: "BYTES", int: "INT64"}.get(type(values[0]), "FP64")
    return pb.ModelInferResponse.InferOutputTensor(name=name, datatype=datatype, shape=[len(values)])


def _raw(values):
    if isinstance(values[0], str):
        return b"".join(len(text.encode()).to_bytes(4, "little") + text.encode() for text in values)
    return np.array(values, "<i8" if isinstance(values[0], int) else "<f8").tobytes()
