"""Damaged requests: each is a function of a seed, so that it can be made again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.serving.byte_damage import BYTE_DAMAGE, ByteDamage
from benchmarks.serving.draws import one_of
from benchmarks.serving.frame_damage import FRAME_DAMAGE, FrameDamage
from benchmarks.serving.header_damage import REQUEST_DAMAGE, RequestDamage
from benchmarks.serving.http_request import JSON_LENGTH, HttpRequest
from benchmarks.serving.json_damage import JSON_DAMAGE, JsonDamage, key_doubled, written
from benchmarks.serving.tensor_damage import TENSOR_DAMAGE, wrong_lengths

FRAMES = 0.08
"""The part of requests whose framing is broken: each costs a connection."""
_LARGE = 0.03
"""The part of bodies damaged in their bytes that grow over the limit: a hundred others cost as much."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """What is sent."""

    kind: str
    """How it was damaged."""
    sent: bytes
    head_only: bool = False
    """Whether its answer has no body."""
    framed: bool = True
    """Whether it is one HTTP request for certain, so that the server has no reason to end the connection."""


def damaged(seed: Sequence[int], good: Sequence[HttpRequest]) -> Damaged:
    """One of the good requests, damaged as the seed says."""
    rng = np.random.default_rng(seed)
    request = one_of(rng, good)
    if rng.random() < FRAMES:
        name = one_of(rng, list(FRAME_DAMAGE))
        return Damaged(name, FRAME_DAMAGE[name](rng, request), framed=False)
    kinds = _kinds(request)
    name = one_of(rng, list(kinds))
    if name == "too large" and rng.random() > _LARGE * len(kinds):
        name = "bytes changed"
    request = kinds[name](rng, request)
    if rng.random() < 0.1:
        request = replace(request, body=BYTE_DAMAGE["bits flipped"](rng, request.body))
    return Damaged(name, request.sent, head_only=request.method == b"HEAD")


def kinds_of_damage() -> Sequence[str]:
    """The names of all kinds."""
    return [
        *BYTE_DAMAGE,
        *JSON_DAMAGE,
        "a key doubled",
        *TENSOR_DAMAGE,
        "wrong lengths",
        *REQUEST_DAMAGE,
        *FRAME_DAMAGE,
    ]


def _kinds(request: HttpRequest) -> Mapping[str, RequestDamage]:
    kinds: dict[str, RequestDamage] = dict(REQUEST_DAMAGE)
    kinds |= {name: _in_bytes(damage) for name, damage in BYTE_DAMAGE.items()}
    kinds |= {name: _in_json(damage) for name, damage in JSON_DAMAGE.items()}
    kinds["a key doubled"] = lambda rng, asked: _with_json(asked, key_doubled(rng, _json_of(asked)))
    if b'"inputs"' in request.body:
        kinds |= {name: _in_json(damage) for name, damage in TENSOR_DAMAGE.items()}
    if JSON_LENGTH in dict(request.headers):
        kinds["wrong lengths"] = wrong_lengths
    return kinds


def _in_bytes(damage: ByteDamage) -> RequestDamage:
    return lambda rng, request: replace(request, body=damage(rng, request.body))


def _in_json(damage: JsonDamage) -> RequestDamage:
    """Damage of the JSON alone: what is binary behind it stays, and so does the truth of the JSON's length."""

    def damage_request(rng: np.random.Generator, request: HttpRequest) -> HttpRequest:
        return _with_json(request, written(damage(rng, json.loads(_json_of(request)))))

    return damage_request


def _json_of(request: HttpRequest) -> bytes:
    return request.body[: int(dict(request.headers).get(JSON_LENGTH, len(request.body)))]


def _with_json(request: HttpRequest, text: bytes) -> HttpRequest:
    changed = replace(request, body=text + request.body[len(_json_of(request)) :])
    return changed.with_header(JSON_LENGTH, b"%d" % len(text)) if JSON_LENGTH in dict(request.headers) else changed


__all__ = ["FRAMES", "Damaged", "FrameDamage", "damaged", "kinds_of_damage"]
