"""The answer of `POST /score` for one audited score."""

from functools import lru_cache

from credit.canonical_text import number, quoted
from credit.database.written_audits import AuditMarks, WrittenAudit


def score_answer(written: WrittenAudit) -> str:
    """Probability of repayment, its explanation, the model that gave it, what was missing, and the audit; JSON."""
    snapshot, texts = written.snapshot, written.texts
    scale, model, as_of = _common(written.marks)
    repayment = number(1.0 - written.default_probability)
    return (
        f'{{"user_id":{snapshot.quoted_subject},"repayment_probability":{repayment},'
        f'"default_probability":{texts.default_probability},"points":{written.points},'
        f'"explanation":{{"scale":{scale},"base_value":{texts.base_value},'
        f'"contributions":{written.contributions.as_given},"reasons":{written.reasons}}},{model},'
        f'"missing_features":{written.missing},"features_source":"{snapshot.marks.source}",'
        f'"as_of":{as_of},"audit_id":"{written.audit_id}","request_id":{written.request}}}'
    )


@lru_cache(maxsize=64)
def _common(marks: AuditMarks) -> tuple[str, str, str]:
    """What the answers of a group have in common: their scale, who gave them, and the time."""
    model_id = quoted(marks.model_id)
    model = (
        f'"model_name":{quoted(marks.portfolio)},"model_id":{model_id},"model_version":{model_id},'
        f'"engine":{quoted(marks.engine)},"engine_version":{quoted(marks.engine_version)}'
    )
    return quoted(marks.scale), model, quoted(marks.as_of.isoformat())
