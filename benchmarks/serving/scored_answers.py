"""The scores in an answer, whatever protocol it is of, beside those that it must have."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

import numpy as np

from credit.scores import ScoredRows


class Form(StrEnum):
    """How scores are written."""

    V2 = "V2"
    BINARY = "V2 in binary"
    V1 = "V1"
    SCORE = "/score"


class AnswerError(ValueError):
    """An answer is not of the form that it must have; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class ScoredAnswer:
    """What an answer says."""

    model_versions: frozenset[str]
    values: Mapping[str, Sequence[Any]]
    """Outputs by their names in V2, flat, row-major."""
    audit_ids: tuple[str, ...] = ()


_DTYPES = {"FP64": "<f8", "INT64": "<i8"}


def strict_json(text: bytes | str) -> Any:
    """The value of a JSON text without NaN and infinities.

    Raises:
        AnswerError: where it is none.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except ValueError as error:
        raise AnswerError(f"no strict JSON: {error}") from error


def scored_answer(form: Form, body: bytes, json_length: str = "") -> ScoredAnswer:
    """The scores of a body; `json_length` is the header of a binary one.

    Raises:
        AnswerError: where it is not of this form.
    """
    try:
        if form is Form.BINARY:
            return _of_v2(strict_json(body[: int(json_length)]), body[int(json_length) :])
        return _READERS[form](strict_json(body))
    except AnswerError:
        raise
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise AnswerError(f"not the form of {form}: {type(error).__name__}: {error}") from error


def difference(answer: ScoredAnswer, scored: ScoredRows, rows: Sequence[int]) -> str:
    """What differs from the scores of these rows in any bit; empty where nothing does."""
    if answer.model_versions != {scored.model_id}:
        return f"model_version {sorted(answer.model_versions)}, not {scored.model_id}"
    if "default_probability" not in answer.values:
        return "no probability"
    expected = expected_values(scored, rows)
    wrong = [name for name, values in answer.values.items() if list(values) != expected[name]]
    return f"{', '.join(wrong)}: not the value of {scored.model_id}" if wrong else ""


def expected_values(scored: ScoredRows, rows: Sequence[int]) -> Mapping[str, Sequence[Any]]:
    """All outputs of some rows, flat, row-major."""
    places = list(rows)
    return {
        "default_probability": scored.default_probabilities[places].tolist(),
        "margin": scored.margins[places].tolist(),
        "shap_values": scored.contributions[places].ravel().tolist(),
        "base_value": scored.base_values[places].tolist(),
        "points": scored.points[places].tolist(),
        "reason_codes": [code for row in places for code in _padded([one.code for one in scored.reasons[row]])],
    }


def _no_constant(token: str) -> NoReturn:
    raise ValueError(f"the token {token}")


def _of_v2(said: Any, tail: bytes = b"") -> ScoredAnswer:
    values: dict[str, Sequence[Any]] = {}
    for output in said["outputs"]:
        if "data" in output:
            values[output["name"]] = output["data"]
        else:
            size = output["parameters"]["binary_data_size"]
            values[output["name"]] = np.frombuffer(tail[:size], _DTYPES[output["datatype"]]).tolist()
            tail = tail[size:]
    parameters = said.get("parameters", {})
    audit_ids = (parameters["audit_id"],) if "audit_id" in parameters else ()
    return ScoredAnswer(frozenset({said["model_version"]}), values, audit_ids)


def _of_v1(said: Any) -> ScoredAnswer:
    values: dict[str, Sequence[Any]] = {"default_probability": said["predictions"]}
    if explained := said.get("explanations"):
        values["margin"] = [one["margin"] for one in explained]
        values["shap_values"] = [value for one in explained for value in one["contributions"].values()]
        values["base_value"] = [one["base_value"] for one in explained]
        values["points"] = [one["points"] for one in explained]
        values["reason_codes"] = [code for one in explained for code in _padded(one["reason_codes"])]
    return ScoredAnswer(frozenset({said["model_version"]}), values, (said["audit_id"],) if "audit_id" in said else ())


def _of_score(said: Any) -> ScoredAnswer:
    scores = said if isinstance(said, list) else [said]
    explained = [one["explanation"] for one in scores]
    values = {
        "default_probability": [one["default_probability"] for one in scores],
        "points": [one["points"] for one in scores],
        "base_value": [one["base_value"] for one in explained],
        "shap_values": [value for one in explained for value in one["contributions"].values()],
        "reason_codes": [code for one in explained for code in _padded([each["code"] for each in one["reasons"]])],
    }
    versions = frozenset(one[name] for one in scores for name in ("model_id", "model_version"))
    return ScoredAnswer(versions, values, tuple(one["audit_id"] for one in scores))


def _padded(codes: Sequence[str]) -> Sequence[str]:
    return [*codes, *[""] * (4 - len(codes))]


_READERS = {Form.V2: _of_v2, Form.V1: _of_v1, Form.SCORE: _of_score}
