"""Damaged messages of gRPC: each is a function of a seed, so that it can be made again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from benchmarks.serving.acceptance_models import PORTFOLIO
from benchmarks.serving.byte_damage import BYTE_DAMAGE
from benchmarks.serving.draws import one_of
from benchmarks.serving.infer_message_damage import (
    INFER_DAMAGE,
    TEXTS,
    InferDamage,
    merged,
    unknown_fields,
    very_many_tensors,
)

INFER = "ModelInfer"
_ABOUT = {"ModelReady": pb.ModelReadyRequest, "ModelMetadata": pb.ModelMetadataRequest}
"""Methods that ask about a model, and their messages."""
_ASKED_ABOUT = 0.05
"""The part of messages that go to one of them."""
_LARGE = 0.03
"""As in `damage`: what is over the limit costs as much as a hundred others."""
_DAMAGED_AGAIN = 0.1

_MessageDamage = Callable[[np.random.Generator, Sequence[bytes]], bytes]


@dataclass(frozen=True, slots=True)
class DamagedMessage:
    """What is sent to which method."""

    kind: str
    """How it was damaged."""
    sent: bytes
    method: str = INFER


def damaged_message(seed: Sequence[int], good: Sequence[bytes]) -> DamagedMessage:
    """One of the good `ModelInferRequest`s, damaged as the seed says; now and then a message of another method."""
    rng = np.random.default_rng(seed)
    if rng.random() < _ASKED_ABOUT:
        return _about(rng)
    name = one_of(rng, list(_KINDS))
    if name == "too large" and rng.random() > _LARGE * len(_KINDS):
        name = "bytes changed"
    sent = _KINDS[name](rng, good)
    if rng.random() < _DAMAGED_AGAIN:
        sent = BYTE_DAMAGE["bits flipped"](rng, sent)
    return DamagedMessage(name, sent)


def kinds_of_message_damage() -> Sequence[str]:
    """The names of all kinds."""
    return [*_KINDS, *(_kind_about(method) for method in _ABOUT)]


def _about(rng: np.random.Generator) -> DamagedMessage:
    method = one_of(rng, list(_ABOUT))
    name = PORTFOLIO.name if rng.random() < 0.5 else one_of(rng, TEXTS)
    message = _ABOUT[method](name=name, version=one_of(rng, ("", *TEXTS)))
    sent = bytes(message.SerializeToString())
    changes = [damage for kind, damage in BYTE_DAMAGE.items() if kind != "too large"]
    if rng.random() < 0.5:
        sent = one_of(rng, changes)(rng, sent)
    return DamagedMessage(_kind_about(method), sent, method)


def _kind_about(method: str) -> str:
    return f"{method} of an odd model"


def _in_fields(damage: InferDamage) -> _MessageDamage:
    def damage_message(rng: np.random.Generator, good: Sequence[bytes]) -> bytes:
        request = pb.ModelInferRequest.FromString(one_of(rng, good))
        damage(rng, request)
        # Otherwise the order of parameters is one of the process.
        return bytes(request.SerializeToString(deterministic=True))

    return damage_message


def _in_bytes(damage: Callable[[np.random.Generator, bytes], bytes]) -> _MessageDamage:
    return lambda rng, good: damage(rng, one_of(rng, good))


_KINDS: Mapping[str, _MessageDamage] = {
    **{kind: _in_bytes(damage) for kind, damage in BYTE_DAMAGE.items()},
    **{kind: _in_fields(damage) for kind, damage in INFER_DAMAGE.items()},
    "very many tensors": _in_bytes(very_many_tensors),
    "unknown fields": _in_bytes(unknown_fields),
    "two messages in one": lambda rng, good: merged(rng, one_of(rng, good), one_of(rng, good)),
}
