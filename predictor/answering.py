"""Calls answered: which thread does what, what is audited, what is counted."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from predictor.audited_scoring import Asked, AuditedScoring
from predictor.deployment import Deployed, Deployment
from predictor.errors import BadInputError
from predictor.feature_values import check_rows
from predictor.infer_request import InferRequest
from predictor.inference import Answer, answer_of, infer
from predictor.metrics import Metrics
from predictor.score_request import parse_score_wish
from predictor.work import WorkThreads

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call of an inference protocol; reading and writing it takes as long as its rows, so threads do it."""

    request_id: str
    read: Callable[[], InferRequest]
    """What it asks for; may raise BadInputError."""
    write: Callable[[InferRequest, Answer], T]
    """Its answer in the form of its wire."""


class Answering:
    """Answers calls with the serving model, under the name that it has in URLs."""

    def __init__(
        self,
        deployment: Deployment,
        audited: AuditedScoring,
        metrics: Metrics,
        *,
        name: str,
        compute: WorkThreads,
        database: WorkThreads,
        most_subjects: int,
    ) -> None:
        self._deployment = deployment
        self._audited = audited
        self._metrics = metrics
        self._name = name
        self._compute = compute
        self._database = database
        self._most_subjects = most_subjects

    async def infer(self, call: Call[T]) -> T:
        """The answer to a V1 or V2 call; one with a subject is audited first.

        Raises:
            PredictorError: as its kinds say.
        """
        deployed = self._deployment.current()
        request, answer = await self._compute.run(self._read_and_answer, call, deployed)
        if answer is not None:
            return answer
        return await self._database.run(self._audit_and_write, call, request, deployed)

    async def score(self, body: bytes, request_id: str, idempotency_key: str | None) -> bytes:
        """The answer to a `/score` request, audited.

        Raises:
            PredictorError: as its kinds say.
        """
        return await self._database.run(self._score, Asked(request_id, idempotency_key, body))

    def _read_and_answer(self, call: Call[T], deployed: Deployed) -> tuple[InferRequest, T | None]:
        request = call.read()
        if request.subject_id is not None:
            return request, None
        bundle = deployed.bundle
        rows = request.source.rows(bundle.feature_names)
        check_rows(rows, bundle.manifest.features)
        answer = infer(bundle, rows, request.outputs)
        if (probabilities := answer.outputs.get("default_probability")) is not None:
            self._metrics.scored(bundle.portfolio, bundle.model_id, probabilities.tolist(), audited=False)
        return request, call.write(request, replace(answer, model_name=self._name))

    def _audit_and_write(self, call: Call[T], request: InferRequest, deployed: Deployed) -> T:
        bundle = deployed.bundle
        rows = request.source.rows(bundle.feature_names)
        if len(rows) != 1:
            raise BadInputError(
                "parameters.subject_id", f"one row is needed, not {len(rows)}: it is one subject's score"
            )
        check_rows(rows, bundle.manifest.features)
        scored, audit_id = self._audited.score_supplied(rows, request.subject_id or "", deployed, call.request_id)
        self._metrics.scored(bundle.portfolio, bundle.model_id, scored.default_probabilities.tolist(), audited=True)
        answer = answer_of(bundle, scored, request.outputs, audit_id=str(audit_id))
        return call.write(request, replace(answer, model_name=self._name))

    def _score(self, asked: Asked) -> bytes:
        wish = parse_score_wish(asked.body, most=self._most_subjects)
        deployed = self._deployment.current()
        scored = self._audited.score(wish, deployed, asked)
        if scored.rows is not None:
            probabilities = scored.rows.default_probabilities.tolist()
            self._metrics.scored(deployed.bundle.portfolio, deployed.bundle.model_id, probabilities, audited=True)
        return scored.answer
