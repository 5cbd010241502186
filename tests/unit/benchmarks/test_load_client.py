"""The load client against a server that answers at once; it is built with Go."""

import json
from itertools import count

import pytest

from benchmarks.client import AnswerCount, Load, Question, ask, built_client, write_questions
from benchmarks.errors import BenchmarkError
from tests.unit.benchmarks.fake_server import fake_server

QUESTIONS = [Question("plain", "/a", '{"x": 1}'), Question("audited", "/b", '{"x": 2}'), Question("plain", "/a", "{}")]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return built_client(tmp_path_factory.mktemp("client"))


def echoing():
    """Answers tell path and body, an id of their own, and a 503 to every question of the last kind."""
    numbers = count()

    def reply(path, body):
        said = {"id": f"n{next(numbers)}", "path": path, "body": body.decode()}
        return (503 if body == b"{}" else 200), json.dumps(said, separators=(",", ":")).encode(), {}

    return reply


def expected(place, status):
    one = QUESTIONS[place]
    said = {"id": "", "path": one.path, "body": one.body}
    return place, status, json.dumps(said, separators=(",", ":"))


def test_requests_that_are_due_at_even_times_are_all_asked_and_counted_by_kind(program, tmp_path):
    questions = write_questions(tmp_path / "questions", QUESTIONS)
    with fake_server(echoing()) as port:
        found = ask(program, Load(port, questions, 4, 0.5, warm_up=0.1, rate=100, answers=True))
    assert (found.requests, found.failures, found.closed) == (50, 0, 0)
    # The first ten of the sixty are not measured; every third is refused.
    assert found.statuses == {"200": 33, "503": 17}
    assert {kind: figures.requests for kind, figures in found.kinds.items()} == {"plain": 33, "audited": 17}
    assert found.errors == 17
    answers = {(one.request, one.status, one.text): one.count for one in found.answers}
    assert answers == {expected(0, 200): 20, expected(1, 200): 20, expected(2, 503): 20}


def test_as_fast_as_answers_come_every_answer_is_told(program, tmp_path):
    questions = write_questions(tmp_path / "questions", QUESTIONS[:2])
    with fake_server(echoing()) as port:
        found = ask(program, Load(port, questions, 2, 0.3, warm_up=0.1, answers=True))
        unasked = ask(program, Load(port, questions, 2, 0.1, warm_up=0.0))
    assert sum(one.count for one in found.answers) >= found.requests > 0
    assert {(one.request, one.status, one.text) for one in found.answers} == {expected(0, 200), expected(1, 200)}
    assert unasked.answers == []
    assert isinstance(found.answers[0], AnswerCount)


def test_a_server_that_closes_is_told(program, tmp_path):
    questions = write_questions(tmp_path / "questions", QUESTIONS[:1])
    with fake_server(lambda *_: None) as port:
        found = ask(program, Load(port, questions, 1, 0.2, warm_up=0.0, rate=50))
    assert (found.requests, found.statuses) == (0, {})
    assert found.failures == found.closed == 10
    assert "EOF" in found.failure


def test_questions_of_another_form_are_refused(program, tmp_path):
    (tmp_path / "questions").write_text('{"x": 1}\n')
    with pytest.raises(BenchmarkError, match="request 0: a kind, a path and a body are needed, with tabs between"):
        ask(program, Load(1, tmp_path / "questions", 1, 0.1))
