"""The gRPC side: KServe's service with the predictor's errors as status codes."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NoReturn

import grpc  # type: ignore[import-untyped]  # its stubs are no part of it
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.server import GRPCServer
from kserve.protocol.grpc.servicer import InferenceServicer

from predictor import errors
from predictor.answering import Call
from predictor.deployment import Deployment
from predictor.ending import TICK_SECONDS, Ending
from predictor.grpc_log import leave_out_the_left
from predictor.grpc_messages import Unreadable, handlers, short_enough
from predictor.metrics import Metrics
from predictor.spans import Spans
from predictor.strict_json import as_text
from predictor.trace_context import RequestNames, follow, traceparent_of
from predictor.v2_grpc import grpc_answer, parse_grpc, reading_cost
from predictor.v2_json import EXTENSIONS

_log = logging.getLogger(__name__)

MOST_CALLS = 64
"""Calls at once on one connection, whose answers are kept until they are taken; clients keep further ones back."""
_QUIET_SECONDS = 1.0
"""Without a call for that long clients are taken to have left."""
_JITTER = 1.2
"""gRPC lengthens the age of a connection by up to a tenth; the rest is for its last calls."""

_STATUS = {
    errors.BadInputError: grpc.StatusCode.INVALID_ARGUMENT,
    errors.TooLargeError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.UnknownModelError: grpc.StatusCode.NOT_FOUND,
    errors.UnavailableError: grpc.StatusCode.UNAVAILABLE,
    errors.NotOfferedError: grpc.StatusCode.UNIMPLEMENTED,
}


class ScoringServicer(InferenceServicer):  # type: ignore[misc]  # KServe ships no types
    """The V2 service; loading and unloading by clients is off, since anyone could."""

    def __init__(
        self, data_plane: Any, deployment: Deployment, metrics: Metrics, *, name: str, spans: Spans | None
    ) -> None:
        super().__init__(data_plane, None)
        self._plane = data_plane
        self._deployment = deployment
        self._metrics = metrics
        self._name = name
        self._spans = spans
        self._names = RequestNames()
        self.last_call_at = -math.inf
        """On the monotonic clock, in seconds."""

    async def ServerLive(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """The process answers."""
        return await self._answer("ServerLive", context, self._server_live)

    async def ServerMetadata(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Name, version and extensions of the server."""
        return await self._answer("ServerMetadata", context, self._server_metadata)

    async def ServerReady(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Whether the server has a model."""
        return await self._answer("ServerReady", context, self._server_ready)

    async def ModelReady(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Whether a model is ready; a version that cannot be audited is UNAVAILABLE, with the reason."""
        return await self._answer("ModelReady", context, partial(self._model_ready, request))

    async def ModelMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Inputs, outputs and version of a model."""
        return await self._answer("ModelMetadata", context, partial(self._model_metadata, request))

    async def ModelInfer(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Score rows."""
        return await self._answer("ModelInfer", context, partial(self._infer, request))

    async def RepositoryModelLoad(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Refuse."""
        return await self._answer("RepositoryModelLoad", context, _not_by_clients)

    async def RepositoryModelUnload(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Refuse."""
        return await self._answer("RepositoryModelUnload", context, _not_by_clients)

    async def refuse(self, method: str, message: Unreadable, context: Any) -> None:
        """As `grpc_messages.Servicer`."""
        await self._answer(method, context, partial(_refuse, message))

    async def _server_live(self, request_id: str) -> Any:  # noqa: ARG002
        return pb.ServerLiveResponse(live=True)

    async def _server_metadata(self, request_id: str) -> Any:  # noqa: ARG002
        said = self._plane.metadata()
        return pb.ServerMetadataResponse(name=said["name"], version=said["version"], extensions=EXTENSIONS)

    async def _server_ready(self, request_id: str) -> Any:  # noqa: ARG002
        return pb.ServerReadyResponse(ready=self._deployment.ready)

    async def _model_ready(self, request: Any, request_id: str) -> Any:  # noqa: ARG002
        _check_names(request.name, request.version)
        if request.version:
            self._deployment.check_ready(self._name, request.name, request.version)
        else:
            self._deployment.check_name(self._name, request.name, None)
        return pb.ModelReadyResponse(ready=self._deployment.ready)

    async def _model_metadata(self, request: Any, request_id: str) -> Any:  # noqa: ARG002
        _check_names(request.name, request.version)
        await self._deployment.wanted()
        self._deployment.check_name(self._name, request.name, request.version)
        said = await self._plane.model_metadata(model_name=request.name)
        return pb.ModelMetadataResponse(
            name=said["name"],
            versions=[self._deployment.current().bundle.model_id],
            platform=self._deployment.current().bundle.engine.name,
            inputs=said["inputs"],
            outputs=said["outputs"],
        )

    async def _infer(self, request: Any, request_id: str) -> Any:
        _check_names(request.model_name, request.model_version)
        await self._deployment.wanted()
        self._deployment.check_name(self._name, request.model_name, request.model_version)
        write = partial(grpc_answer, fallback_id=request_id)
        call = Call(request_id, reading_cost(request), partial(parse_grpc, request), write)
        answer, _ = await self._plane.infer(model_name=request.model_name, request=call)
        return answer

    async def _answer(self, method: str, context: Any, work: Callable[[str], Awaitable[Any]]) -> Any:
        begun = time.perf_counter()
        self.last_call_at = time.monotonic()
        request_id, traceparent = self._named(context)
        span = self._spans.begin("grpc", request_id, traceparent) if self._spans else None
        self._name_answer(context, request_id, span.traceparent if span else traceparent, own=span is not None)
        status = "CANCELLED"
        try:
            answer = await work(request_id)
            if not _is_late(context):
                status = "OK"
            return answer  # noqa: TRY300 - the statements belong together
        except errors.PredictorError as error:
            code, says = _STATUS.get(type(error), grpc.StatusCode.INTERNAL), str(error)
            status = code.name
        except Exception:  # noqa: BLE001 - an honest INTERNAL with an id, logged; never a fault of the request
            _log.exception("request %s: %s failed", request_id, method)
            code, says = grpc.StatusCode.INTERNAL, "internal fault, logged under the request id"
            status = code.name
        finally:
            self._metrics.request("grpc", method, status, time.perf_counter() - begun)
            if span is not None:
                span.end(method, status)
        # Behind the count: who has the refusal finds it counted.
        return await _abort(context, code, says, request_id)

    def _named(self, context: Any) -> tuple[str, str | None]:
        """The call's id, and the trace that it belongs to."""
        given = {str(key).encode(): _bytes(value) for key, value in context.invocation_metadata() or ()}
        return self._names.id_of(given), traceparent_of(given)

    def _name_answer(self, context: Any, request_id: str, traceparent: str | None, *, own: bool) -> None:
        named = [("x-request-id", request_id)]
        if traceparent is not None:
            named.append(("traceparent", traceparent if own else follow(traceparent, self._names.new_span_id())))
        context.set_trailing_metadata(tuple(named))


class ScoringGrpcServer(GRPCServer):  # type: ignore[misc]  # KServe ships no types
    """KServe's gRPC server on a host of our choice, and on a port that no other server shares."""

    def __init__(
        self,
        servicer: ScoringServicer,
        host: str,
        port: int,
        *,
        most_bytes: int,
        shared: bool,
        connection_seconds: float,
        receive_seconds: float,
        drain_seconds: int,
    ) -> None:
        """Listen to nobody yet.

        `shared`: other workers of this server listen on the port too. A connection is asked to end when it is so many
        seconds old, and cut `receive_seconds` later; sooner where its client, asked for a sign of life, gives none.
        """
        super().__init__(port, None, None, kwargs={}, grace_period=drain_seconds)
        self._servicer = servicer
        self._host = host
        self._most_bytes = most_bytes
        self._shared = shared
        self._connection_seconds = connection_seconds
        self._receive_seconds = receive_seconds

    async def listen(self) -> int:
        """Start, and give the port.

        Raises:
            ServerError: where the port is taken.
        """
        self._server = grpc.aio.server(
            ThreadPoolExecutor(1),
            options=self._options(),
        )
        leave_out_the_left()
        self._server.add_generic_rpc_handlers((handlers(self._servicer),))
        host = f"[{self._host}]" if ":" in self._host else self._host
        try:
            port: int = self._server.add_insecure_port(f"{host}:{self._port}")
        except RuntimeError as error:
            raise errors.ServerError(f"gRPC cannot listen on {host}:{self._port}: choose another port") from error
        await self._server.start()
        return port

    def _options(self) -> list[tuple[str, int]]:
        half = round(self._receive_seconds * 500)
        return [
            ("grpc.max_receive_message_length", self._most_bytes),
            # Otherwise two servers share a port, and requests, in silence.
            ("grpc.so_reuseport", int(self._shared)),
            ("grpc.max_concurrent_streams", MOST_CALLS),
            # It counts calls whose answers were taken until Python has let go of them, and refuses those that clients
            # begin meanwhile: of 300 at once, kept going on one channel, four in ten were lost.
            ("grpc.http.overload_protection", 0),
            ("grpc.max_connection_age_ms", round(self._connection_seconds * 1000)),
            ("grpc.max_connection_age_grace_ms", round(self._receive_seconds * 1000)),
            # Nobody who has no call is asked: not every client reads then.
            ("grpc.keepalive_permit_without_calls", 0),
            ("grpc.keepalive_time_ms", half),
            ("grpc.keepalive_timeout_ms", half),
            # That of gRPC's own measuring of the connection: no other PING is sent before it is answered.
            ("grpc.http2.ping_timeout_ms", half),
            ("grpc.http2.max_pings_without_data", 0),
        ]

    async def until_quiet(self, ending: Ending) -> None:
        """Wait for the end to begin, and then for clients to have left.

        A stopping gRPC server cancels calls that are on their way to it. A connection that has reached its age is
        ended without such a loss, so that all who can have been on one when the end began are given that time.
        """
        while not ending.begun:  # noqa: ASYNC110 - set by signals, which wake nobody
            await asyncio.sleep(TICK_SECONDS)
        until = time.monotonic() + self._connection_seconds * _JITTER
        while (now := time.monotonic()) < until and now - self._servicer.last_call_at < _QUIET_SECONDS:  # noqa: ASYNC110
            await asyncio.sleep(TICK_SECONDS)


async def _abort(context: Any, code: Any, message: str, request_id: str) -> NoReturn:
    await context.abort(code, f"{short_enough(message)} (request {request_id})")
    raise AssertionError("abort raises")


def _is_late(context: Any) -> bool:
    """Whether the client waits no longer. Of one that left before its deadline, gRPC may not have told yet."""
    left: float | None = context.time_remaining()
    return left is not None and left <= 0


async def _refuse(message: Unreadable, request_id: str) -> NoReturn:  # noqa: ARG001
    raise errors.BadInputError("message", f"is no {message.kind}")


async def _not_by_clients(request_id: str) -> NoReturn:  # noqa: ARG001
    raise errors.NotOfferedError("models are deployed by the registry, not by clients")


def _check_names(model: str, version: str) -> None:
    # An empty name is no model's, and an empty version any.
    for name, place in ((model, "model name"), (version, "model version")):
        if name:
            as_text(name, place)


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "replace")
