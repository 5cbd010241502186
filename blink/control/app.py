"""The HTTP side: every path of the control API and what answers there."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Query, Response
from fastapi.openapi.utils import get_openapi
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine

from blink import __version__
from blink.control import answers
from blink.control.answers import ActiveAnswer, ErrorAnswer, TrainRequest
from blink.control.errors import NobodyError
from blink.control.gate import Gate
from blink.control.http_errors import answer_errors
from blink.control.metrics import CONTENT_TYPE, ControlMetrics
from blink.control.tokens import Tokens
from blink.control.training import DATABASE_SECONDS, Trainings, TrainingWish
from credit.database import models, pipeline_runs
from credit.database.migrate import require_head
from credit.database.score_requests import online_transaction
from credit.portfolios import PortfolioName

_log = logging.getLogger(__name__)

_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorAnswer, "description": "The request is not well formed: place and fault"},
    401: {"model": ErrorAnswer, "description": "No token of anybody"},
    404: {"model": ErrorAnswer, "description": "There is none of that id"},
    413: {"model": ErrorAnswer, "description": "The body is over the limit"},
    503: {"model": ErrorAnswer, "description": "The database or the Kubernetes API does not answer"},
}
_ACTIVE: dict[int | str, dict[str, Any]] = {
    409: {"model": ActiveAnswer, "description": "A training of the batch is active: its run"}
}
_BEARER = HTTPBearer(auto_error=False, description="One token a person: `blink control-token NAME`")

_DESCRIPTION = "Starts trainings of a BlinkScoring release, and shows its runs and models."


@dataclass(frozen=True, slots=True)
class Parts:
    """What the paths need."""

    database: Engine
    trainings: Trainings
    tokens: Tokens
    metrics: ControlMetrics
    clock: Callable[[], datetime]


def control_app(parts: Parts) -> FastAPI:
    """The application. No page of it loads anything from elsewhere: the OpenAPI document is all there is."""
    app = FastAPI(
        title="BlinkScoring control",
        description=_DESCRIPTION,
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(_watching(parts))
    app.include_router(_trainings(parts, _person(parts.tokens)))
    app.include_router(_models(parts, _person(parts.tokens)))
    answer_errors(app)
    app.add_middleware(Gate)
    document = _openapi(app)
    app.openapi = lambda: document  # type: ignore[method-assign]
    return app


def _person(tokens: Tokens) -> Callable[..., str]:
    def person(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> str:
        name = None if given is None else tokens.person(given.credentials)
        if name is None:
            raise NobodyError("Authorization: a bearer token of somebody known here is needed")
        return name

    return person


def _watching(parts: Parts) -> APIRouter:
    """For the platform: no token is needed, and no customer's or person's name is told."""
    router = APIRouter(tags=["platform"])

    @router.get("/healthz", summary="The process answers", response_model=answers.StateAnswer)
    async def healthz() -> answers.StateAnswer:
        return answers.StateAnswer(state="alive")

    @router.get(
        "/readyz", summary="The database answers, at a schema that serves this release", responses={503: _ERRORS[503]}
    )
    def readyz() -> answers.StateAnswer:
        with online_transaction(parts.database, timeout_seconds=DATABASE_SECONDS) as connection:
            require_head(connection)
        return answers.StateAnswer(state="ready")

    @router.get("/metrics", summary="Prometheus", response_class=Response)
    def metrics() -> Response:
        return Response(parts.metrics.page(), media_type=CONTENT_TYPE)

    return router


def _trainings(parts: Parts, person: Callable[..., str]) -> APIRouter:
    router = APIRouter(prefix="/api/pipeline", tags=["pipeline"], dependencies=[Depends(person)], responses=_ERRORS)

    @router.post("/trigger/train_model", summary="Train a model", status_code=HTTPStatus.ACCEPTED, responses=_ACTIVE)
    def train_model(body: TrainRequest, who: Annotated[str, Depends(person)]) -> answers.RunAnswer:
        wish = TrainingWish(body.portfolio, body.batch_id, body.deploy)
        run = parts.trainings.trigger(wish, person=who, now=parts.clock())
        _log.info("%s asked for training %s of %s, batch %s", who, run.run_id, run.portfolio, run.batch_id)
        return answers.run_answer(run, parts.trainings.watch(run))

    @router.get("/runs/{run_id}", summary="A run")
    def run(run_id: UUID) -> answers.RunAnswer:
        with online_transaction(parts.database, timeout_seconds=DATABASE_SECONDS) as connection:
            found = pipeline_runs.get_run(connection, run_id)
        return answers.run_answer(found, parts.trainings.watch(found))

    @router.get("/runs", summary="The latest runs")
    def runs(
        portfolio: str | None = None,
        kind: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    ) -> answers.RunsAnswer:
        with online_transaction(parts.database, timeout_seconds=DATABASE_SECONDS) as connection:
            found = pipeline_runs.list_runs(connection, portfolio=portfolio, kind=kind, limit=limit)
        return answers.RunsAnswer(runs=[answers.run_answer(run, parts.trainings.watch(run)) for run in found])

    return router


def _models(parts: Parts, person: Callable[..., str]) -> APIRouter:
    router = APIRouter(prefix="/api/models", tags=["models"], dependencies=[Depends(person)], responses=_ERRORS)

    def registered(model_id: str) -> models.RegisteredModel:
        with online_transaction(parts.database, timeout_seconds=DATABASE_SECONDS) as connection:
            return models.get(connection, model_id)

    @router.get("", summary="All models")
    def listing(portfolio: str | None = None) -> answers.ModelsAnswer:
        name = None if portfolio is None else PortfolioName(portfolio)
        with online_transaction(parts.database, timeout_seconds=DATABASE_SECONDS) as connection:
            found = models.list_models(connection, name)
        return answers.ModelsAnswer(models=[answers.model_answer(model) for model in found])

    @router.get("/{model_id}", summary="A model")
    def model(model_id: str) -> answers.ModelAnswer:
        return answers.model_answer(registered(model_id))

    @router.get("/{model_id}/feature_importance", summary="A model's features by importance, with direction")
    def importance(model_id: str) -> answers.ImportanceAnswer:
        return answers.importance_answer(registered(model_id))

    return router


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, in which bad input is a 400 as it is here, not FastAPI's 422."""
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    return document
