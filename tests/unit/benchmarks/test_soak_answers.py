"""Answers of a soak are right where they are, whole, what the one model says that they name."""

import json

import numpy as np
import pytest

from benchmarks.client import AnswerCount
from benchmarks.serving.scored_answers import AnswerError, Form, difference, scored_answer, strict_json
from benchmarks.serving.soak import AUDITED, EXPLAINED, MIX, PLAIN, questions_of, row_of
from benchmarks.serving.soak_answers import judged
from tests.unit.benchmarks.scored import ROWS, models, score_text, v2_text

WHOLE = ("default_probability", "shap_values", "base_value")


@pytest.fixture(scope="module")
def known():
    return {scored.model_id: scored for scored in models()}


def question(kind, row):
    return row * len(MIX) + MIX.index(kind)


def verdict(known, kind, row, text, status=200):
    found = judged([AnswerCount(question(kind, row), status, text, 7)], known)
    return found.right, found.wrong, found.audited, found.faults


def test_every_kind_asks_for_every_row():
    asked = questions_of(ROWS)
    assert [(one.kind, row_of(place)) for place, one in enumerate(asked)] == [
        (kind, row) for row in range(len(ROWS)) for kind in MIX
    ]
    assert json.loads(asked[question(AUDITED, 2)].body)["user_id"] == "soak-2"
    assert [output["name"] for output in json.loads(asked[question(EXPLAINED, 0)].body)["outputs"]] == list(WHOLE)


def test_right_answers_are_counted_by_their_model(known):
    first, second = models()
    answers = [
        AnswerCount(question(PLAIN, 1), 200, v2_text(first, 1), 5),
        AnswerCount(question(EXPLAINED, 2), 200, v2_text(second, 2, WHOLE), 3),
        AnswerCount(question(AUDITED, 3), 200, score_text(second, 3), 2),
    ]
    found = judged(answers, known)
    assert (found.right, found.wrong, found.audited, found.faults) == (10, 0, 2, [])
    assert found.by_model == {first.model_id: 5, second.model_id: 5}


def test_one_bit_is_a_difference(known):
    first = models()[0]
    near = [float(np.nextafter(first.default_probabilities[0], 1))]
    right, wrong, _, (fault,) = verdict(known, PLAIN, 0, v2_text(first, 0, default_probability=near))
    assert (right, wrong) == (0, 7)
    assert fault == f"question 0, 7 times: default_probability: not the value of {first.model_id}"


def test_the_values_of_one_model_under_the_name_of_another_are_wrong(known):
    first, second = models()
    for kind, text in (
        (PLAIN, v2_text(first, 0, model_version=second.model_id)),
        (EXPLAINED, v2_text(first, 0, WHOLE, shap_values=second.contributions[0].tolist())),
        (AUDITED, score_text(first, 0, model_version=second.model_id)),
        (AUDITED, score_text(first, 0, default_probability=float(second.default_probabilities[0]))),
    ):
        assert verdict(known, kind, 0, text)[:3] == (0, 7, 0)


@pytest.mark.parametrize(
    ("status", "text", "why"),
    [
        (503, '{"error": "overloaded"}', 'status 503: {"error": "overloaded"}'),
        (200, "{}", "not the form of V2: KeyError: 'outputs'"),
        (200, '{"outputs": [{"name": "default_probability", "data": [NaN]}]}', "no strict JSON: the token NaN"),
        (200, '{"model_version": "other", "outputs": []}', "model versions ['other']"),
    ],
)
def test_what_is_no_score_is_wrong_with_the_reason(known, status, text, why):
    assert verdict(known, PLAIN, 0, text, status) == (0, 7, 0, [f"question 0, 7 times: {why}"])


def test_an_answer_without_a_probability_is_wrong(known):
    assert verdict(known, PLAIN, 0, v2_text(models()[0], 0, ("margin",)))[3] == ["question 0, 7 times: no probability"]


def test_the_row_of_another_question_is_wrong(known):
    assert verdict(known, PLAIN, 0, v2_text(models()[0], 1))[:2] == (0, 7)


def test_a_binary_answer_is_read_by_its_length():
    first = models()[0]
    content = first.contributions[0].astype("<f8").tobytes()
    shap = {"name": "shap_values", "datatype": "FP64", "parameters": {"binary_data_size": len(content)}}
    said = json.loads(v2_text(first, 0))
    said["outputs"].append(shap)
    head = json.dumps(said).encode()
    answer = scored_answer(Form.BINARY, head + content, str(len(head)))
    assert difference(answer, first, (0,)) == ""
    with pytest.raises(AnswerError, match="not the form of V2 in binary"):
        scored_answer(Form.BINARY, head + content, "")


def test_strict_json_has_no_tokens():
    with pytest.raises(AnswerError, match="the token -Infinity"):
        strict_json(b"[-Infinity]")
