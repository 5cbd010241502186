"""KServe's V1 protocol as JSON: `:predict` and `:explain`."""

from collections.abc import Mapping, Sequence
from typing import Literal

from predictor.errors import BadInputError
from predictor.infer_request import DEFAULT_OUTPUT, InferRequest, InstanceRows
from predictor.inference import Answer
from predictor.quick_json import read_json, write_json
from predictor.strict_json import Json, as_list, as_object, as_text

Verb = Literal["predict", "explain"]

_EXPLAINED = (DEFAULT_OUTPUT, "margin", "shap_values", "base_value", "points", "reason_codes")


def parse_v1(body: bytes, verb: Verb) -> InferRequest:
    """What a body `{"instances": [...], "parameters": {"subject_id": ...}}` asks for.

    Raises:
        BadInputError: naming the place and the reason.
    """
    return read_json(body, lambda value: _request(value, verb))


def v1_answer(_request: InferRequest, answer: Answer, *, verb: Verb) -> bytes:
    """The answer as strict JSON: `predictions`, and for `:explain` one explanation a row."""
    scored: dict[str, Json] = {
        "model_name": answer.model_name,
        "model_version": answer.model_id,
        "predictions": answer.outputs[DEFAULT_OUTPUT].tolist(),
    }
    if verb == "explain":
        scored["explanations"] = [_explanation(answer, row) for row in range(answer.rows)]
    if answer.audit_id is not None:
        scored["audit_id"] = answer.audit_id
    return write_json(scored)


def _request(value: Json, verb: Verb) -> InferRequest:
    fields = as_object(value, "body", allowed=("instances", "parameters"), required=("instances",))
    instances = as_list(fields["instances"], "instances")
    if not instances:
        raise BadInputError("instances", "the list is empty; at least one row is needed")
    outputs = _EXPLAINED if verb == "explain" else (DEFAULT_OUTPUT,)
    given = as_object(fields.get("parameters", {}), "parameters", allowed=("subject_id",))
    subject = as_text(given["subject_id"], "parameters.subject_id") if "subject_id" in given else None
    return InferRequest(InstanceRows(tuple(instances)), outputs, subject_id=subject)


def _explanation(answer: Answer, row: int) -> Mapping[str, Json]:
    values = {name: answer.outputs[name][row].tolist() for name in _EXPLAINED if name in answer.outputs}
    contributions: Sequence[float] = values.pop("shap_values")
    codes: Sequence[str] = values.pop("reason_codes")
    return {
        **values,
        "scale": answer.scale,
        "contributions": dict(zip(answer.feature_names, contributions, strict=True)),
        "reason_codes": [code for code in codes if code],
    }
