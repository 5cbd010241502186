"""Audited scores, each in a thread and a transaction of its own."""

from uuid import UUID

from credit.scores import ScoredRows
from predictor.audited_scoring import Asked, AuditedScoring
from predictor.deployment import Deployed, Deployment
from predictor.feature_values import Floats
from predictor.metrics import Metrics
from predictor.score_request import parse_score_wish
from predictor.work import WorkThreads


class ThreadedAudits:
    """`predictor.answering.Audits`, one transaction a request."""

    def __init__(
        self,
        audited: AuditedScoring,
        deployment: Deployment,
        metrics: Metrics,
        *,
        threads: WorkThreads,
        most_subjects: int,
    ) -> None:
        self._audited = audited
        self._deployment = deployment
        self._metrics = metrics
        self._threads = threads
        self._most_subjects = most_subjects

    async def score(self, asked: Asked) -> bytes:
        """As `Audits.score`."""
        return await self._threads.run(self._score, asked)

    async def score_supplied(
        self, rows: Floats, subject_id: str, deployed: Deployed, request_id: str
    ) -> tuple[ScoredRows, UUID]:
        """As `Audits.score_supplied`."""
        return await self._threads.run(self._score_supplied, rows, subject_id, deployed, request_id)

    def _score(self, asked: Asked) -> bytes:
        wish = parse_score_wish(asked.body, most=self._most_subjects)
        deployed = self._deployment.current()
        scored = self._audited.score(wish, deployed, asked)
        if scored.rows is not None:
            self._count(scored.rows, deployed)
        return scored.answer

    def _score_supplied(
        self, rows: Floats, subject_id: str, deployed: Deployed, request_id: str
    ) -> tuple[ScoredRows, UUID]:
        scored, audit_id = self._audited.score_supplied(rows, subject_id, deployed, request_id)
        self._count(scored, deployed)
        return scored, audit_id

    def _count(self, scored: ScoredRows, deployed: Deployed) -> None:
        portfolio, probabilities = deployed.bundle.portfolio, scored.default_probabilities.tolist()
        self._metrics.scored(portfolio, deployed.bundle.model_id, probabilities, audited=True)
        self._metrics.missing(portfolio, scored.feature_names, scored.missing)
