"""A request whose score leaves an audit, read and checked as far as that takes no database."""

from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import NamedTuple

from predictor.deployment import Deployed
from predictor.errors import UnavailableError
from predictor.feature_values import Floats
from predictor.score_request import ScoreWish, SubjectWish, given_rows


class Asked(NamedTuple):
    """A `/score` request's own marks."""

    request_id: str
    idempotency_key: str | None
    body: bytes
    """All of it: a repeated key must come with the same."""


@dataclass(frozen=True, slots=True, eq=False)
class AuditRequest:
    """What is to be scored, audited and answered together; each is equal to itself alone."""

    request_id: str
    deployed: Deployed
    subjects: tuple[SubjectWish, ...]
    """n of them."""
    given: Floats
    """`[n, d]` in the model's feature order, NaN where unknown or still to be computed."""
    many: bool
    """Whether the answer is a list."""
    key: str | None = None
    digest: bytes = b""
    """sha256 of what the key stands for; empty where there is none."""
    wants_answer: bool = True
    """Whether it came by `/score`, and gets its answer; other protocols write their own."""
    since: float = field(default_factory=monotonic)
    """When it began to wait, on the monotonic clock."""

    @property
    def computed(self) -> bool:
        """Whether features are to be computed for some of the subjects."""
        return any(subject.features is None for subject in self.subjects)


def asked_for(wish: ScoreWish, asked: Asked, deployed: Deployed) -> AuditRequest:
    """What a `/score` request asks for.

    Raises:
        BadInputError: where features do not fit the model.
        UnavailableError: where the model's scores cannot be audited.
    """
    given = given_rows(wish.subjects, deployed.feature_names, deployed.codes.code)
    check_auditable(deployed)
    key = asked.idempotency_key
    digest = b"" if key is None else sha256(f"{deployed.bundle.portfolio}\n".encode() + asked.body).digest()
    return AuditRequest(asked.request_id, deployed, wish.subjects, given, wish.many, key=key, digest=digest)


def supplied_for(rows: Floats, subject_id: str, deployed: Deployed, request_id: str) -> AuditRequest:
    """What a V1 or V2 request asks for: the score of the one row [1, d] that it gives of a subject.

    Raises:
        UnavailableError: where the model's scores cannot be audited.
    """
    check_auditable(deployed)
    return AuditRequest(request_id, deployed, (SubjectWish(subject_id, {}),), rows, many=False, wants_answer=False)


def check_auditable(deployed: Deployed) -> None:
    """Do nothing where the model's scores can be audited.

    Raises:
        UnavailableError: where they cannot, with the reason.
    """
    if deployed.obstacle:
        raise UnavailableError(f"{deployed.obstacle}, and a score must leave an audit")
