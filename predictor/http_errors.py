"""What the predictor's errors are in HTTP: `{"error": ..., "request_id": ...}` with the fitting status."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from predictor import errors
from predictor.strict_json import to_json

STATUS: Mapping[type[errors.PredictorError], HTTPStatus] = {
    errors.BadInputError: HTTPStatus.BAD_REQUEST,
    errors.TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.MediaTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.UnknownModelError: HTTPStatus.NOT_FOUND,
    errors.UnknownSubjectError: HTTPStatus.NOT_FOUND,
    errors.KeyConflictError: HTTPStatus.CONFLICT,
    errors.UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}


class ErrorAnswers:
    """Handlers for Starlette."""

    def __init__(self, *, retry_seconds: int) -> None:
        self._retry_seconds = retry_seconds

    async def predictor_error(self, request: Request, error: Exception) -> Response:
        """A named fault of a request, or the state of the server."""
        status = STATUS.get(type(error))  # type: ignore[arg-type]  # registered for PredictorError
        if status is None:
            raise error
        headers = {}
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = str(self._retry_seconds)
        if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            # Whatever is still on its way is not read.
            headers["Connection"] = "close"
        return error_response(status, str(error), request_id_of(request), headers)

    async def http_error(self, request: Request, error: Exception) -> Response:
        """A path or method that does not exist."""
        if not isinstance(error, HTTPException):
            raise error
        message = f"{request.method} {request.url.path}: {error.detail}"
        return error_response(error.status_code, message, request_id_of(request), error.headers)


def error_response(status: int, message: str, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """The JSON answer of an error."""
    content = to_json({"error": message, "request_id": request_id})
    return Response(content, status, dict(headers or {}), media_type="application/json")


def request_id_of(request: Request) -> str:
    """The id that the gate has given to the request."""
    return str(request.state.request_id)
