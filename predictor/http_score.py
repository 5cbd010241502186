"""`POST /score`, answered in front of Starlette as V2 inference is."""

from starlette.types import ASGIApp, Receive, Scope, Send

from predictor.answering import Answering
from predictor.http_answer import HttpAnswer, json_answer
from predictor.http_body import JSON, idempotency_key, read_body
from predictor.http_errors import ErrorAnswers, only_post

ROUTE = "/score"


class ScorePath:
    """An ASGI application that answers on `/score`, and passes on the rest."""

    def __init__(self, others: ASGIApp, *, answering: Answering, errors: ErrorAnswers, body_bytes: int) -> None:
        self._others = others
        self._answering = answering
        self._errors = errors
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] != "http" or scope["path"] != ROUTE:
            await self._others(scope, receive, send)
            return
        state = scope["state"]
        state["route"] = ROUTE
        request_id = state["request_id"]
        await self._errors.send(self._answer(scope, receive, request_id), request_id, send)

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> HttpAnswer:
        if scope["method"] != "POST":
            return only_post(scope, request_id)
        key = idempotency_key(scope)
        body = await read_body(scope, receive, limit=self._body_bytes, types=(JSON,))
        return json_answer(await self._answering.score(body, request_id, key))
