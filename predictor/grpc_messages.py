"""The methods of the gRPC service by name, and their messages, of which one that cannot be read is refused by us."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import grpc  # type: ignore[import-untyped]  # its stubs are no part of it
from google.protobuf.message import DecodeError
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

_SERVICE = pb.DESCRIPTOR.services_by_name["GRPCInferenceService"]
_MOST_BYTES = 2000

Behaviour = Callable[[Any, Any], Awaitable[Any]]
"""Of a message and a call's context, the answer."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What came instead of a message."""

    kind: str
    """Of the message."""


class Servicer(Protocol):
    """What has a method for each of the service's."""

    async def refuse(self, method: str, message: Unreadable, context: Any) -> None:
        """Refuse a call whose message cannot be read."""


def handlers(servicer: Servicer) -> Any:
    """What a server of gRPC is given.

    gRPC's own way with a message that cannot be read is UNKNOWN, the name of an exception in Python, and a traceback.
    """
    return grpc.method_handlers_generic_handler(
        _SERVICE.full_name,
        {
            method.name: grpc.unary_unary_rpc_method_handler(
                _readable_only(servicer, method.name),
                request_deserializer=partial(_read, getattr(pb, method.input_type.name)),
                response_serializer=getattr(pb, method.output_type.name).SerializeToString,
            )
            for method in _SERVICE.methods
        },
    )


def short_enough(text: str) -> str:
    """The text, cut where a client would not get it.

    It travels in a header, with three bytes for each that is not ASCII, and clients take 8 KiB of headers.
    """
    content = text.encode()
    if len(content) <= _MOST_BYTES:
        return text
    return content[:_MOST_BYTES].decode(errors="ignore") + "…"


def _read(kind: Any, content: bytes) -> Any:
    try:
        return kind.FromString(content)
    except DecodeError:
        return Unreadable(kind.DESCRIPTOR.name)


def _readable_only(servicer: Servicer, method: str) -> Behaviour:
    behaviour: Behaviour = getattr(servicer, method)

    async def answer(message: Any, context: Any) -> Any:
        if isinstance(message, Unreadable):
            return await servicer.refuse(method, message, context)
        return await behaviour(message, context)

    return answer
