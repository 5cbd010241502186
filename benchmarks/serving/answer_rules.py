"""What the server may answer to a request whose framing is right."""

from benchmarks.serving.scored_answers import AnswerError, strict_json
from benchmarks.serving.wire import WireAnswer

ALLOWED = frozenset({200, 400, 404, 405, 409, 413, 415})
"""Statuses of docs/serving.md that a request can be the reason for; all others are the server's."""


def broken_rule(answer: WireAnswer, *, head_only: bool) -> str:
    """Which rule an answer to a damaged request breaks; empty where it breaks none.

    Its status is one that a request can cause, an error is strict JSON with its id, and the connection goes on.
    """
    if answer.status not in ALLOWED:
        return f"status {answer.status}"
    if answer.closes:
        return "the server ends the connection"
    if head_only:
        return ""
    try:
        return _broken_form(answer)
    except AnswerError as error:
        return f"status {answer.status} with {error}"


def _broken_form(answer: WireAnswer) -> str:
    if answer.status == 200:
        if answer.header("content-type") == "application/json":
            strict_json(answer.body)
        return ""
    said = strict_json(answer.body)
    if not isinstance(said, dict) or said.keys() != {"error", "request_id"}:
        return f"status {answer.status} with a body of another form"
    if said["request_id"] != answer.header("x-request-id"):
        return "an error of another request id than its header's"
    return ""
