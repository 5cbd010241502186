"""One connection to a gRPC server, over which bytes are sent as they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import grpc  # type: ignore[import-untyped]  # its stubs are no part of it

_SERVICE = "/inference.GRPCInferenceService/"
_OPTIONS = (
    # Otherwise all channels of a process to one server share a connection.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
)


@dataclass(frozen=True, slots=True)
class MessageAnswer:
    """What came."""

    code: str
    """Name of the status code."""
    details: str
    content: bytes
    """Of the answer; empty where there is none."""
    trailing: Mapping[str, str | bytes]
    """Metadata behind the answer."""


class MessageWire:
    """A channel that is kept, and how often it had to connect."""

    def __init__(self, host: str, port: int, *, seconds: float) -> None:
        """`seconds`: longest wait for an answer, after which its code is DEADLINE_EXCEEDED."""
        self._channel = grpc.insecure_channel(f"{host}:{port}", options=_OPTIONS)
        self._seconds = seconds
        self._methods: dict[str, Any] = {}
        self._lock = Lock()
        self._connections = 0
        self._channel.subscribe(self._count)

    @property
    def connections(self) -> int:
        """Times that it was seen connected; one that was closed and made anew within 0.2 s may go unseen."""
        with self._lock:
            return self._connections

    def ask(self, method: str, content: bytes) -> MessageAnswer:
        """The answer of a method to a message."""
        try:
            answer, call = self._method(method).with_call(content, timeout=self._seconds)
        except grpc.RpcError as error:
            return _answer(error, b"")
        return _answer(call, answer)

    def close(self) -> None:
        """Close the channel."""
        self._channel.unsubscribe(self._count)
        self._channel.close()

    def _method(self, name: str) -> Any:
        if name not in self._methods:
            self._methods[name] = self._channel.unary_unary(_SERVICE + name)
        return self._methods[name]

    def _count(self, state: Any) -> None:
        with self._lock:
            self._connections += state is grpc.ChannelConnectivity.READY


def _answer(call: Any, content: bytes) -> MessageAnswer:
    trailing = {str(key): value for key, value in call.trailing_metadata() or ()}
    return MessageAnswer(call.code().name, call.details() or "", content, trailing)
