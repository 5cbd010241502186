"""Audits and answers of a group of requests, composed from their rows; nothing is written here."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from credit.database.score_requests import FirstAnswer
from credit.database.written_audits import WrittenAudit
from credit.database.written_snapshots import WrittenSnapshot
from credit.scores import ScoredRows, score_rows
from predictor.audit_request import AuditRequest
from predictor.group_rows import GroupRows
from predictor.metrics import Metrics
from predictor.online_audits import written_audits, written_snapshots
from predictor.score_answer import score_answer
from predictor.subject_features import Moment

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Audited:
    """What a request gets whose scores are in the ledger, or on their way there."""

    answer: bytes
    """Of `/score`; empty for other protocols."""
    rows: ScoredRows | None
    """What other protocols write their answers from; None for `/score`."""
    audit_ids: tuple[str, ...]


Outcome = Audited | Exception
"""An exception is that request's own: the others of its group have theirs."""


@dataclass(frozen=True, slots=True)
class Composed:
    """What is to be written of a group, and what its requests get when it is."""

    scored: ScoredRows
    audits: tuple[WrittenAudit, ...]
    """One a row."""
    answers: tuple[FirstAnswer, ...]
    """To be repeated for their keys."""
    outcomes: Mapping[int, Outcome]
    """By place in the group."""


def snapshots_of_group(group: GroupRows, moment: Moment, portfolio: str) -> list[WrittenSnapshot]:
    """A snapshot a row of a group of at least one request of one model, as of the moment."""
    requests = group.requests.values()
    names = next(iter(requests)).deployed.feature_names
    subject_ids = [subject.user_id for request in requests for subject in request.subjects]
    return written_snapshots(names, group.rows, subject_ids, portfolio=portfolio, moment=moment)


def composed(group: GroupRows, snapshots: Sequence[WrittenSnapshot], moment: Moment) -> Composed:
    """The scores of the group whose snapshots these are, as of their moment.

    Raises:
        ForestError, ReasonError: as `score_rows`.
    """
    requests = list(group.requests.values())
    deployed = requests[0].deployed
    scored = score_rows(deployed.bundle, group.rows.values)
    request_ids = [request.request_id for request in requests for _ in request.subjects]
    written = written_audits(scored, snapshots, at=moment.as_of, request_ids=request_ids, role=deployed.role)
    return _answered(group, scored, written, moment)


def count_scores(metrics: Metrics, portfolio: str, scored: ScoredRows, *, count_audits: Callable[[], None]) -> None:
    """Count scores whose audits are written, and the audits, by where they are.

    Does not fail: `each_alone` would have them written again.
    """
    try:
        count_audits()
        metrics.scored(portfolio, scored.model_id, scored.default_probabilities, audited=True)
        metrics.missing(portfolio, scored.feature_names, scored.missing)
    except Exception:  # noqa: BLE001 - logged
        _log.exception("audits that were committed could not be counted")


def each_alone(
    score: Callable[[Sequence[AuditRequest]], list[Outcome]], requests: Sequence[AuditRequest]
) -> list[Outcome]:
    """What `score` gives the requests together; where it fails as a whole, what it gives each of them alone."""
    try:
        return score(requests)
    except Exception as error:  # noqa: BLE001 - it is the outcome of the request that it belongs to
        if len(requests) == 1:
            return [error]
        _log.warning("a group of %d requests failed (%s); each is tried alone", len(requests), type(error).__name__)
    return [outcome for request in requests for outcome in each_alone(score, [request])]


def _answered(group: GroupRows, scored: ScoredRows, written: tuple[WrittenAudit, ...], moment: Moment) -> Composed:
    outcomes: dict[int, Outcome] = {}
    answers: list[FirstAnswer] = []
    start = 0
    for index, request in group.requests.items():
        stop = start + len(request.subjects)
        audit_ids = tuple([one.audit_id for one in written[start:stop]])
        answer = _answer(request, written[start:stop])
        outcomes[index] = Audited(answer.encode(), None if answer else scored.part(start, stop), audit_ids)
        if request.key is not None:
            at = moment.as_of
            answers.append(FirstAnswer(request.key, request.digest, at, tuple(map(UUID, audit_ids)), answer, at))
        start = stop
    return Composed(scored, written, tuple(answers), outcomes)


def _answer(request: AuditRequest, written: Sequence[WrittenAudit]) -> str:
    if not request.wants_answer:
        return ""
    answers = [score_answer(one) for one in written]
    return f"[{','.join(answers)}]" if request.many else answers[0]
