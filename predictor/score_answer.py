"""The answer of `POST /score` for one audited score."""

from credit.canonical_text import number, optional_text, quoted
from credit.database.written_audits import WrittenAudit
from credit.json_texts import strings_list


def score_answer(written: WrittenAudit) -> str:
    """Probability of repayment, its explanation, the model that gave it, what was missing, and the audit; JSON."""
    audit, score = written.audit, written.audit.score
    model_id = quoted(score.model_id)
    return (
        f'{{"user_id":{quoted(score.subject_id)},"repayment_probability":{number(score.repayment_probability)},'
        f'"default_probability":{number(score.default_probability)},"points":{score.points},'
        f'"explanation":{{"scale":{quoted(score.scale)},"base_value":{number(score.base_value)},'
        f'"contributions":{written.contributions.as_given},"reasons":{written.reasons}}},'
        f'"model_name":{quoted(audit.snapshot.portfolio)},"model_id":{model_id},"model_version":{model_id},'
        f'"engine":{quoted(score.engine)},"engine_version":{quoted(score.engine_version)},'
        f'"missing_features":{strings_list(score.missing)},"features_source":{quoted(audit.snapshot.source)},'
        f'"as_of":{quoted(score.as_of.isoformat())},"audit_id":"{written.audit_id}",'
        f'"request_id":{optional_text(audit.request_id)}}}'
    )
