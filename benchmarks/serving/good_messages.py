"""Good `ModelInferRequest`s of gRPC, and what each must get."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from benchmarks.serving.acceptance_models import NAMES, PORTFOLIO
from benchmarks.serving.good_requests import OUTPUTS
from forest.engine import Floats

_DEFAULT = OUTPUTS[:1]


@dataclass(frozen=True, slots=True)
class GoodMessage:
    """A message, and what it must get."""

    name: str
    sent: bytes
    rows: tuple[int, ...]
    """Places of the rows that it asks for, among all rows."""
    outputs: frozenset[str] = frozenset(_DEFAULT)
    audits: int = 0
    """Audits that its answer names."""


def good_messages(rows: Floats) -> Sequence[GoodMessage]:
    """Every kind of message for every row, and for all rows together."""
    found = [good for place in range(len(rows)) for good in _of_one(rows[place], place)]
    everyone = tuple(range(len(rows)))
    return [*found, GoodMessage("many rows", _asked([_raw(rows)], OUTPUTS), everyone, frozenset(OUTPUTS))]


def _of_one(row: Floats, place: int) -> Iterator[GoodMessage]:
    one, own = row[np.newaxis], (place,)
    yield GoodMessage("contents", _asked([_typed("rows", one)]), own)
    yield GoodMessage("all outputs", _asked([_typed("rows", one)], OUTPUTS, id=f"row-{place}"), own, frozenset(OUTPUTS))
    yield GoodMessage("raw contents", _asked([_raw(one)], OUTPUTS[:2]), own, frozenset(OUTPUTS[:2]))
    yield GoodMessage("a tensor a feature", _asked(_by_name(row)), own)
    subject = {"subject_id": pb.InferParameter(string_param=f"u-{place}")}
    audited = _asked([_typed("rows", one)], OUTPUTS[:4], parameters=subject)
    yield GoodMessage("audited", audited, own, frozenset(OUTPUTS[:4]), audits=1)


def _asked(tensors: Sequence[tuple[Any, bytes | None]], outputs: Sequence[str] = (), **fields: Any) -> bytes:
    request = pb.ModelInferRequest(
        model_name=PORTFOLIO.name,
        inputs=[tensor for tensor, _ in tensors],
        outputs=[pb.ModelInferRequest.InferRequestedOutputTensor(name=name) for name in outputs],
        raw_input_contents=[raw for _, raw in tensors if raw is not None],
        **fields,
    )
    return bytes(request.SerializeToString(deterministic=True))


def _typed(name: str, values: Floats) -> tuple[Any, None]:
    contents = pb.InferTensorContents(fp64_contents=values.ravel())
    tensor = pb.ModelInferRequest.InferInputTensor(
        name=name, datatype="FP64", shape=list(values.shape), contents=contents
    )
    return tensor, None


def _raw(rows: Floats) -> tuple[Any, bytes]:
    tensor = pb.ModelInferRequest.InferInputTensor(name="rows", datatype="FP64", shape=list(rows.shape))
    return tensor, rows.astype("<f8").tobytes()


def _by_name(row: Floats) -> Sequence[tuple[Any, None]]:
    return [_typed(name, row[place : place + 1]) for place, name in enumerate(NAMES)]
