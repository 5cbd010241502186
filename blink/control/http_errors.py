"""What errors are in HTTP: `{"error": ..., "request_id": ...}` with the fitting status."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from blink.control.errors import (
    ActiveError,
    BadRequestError,
    NobodyError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
)
from credit.batches import BatchIdError
from credit.database.errors import SchemaOutdatedError
from credit.database.models import UnknownModelError
from credit.database.pipeline_runs import UnknownRunError
from credit.database.score_requests import DatabaseAwayError
from rollout.errors import ClusterError

RETRY_SECONDS = "5"

STATUS: Mapping[type[Exception], HTTPStatus] = {
    BadRequestError: HTTPStatus.BAD_REQUEST,
    BatchIdError: HTTPStatus.BAD_REQUEST,
    NobodyError: HTTPStatus.UNAUTHORIZED,
    NotFoundError: HTTPStatus.NOT_FOUND,
    UnknownModelError: HTTPStatus.NOT_FOUND,
    UnknownRunError: HTTPStatus.NOT_FOUND,
    ActiveError: HTTPStatus.CONFLICT,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    DatabaseAwayError: HTTPStatus.SERVICE_UNAVAILABLE,
    SchemaOutdatedError: HTTPStatus.SERVICE_UNAVAILABLE,
    ClusterError: HTTPStatus.SERVICE_UNAVAILABLE,
}

_HEADERS: Mapping[HTTPStatus, Mapping[str, str]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": RETRY_SECONDS},
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: {"Connection": "close"},
}


def answer_errors(app: FastAPI) -> None:
    """Have the application answer its errors in JSON."""
    for kind in STATUS:
        app.add_exception_handler(kind, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def error_response(
    status: int, message: str, request_id: str, headers: Mapping[str, str] | None = None, **more: str
) -> JSONResponse:
    """The answer of an error."""
    content = {"error": message, "request_id": request_id, **more}
    return JSONResponse(content, status, dict(headers or {}))


def request_id_of(request: Request) -> str:
    """The id that the gate has given to the request."""
    return str(request.state.request_id)


def status_of(error: Exception) -> HTTPStatus:
    """The status of an expected error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


async def _known(request: Request, error: Exception) -> JSONResponse:
    status = status_of(error)
    more = {"run_id": str(error.run_id)} if isinstance(error, ActiveError) else {}
    return error_response(status, str(error), request_id_of(request), _HEADERS.get(status), **more)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else ()
    text = "; ".join(_fault(fault) for fault in faults)
    return error_response(HTTPStatus.BAD_REQUEST, text, request_id_of(request))


async def _http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    message = f"{request.method} {request.url.path}: {error.detail}"
    return error_response(error.status_code, message, request_id_of(request), error.headers)


def _fault(fault: Mapping[str, Any]) -> str:
    """Place and fault, such as `body.batch_id: Field required`."""
    if fault["type"] == "json_invalid":
        return f"body, character {fault['loc'][-1]}: malformed JSON: {fault['ctx']['error']}"
    place = ".".join(str(part) for part in fault["loc"])
    return f"{place}: {fault['msg']}"
