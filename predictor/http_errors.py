"""What the predictor's errors are in HTTP: `{"error": ..., "request_id": ...}` with the fitting status."""

from collections.abc import Awaitable, Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope, Send

from predictor import errors
from predictor.http_answer import HttpAnswer, RawHeaders, json_answer
from predictor.strict_json import to_json

STATUS: Mapping[type[errors.PredictorError], HTTPStatus] = {
    errors.BadInputError: HTTPStatus.BAD_REQUEST,
    errors.TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.MediaTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.MalformedError: HTTPStatus.BAD_REQUEST,
    errors.HeadTooLargeError: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.SlowError: HTTPStatus.REQUEST_TIMEOUT,
    errors.TooManyError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.UnknownModelError: HTTPStatus.NOT_FOUND,
    errors.UnknownSubjectError: HTTPStatus.NOT_FOUND,
    errors.KeyConflictError: HTTPStatus.CONFLICT,
    errors.UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}


_CLOSE: RawHeaders = ((b"connection", b"close"),)
_LONGEST_PATH = 256


class ErrorAnswers:
    """Answers to errors; the methods that take a `Request` are handlers for Starlette."""

    def __init__(self, *, retry_seconds: int) -> None:
        self._retry: RawHeaders = ((b"retry-after", str(retry_seconds).encode()),)

    def answer(self, error: errors.PredictorError, request_id: str) -> HttpAnswer:
        """The answer to a named fault of a request, or to the state of the server.

        Raises:
            PredictorError: the error itself, where it is none that a request can meet.
        """
        status = STATUS.get(type(error))
        if status is None:
            raise error
        return error_answer(status, str(error), request_id, self._headers(error))

    async def send(self, answering: Awaitable[HttpAnswer], request_id: str, send: Send) -> None:
        """Send the answer that is awaited, or the one to the named fault that comes instead.

        Raises:
            PredictorError: as `answer`.
        """
        try:
            answer = await answering
        except errors.PredictorError as error:
            answer = self.answer(error, request_id)
        await answer.send(send)

    def _headers(self, error: errors.PredictorError) -> RawHeaders:
        if isinstance(error, errors.UnavailableError):
            return self._retry
        # Whatever is still on its way is not read.
        return _CLOSE if isinstance(error, errors.TooLargeError) and not error.read else ()

    async def predictor_error(self, request: Request, error: Exception) -> Response:
        """As `answer`."""
        if not isinstance(error, errors.PredictorError):
            raise error
        return starlette_response(self.answer(error, request_id_of(request)))

    async def http_error(self, request: Request, error: Exception) -> Response:
        """A path or method that does not exist."""
        if not isinstance(error, HTTPException):
            raise error
        message = f"{request.method} {sent_path(request.scope)}: {error.detail}"
        named = tuple((name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items())
        return starlette_response(error_answer(error.status_code, message, request_id_of(request), named))


def error_answer(status: int, message: str, request_id: str, headers: RawHeaders = ()) -> HttpAnswer:
    """The JSON answer of an error."""
    return json_answer(to_json({"error": message, "request_id": request_id}), status=status, headers=headers)


def only_post(scope: Scope, request_id: str) -> HttpAnswer:
    """The answer to another method on a path that takes POST."""
    message = f"{scope['method']} {sent_path(scope)}: Method Not Allowed"
    return error_answer(HTTPStatus.METHOD_NOT_ALLOWED, message, request_id, ((b"allow", b"POST"),))


def sent_path(scope: Scope) -> str:
    """The path as it was sent, escapes and all; of a long one its beginning."""
    path = bytes(scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    return path if len(path) <= _LONGEST_PATH else f"{path[:_LONGEST_PATH]}..."


def starlette_response(answer: HttpAnswer) -> Response:
    """The answer as Starlette sends it."""
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    return Response(answer.content, answer.status, headers)


def request_id_of(request: Request) -> str:
    """The id that the gate has given to the request."""
    return str(request.state.request_id)
