"""The scores in a `ModelInferResponse` of gRPC."""

import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from benchmarks.serving.scored_answers import AnswerError, ScoredAnswer

_DTYPES = {"FP64": "<f8", "INT64": "<i8"}


def scored_message(content: bytes) -> ScoredAnswer:
    """The scores of an answer.

    Raises:
        AnswerError: where it is none, or an output has not the values that its shape and datatype say.
    """
    try:
        said = pb.ModelInferResponse.FromString(content)
    except DecodeError as error:
        raise AnswerError(f"no ModelInferResponse: {error}") from error
    if len(said.outputs) != len(said.raw_output_contents):
        raise AnswerError(f"{len(said.raw_output_contents)} raw contents of {len(said.outputs)} outputs")
    pairs = zip(said.outputs, said.raw_output_contents, strict=True)
    values = {output.name: _values(output, raw) for output, raw in pairs}
    audit = said.parameters["audit_id"].string_param if "audit_id" in said.parameters else None
    return ScoredAnswer(frozenset({said.model_version}), values, () if audit is None else (audit,))


def _values(output: Any, raw: bytes) -> Sequence[Any]:
    try:
        values = list(_texts(raw)) if output.datatype == "BYTES" else _numbers(output.datatype, raw)
    except (KeyError, ValueError, struct.error) as error:
        raise AnswerError(f"{output.name} is not {output.datatype}: {type(error).__name__}: {error}") from error
    if len(values) != np.prod(output.shape, dtype=np.int64):
        raise AnswerError(f"{output.name} has {len(values)} values of shape {list(output.shape)}")
    return values


def _numbers(datatype: str, raw: bytes) -> Sequence[Any]:
    return list(np.frombuffer(raw, _DTYPES[datatype]).tolist())


def _texts(raw: bytes) -> Iterator[str]:
    """Each has its length before it, four bytes little-endian."""
    place = 0
    while place < len(raw):
        (length,) = struct.unpack_from("<I", raw, place)
        begin, place = place + 4, place + 4 + length
        if place > len(raw):
            raise ValueError(f"a text of {length} bytes; {len(raw) - begin} are left")
        yield raw[begin:place].decode()
