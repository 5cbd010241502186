"""The path of V2 inference, answered in front of Starlette: routing and request objects cost more than a score."""

from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from predictor.answering import Answering, Call
from predictor.deployment import Deployment
from predictor.http_answer import HttpAnswer, binary_answer, json_answer
from predictor.http_body import BINARY, JSON, JSON_LENGTH_HEADER, json_length, read_body
from predictor.http_errors import ErrorAnswers, only_post
from predictor.v2_json import V2Body, parse_v2, v2_answer

ROUTE = "/v2/models/{name}/infer"
VERSION_ROUTE = "/v2/models/{name}/versions/{version}/infer"

_TYPES = (JSON, BINARY)
_JSON_LENGTH = JSON_LENGTH_HEADER.encode()


AskedModel = tuple[str, str]
"""Name and version (empty: any) of a model."""


class InferPath:
    """An ASGI application that answers `POST /v2/models/{name}[/versions/{version}]/infer`, and passes on the rest."""

    def __init__(
        self,
        others: ASGIApp,
        *,
        name: str,
        deployment: Deployment,
        answering: Answering,
        errors: ErrorAnswers,
        body_bytes: int,
    ) -> None:
        self._others = others
        self._name = name
        self._usual, self._usual_path = (name, ""), ROUTE.format(name=name)
        self._deployment = deployment
        self._answering = answering
        self._errors = errors
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        asked = self._asked(scope)
        if asked is None:
            await self._others(scope, receive, send)
            return
        state = scope["state"]
        state["route"] = VERSION_ROUTE if asked[1] else ROUTE
        request_id = state["request_id"]
        await self._errors.send(self._answer(scope, receive, asked, request_id), request_id, send)

    def _asked(self, scope: Scope) -> AskedModel | None:
        if scope["type"] != "http":
            return None
        path = scope["path"]
        return self._usual if path == self._usual_path else _asked(path)

    async def _answer(self, scope: Scope, receive: Receive, asked: AskedModel, request_id: str) -> HttpAnswer:
        if scope["method"] != "POST":
            return only_post(scope, request_id)
        name, version = asked
        await self._deployment.wanted()
        self._deployment.check_name(self._name, name, version)
        length = json_length(scope)
        body = await read_body(scope, receive, limit=self._body_bytes, types=_TYPES, untyped=True)
        call = Call(request_id, len(body), partial(parse_v2, body, length), partial(v2_answer, fallback_id=request_id))
        return _http_answer(await self._answering.infer(call))


def _asked(path: str) -> AskedModel | None:
    """What a path of inference asks; None for another path."""
    if not path.endswith("/infer"):
        return None
    match path.split("/"):
        case ["", "v2", "models", name, "infer"] if name:
            return name, ""
        case ["", "v2", "models", name, "versions", version, "infer"] if name and version:
            return name, version
    return None


def _http_answer(body: V2Body) -> HttpAnswer:
    if body.json_length is None:
        return json_answer(body.content)
    return binary_answer(body.content, headers=((_JSON_LENGTH, b"%d" % body.json_length),))
