"""Audited scoring that goes on while the database is away, where it was given a disk to keep audits on."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from credit.portfolios import Portfolio
from predictor.audit_request import AuditRequest
from predictor.audited_scoring import AuditedScoring, first_outcome
from predictor.composition import Outcome, composed, count_scores, each_alone, snapshots_of_group
from predictor.errors import UnavailableError
from predictor.group_rows import checked_requests, supplied_group
from predictor.metrics import Metrics
from predictor.spool import SpoolError, SpoolFullError
from predictor.spooled_audits import SpooledAudits
from predictor.subject_features import Moment

_NOTHING_SEEN = "1:1:"
"""A snapshot of PostgreSQL's in which nothing is visible: the features were supplied, no table was read."""


class SpooledScoring:
    """Scores into the database, or into the spool while that is away and until the spool is empty again.

    Called from several threads; of two requests with one key only one at a time.
    """

    def __init__(
        self,
        scoring: AuditedScoring,
        spooled: SpooledAudits,
        portfolio: Portfolio,
        metrics: Metrics,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """Spooled scores are as of `clock`."""
        self._scoring = scoring
        self._spooled = spooled
        self._portfolio = portfolio
        self._metrics = metrics
        self._clock = clock

    def score(self, requests: Sequence[AuditRequest]) -> list[Outcome]:
        """As `AuditedScoring.score`; what that could not write is in the spool, and on its disk, when this returns."""
        outcomes = dict(enumerate(map(self._first, requests)))
        rest = [index for index, outcome in outcomes.items() if outcome is None]
        if rest and not self._spooled.filled.is_set():
            outcomes |= zip(rest, self._scoring.score([requests[index] for index in rest]), strict=True)
            rest = [index for index in rest if _unwritten(outcomes[index])]
        if rest:
            outcomes |= zip(rest, each_alone(self._put, [requests[index] for index in rest]), strict=True)
        return [outcome for outcome in outcomes.values() if outcome is not None]

    def _first(self, request: AuditRequest) -> Outcome | None:
        first = None if request.key is None else self._spooled.first_answer(request.key)
        return None if first is None else first_outcome(request, first.body_sha256, first.answer)

    def _put(self, requests: Sequence[AuditRequest]) -> list[Outcome]:
        sound, faults = checked_requests(requests)
        outcomes: dict[int, Outcome] = {**faults}
        outcomes |= {index: _cannot_compute() for index in sound if requests[index].computed}
        supplied = {index: requests[index] for index in sound if not requests[index].computed}
        if supplied:
            outcomes |= self._kept(supplied)
        return [outcomes[index] for index in range(len(requests))]

    def _kept(self, requests: dict[int, AuditRequest]) -> dict[int, Outcome]:
        group, moment = supplied_group(requests), Moment(_NOTHING_SEEN, self._clock())
        made = composed(group, snapshots_of_group(group, moment, self._portfolio.name), moment)
        try:
            self._spooled.put(made.audits, made.answers)
        except (SpoolError, SpoolFullError) as error:
            return {index: UnavailableError(f"the database is away, and {error}") for index in requests}
        spooled = partial(self._metrics.audits_spooled, len(made.audits))
        count_scores(self._metrics, self._portfolio.name, made.scored, count_audits=spooled)
        return dict(made.outcomes)


def _unwritten(outcome: Outcome | None) -> bool:
    return isinstance(outcome, UnavailableError) and outcome.unwritten


def _cannot_compute() -> UnavailableError:
    return UnavailableError(
        "the database is away or not caught up with yet, and features cannot be computed without it"
    )
