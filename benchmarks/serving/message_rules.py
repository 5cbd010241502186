"""What the server may answer to a message of gRPC."""

from benchmarks.serving.byte_damage import LIMIT
from benchmarks.serving.good_messages import GoodMessage
from benchmarks.serving.message_damage import INFER, DamagedMessage
from benchmarks.serving.message_wire import MessageAnswer
from benchmarks.serving.scored_answers import AnswerError, ScoredAnswer, difference
from benchmarks.serving.scored_messages import scored_message
from credit.scores import ScoredRows

ALLOWED = frozenset({"OK", "INVALID_ARGUMENT", "NOT_FOUND", "RESOURCE_EXHAUSTED"})
"""Codes of docs/serving.md that a message can be the reason for; all others are the server's."""
_ID = "x-request-id"
_SHOWN = 200
_AGE = "max_age"
"""In what gRPC says where a connection ended at its age."""


def broken_message_rule(sent: DamagedMessage, answer: MessageAnswer) -> str:
    """Which rule an answer to a damaged message breaks; empty where it breaks none.

    Its code is one that a message can cause, what is OK can be read, and a refusal has its id behind it and says it.
    """
    if answer.code not in ALLOWED:
        return _said(answer)
    if len(sent.sent) > LIMIT:
        # gRPC itself refuses it before it is read, and gives no id.
        return "" if answer.code == "RESOURCE_EXHAUSTED" else f"{len(sent.sent):,} bytes: {_said(answer)}"
    if answer.code == "OK":
        return _broken_form(sent.method, answer)
    return _broken_id(answer)


def cut_at_its_age(sent: DamagedMessage, answer: MessageAnswer) -> bool:
    """Whether gRPC's own refusal of a message over the limit was lost with a connection that reached its age.

    The rest of the message is not read by then, so that the socket is reset; asked again, it has to be refused.
    """
    return len(sent.sent) > LIMIT and answer.code == "UNAVAILABLE" and _AGE in answer.details


def broken_score(good: GoodMessage, answer: MessageAnswer, scored: ScoredRows) -> tuple[str, tuple[str, ...]]:
    """What is wrong with the answer to a good message (empty where nothing is), and the audits that it names."""
    if answer.code != "OK":
        return _said(answer), ()
    try:
        said = scored_message(answer.content)
    except AnswerError as error:
        return str(error), ()
    return _without_id(answer) or _broken_values(good, said, scored), said.audit_ids


def named_audits(answer: MessageAnswer) -> tuple[str, ...]:
    """The audits that an answer to a damaged `ModelInferRequest` names."""
    try:
        return scored_message(answer.content).audit_ids if answer.code == "OK" else ()
    except AnswerError:
        return ()


def _broken_form(method: str, answer: MessageAnswer) -> str:
    if method == INFER:
        try:
            scored_message(answer.content)
        except AnswerError as error:
            return f"OK with {error}"
    return _without_id(answer)


def _broken_id(answer: MessageAnswer) -> str:
    if why := _without_id(answer):
        return why
    said = f"(request {answer.trailing[_ID]!s})"
    return "" if answer.details.endswith(said) else f"{answer.code} of another request id than its metadata's"


def _without_id(answer: MessageAnswer) -> str:
    return "" if answer.trailing.get(_ID) else f"{answer.code} without {_ID} behind it"


def _broken_values(good: GoodMessage, said: ScoredAnswer, scored: ScoredRows) -> str:
    if said.values.keys() != good.outputs:
        return f"outputs {sorted(said.values)}, not {sorted(good.outputs)}"
    if len(said.audit_ids) != good.audits:
        return f"{len(said.audit_ids)} audits, not {good.audits}"
    return difference(said, scored, good.rows)


def _said(answer: MessageAnswer) -> str:
    return f"{answer.code}: {answer.details[:_SHOWN]}"
