"""The HTTP side: every path of the server and what answers there."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from predictor import metrics as prometheus
from predictor.answering import Answering, Call
from predictor.deployment import ASLEEP, Deployment
from predictor.ending import Ending
from predictor.errors import PredictorError
from predictor.http_body import JSON, read_body
from predictor.http_errors import ErrorAnswers, request_id_of
from predictor.http_gate import Gate
from predictor.openapi import openapi
from predictor.settings import Limits
from predictor.spans import Spans
from predictor.strict_json import Json, to_json
from predictor.v1_json import Verb, parse_v1, v1_answer
from predictor.v2_json import EXTENSIONS


class Endpoints:
    """The handlers of one portfolio's server."""

    def __init__(
        self,
        name: str,
        data_plane: Any,
        deployment: Deployment,
        *,
        answering: Answering,
        metrics: prometheus.Metrics,
        limits: Limits,
    ) -> None:
        self._name = name
        self._plane = data_plane
        self._deployment = deployment
        self._answering = answering
        self._metrics = metrics
        self._limits = limits

    async def predict(self, request: Request) -> Response:
        """`POST /v1/models/{name}:predict`."""
        return await self._v1(request, "predict", self._plane.infer)

    async def explain(self, request: Request) -> Response:
        """`POST /v1/models/{name}:explain`."""
        return await self._v1(request, "explain", self._plane.explain)

    async def live(self, request: Request) -> Response:  # noqa: ARG002
        """`GET /`, `/v2/health/live`: the process answers."""
        return _json(to_json({"live": True}))

    async def ready(self, request: Request) -> Response:  # noqa: ARG002
        """`GET /v2/health/ready`: there is a model in every worker, or the first request loads it, which is said."""
        self._deployment.check_all_ready()
        asleep: dict[str, Json] = {"model": ASLEEP} if self._deployment.asleep else {}
        return _json(to_json({"ready": True, **asleep}))

    async def model_ready(self, request: Request) -> Response:
        """`GET /v2/models/{name}/ready`: there is a model; of a version: and its scores can be audited."""
        params = request.path_params
        self._deployment.check_ready(self._name, params["name"], params.get("version"))
        return _json(to_json({"name": self._name, "ready": True}))

    async def v1_model(self, request: Request) -> Response:
        """`GET /v1/models/{name}`: as `model_ready`."""
        if request.path_params["name"].rpartition(":")[2] in {"predict", "explain"}:
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "POST"})
        return await self.model_ready(request)

    async def server_metadata(self, request: Request) -> Response:  # noqa: ARG002
        """`GET /v2`: name, version and extensions of the server."""
        said: Json = {**self._plane.metadata(), "extensions": list(EXTENSIONS)}
        return _json(to_json(said))

    async def models(self, request: Request) -> Response:  # noqa: ARG002
        """`GET /v1/models`, `/v2/models`: the one name."""
        return _json(to_json({"models": [self._name]}))

    async def model_metadata(self, request: Request) -> Response:
        """`GET /v2/models/{name}`: inputs, outputs and version."""
        await self._check_model(request)
        bundle = self._deployment.current().bundle
        said = await self._plane.model_metadata(self._name)
        described = {**said, "versions": [bundle.model_id], "platform": bundle.engine.name}
        parameters: dict[str, Json] = {"features": list(bundle.feature_names)}
        if texts := {one.name: list(one.categories) for one in bundle.manifest.features if one.categories}:
            parameters["categories"] = texts
        return _json(to_json({**described, "parameters": parameters}))

    async def openapi(self, request: Request) -> Response:  # noqa: ARG002
        """`GET /openapi.json`: what can be asked, for the model that serves now."""
        await self._deployment.wanted()
        features = self._deployment.current().bundle.manifest.features
        return _json(to_json(openapi(self._name, features, version=self._plane.metadata()["version"])))

    async def metrics(self, request: Request) -> Response:  # noqa: ARG002
        """`GET /metrics`."""
        return Response(self._metrics.page(), media_type=prometheus.CONTENT_TYPE)

    async def _v1(self, request: Request, verb: Verb, plane: Callable[..., Any]) -> Response:
        await self._check_model(request)
        body = await self._body(request, untyped=True)
        call = Call(request_id_of(request), len(body), partial(parse_v1, body, verb), partial(v1_answer, verb=verb))
        answer, _ = await plane(model_name=self._name, request=call)
        return _json(answer)

    async def _body(self, request: Request, *, untyped: bool = False) -> bytes:
        limit = self._limits.body_bytes
        return await read_body(request.scope, request.receive, limit=limit, types=[JSON], untyped=untyped)

    async def _check_model(self, request: Request) -> None:
        params = request.path_params
        await self._deployment.wanted()
        self._deployment.check_name(self._name, params["name"], params.get("version"))


def http_app(
    endpoints: Endpoints,
    quick_paths: Callable[[ASGIApp], ASGIApp],
    metrics: prometheus.Metrics,
    ending: Ending,
    *,
    errors: ErrorAnswers,
    spans: Spans | None = None,
) -> ASGIApp:
    """The application; a path or method that is not here is a 404 or 405 in JSON.

    Args:
        endpoints: what answers on Starlette's routes.
        quick_paths: what is answered in front of another application: V2 inference, and `/score`.
        metrics: where requests are counted.
        ending: whether clients are to be sent away.
        errors: answers to errors.
        spans: what requests are traced by.
    """
    routes = routes_of(endpoints)
    labels = {route.endpoint: route.path for route in reversed(routes)}
    routed = _Routed(routes=routes)
    routed.router.redirect_slashes = False
    routed.add_exception_handler(PredictorError, errors.predictor_error)
    routed.add_exception_handler(HTTPException, errors.http_error)
    return Gate(quick_paths(routed), metrics, ending, errors=errors, routes=labels, spans=spans)


class _Routed(Starlette):
    """Starlette without its catch-all, which answers a fault before the gate can and has the connection closed."""

    def build_middleware_stack(self) -> ASGIApp:
        """Routes, and the handlers of named errors."""
        return ExceptionMiddleware(self.router, self.exception_handlers)


def routes_of(endpoints: Endpoints) -> list[Route]:
    """Every path that Starlette routes."""
    get = [
        ("/", endpoints.live),
        ("/metrics", endpoints.metrics),
        ("/openapi.json", endpoints.openapi),
        ("/v2/health/live", endpoints.live),
        ("/v2/health/ready", endpoints.ready),
        ("/v2", endpoints.server_metadata),
        ("/v1/models", endpoints.models),
        ("/v2/models", endpoints.models),
        ("/v1/models/{name}", endpoints.v1_model),
        ("/v2/models/{name}", endpoints.model_metadata),
        ("/v2/models/{name}/ready", endpoints.model_ready),
        ("/v2/models/{name}/versions/{version}", endpoints.model_metadata),
        ("/v2/models/{name}/versions/{version}/ready", endpoints.model_ready),
    ]
    post = [
        ("/v1/models/{name}:predict", endpoints.predict),
        ("/v1/models/{name}:explain", endpoints.explain),
    ]
    return [Route(path, endpoint, methods=["POST"]) for path, endpoint in post] + [
        Route(path, endpoint, methods=["GET"]) for path, endpoint in get
    ]


def _json(content: bytes) -> Response:
    return Response(content, media_type=JSON)
