"""The answer of `POST /score` for one audited score."""

from credit.database.audits import Audit
from credit.reasons import Reason
from predictor.strict_json import Json


def score_answer(audit: Audit) -> dict[str, Json]:
    """Probability of repayment, its explanation, the model that gave it, what was missing, and the audit."""
    score = audit.score
    return {
        "user_id": score.subject_id,
        "repayment_probability": score.repayment_probability,
        "default_probability": score.default_probability,
        "points": score.points,
        "explanation": {
            "scale": score.scale,
            "base_value": score.base_value,
            "contributions": score.contributions,
            "reasons": [_reason(reason) for reason in score.reasons],
        },
        "model_name": audit.snapshot.portfolio,
        "model_id": score.model_id,
        "model_version": score.model_id,
        "engine": score.engine,
        "engine_version": score.engine_version,
        "missing_features": list(score.missing),
        "features_source": audit.snapshot.source,
        "as_of": score.as_of.isoformat(),
        "audit_id": str(audit.audit_id),
        "request_id": audit.request_id,
    }


def _reason(reason: Reason) -> dict[str, Json]:
    return {
        "code": reason.code,
        "sentence": reason.sentence,
        "amount": reason.amount,
        "features": list(reason.features),
    }
