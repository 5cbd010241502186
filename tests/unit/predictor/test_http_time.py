"""What does not come in time, who leaves, and what the end of the server does to a connection."""

import asyncio

import pytest

from tests.unit.predictor.http_conversation import GET, KEPT_SECONDS, Conversation, post, talked
from tests.unit.predictor.scoring_conversation import GOOD, HALF, Scoring, check_refused


def looks(*times: float):
    """Looks at those times, for a client that is given 30 seconds."""

    def look(conversation: Conversation) -> None:
        for now in times:
            conversation.connection.look(now, 30.0)

    return look


def test_half_a_head_is_a_408_behind_what_came_before():
    scoring = Scoring()
    talk = talked(scoring, [GOOD + GET[:-4]], looks(0.0, 29.0, 30.0))
    assert [answer.status for answer in talk.answers] == [200, 408]
    check_refused(talk.answers[-1], 408, "head: did not come within 30 s")
    assert (scoring.counted()["malformed", "408"], talk.sent_away) == (1, True)


def test_half_a_body_is_the_408_of_its_request():
    scoring = Scoring()
    talk = talked(scoring, [GOOD + HALF], looks(0.0, 29.0, 30.0))
    assert [answer.status for answer in talk.answers] == [200, 408]
    check_refused(talk.answers[-1], 408, "body: did not come within 30 s")
    assert (scoring.counted()["/score", "408"], scoring.in_flight(), talk.sent_away) == (1, 0, True)


def test_the_rest_of_a_body_that_nobody_waits_for_ends_the_connection():
    talk = talked(Scoring(), [HALF.replace(b"/score", b"/unread")], looks(0.0, 30.0))
    assert ([answer.status for answer in talk.answers], talk.sent_away) == ([404], True)


def test_a_connection_on_which_nothing_was_begun_is_closed():
    talk = talked(Scoring(), [], looks(0.0, 30.0))
    assert (talk.transport.written, talk.sent_away) == (b"", True)


def test_a_head_has_one_time_and_a_body_that_goes_on_a_new_one():
    async def talk(sent: bytes):
        conversation = Conversation(Scoring())
        for number in range(len(sent)):
            await conversation.send(sent[number : number + 1])
            conversation.connection.look(number * 20.0, 30.0)
        await conversation.settle()
        return [answer.status for answer in conversation.answers]

    assert asyncio.run(talk(GET)) == [408]

    async def slow_body():
        conversation = Conversation(Scoring())
        await conversation.send(HALF)
        for number, byte in enumerate((b"l", b"l", b"o")):
            conversation.connection.look(number * 20.0, 30.0)
            await conversation.send(byte)
        return [answer.status for answer in conversation.answers]

    assert asyncio.run(slow_body()) == [200]


def test_who_waits_for_us_is_not_late():
    async def talk(sent: bytes):
        scoring = Scoring()
        scoring.may_answer.clear()
        conversation = Conversation(scoring)
        await conversation.send(sent)
        for now in range(0, 200, 10):
            conversation.connection.look(float(now), 30.0)
        scoring.may_answer.set()
        await conversation.settle()
        return conversation

    for sent in (GOOD, GOOD + GOOD):
        conversation = asyncio.run(talk(sent))
        assert {answer.status for answer in conversation.answers} == {200}
        assert not conversation.transport.closed


def test_who_was_not_yet_told_to_go_on_is_not_late():
    async def talk():
        scoring = Scoring()
        scoring.may_answer.clear()
        conversation = Conversation(scoring)
        head = post(b"Expect: 100-continue\r\nContent-Length: 5\r\n", b"").replace(b"/score", b"/later")
        await conversation.send(head)
        for now in range(0, 200, 10):
            conversation.connection.look(float(now), 30.0)
        scoring.may_answer.set()
        await conversation.settle()
        await conversation.send(b"hello")
        return [answer.status for answer in conversation.answers]

    assert asyncio.run(talk()) == [100, 200]


@pytest.mark.parametrize("behind", [[], [b"\r\n"]])
@pytest.mark.parametrize(("last", "sent_away"), [(KEPT_SECONDS - 1, False), (KEPT_SECONDS, True)])
def test_a_connection_that_had_an_answer_is_kept_for_another_for_as_long_as_the_server_is_told(behind, last, sent_away):
    talk = talked(Scoring(), [GOOD, *behind], looks(0.0, 30.0, last))
    assert ([answer.status for answer in talk.answers], talk.sent_away) == ([200], sent_away)


def test_another_request_gives_it_as_long_again():
    async def talk() -> list[bool]:
        conversation, closed = Conversation(Scoring()), []
        for number in range(3):
            await conversation.send(GOOD)
            for now in (0.0, KEPT_SECONDS - 1):
                conversation.connection.look(number * KEPT_SECONDS + now, 30.0)
            closed.append(conversation.transport.closed)
        return closed

    assert asyncio.run(talk()) == [False, False, False]


def test_a_connection_is_kept_from_its_answer_on_and_not_from_a_head_that_took_long():
    async def talk() -> list[bool]:
        conversation, closed = Conversation(Scoring()), []
        await conversation.send(GET[:-4])
        for now in (0.0, 29.0):
            conversation.connection.look(now, 30.0)
        await conversation.send(GET[-4:])
        for now in (30.0, 29.0 + KEPT_SECONDS, 30.0 + KEPT_SECONDS):
            conversation.connection.look(now, 30.0)
            closed.append(conversation.transport.closed)
        return closed

    assert asyncio.run(talk()) == [False, False, True]


@pytest.mark.parametrize(("sent", "answered"), [(b"", 0), (GOOD, 1), (GOOD * 3, 3)])
def test_at_the_end_a_connection_is_closed_behind_what_came(sent, answered):
    async def talk() -> Conversation:
        scoring = Scoring()
        scoring.may_answer.clear()
        conversation = Conversation(scoring)
        await conversation.send(sent)
        conversation.connection.shutdown()
        assert conversation.transport.closed == (not sent)
        scoring.may_answer.set()
        await conversation.settle()
        return conversation

    conversation = asyncio.run(talk())
    assert [answer.status for answer in conversation.answers] == [200] * answered
    assert conversation.transport.closed


@pytest.mark.parametrize("sent", [GET, GOOD])
def test_a_fault_of_ours_while_a_request_is_read_is_an_honest_500(sent, monkeypatch, caplog):
    scoring = Scoring()

    def fail(*_arguments):
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr("predictor.http_protocol.Scopes.target", fail)
    talk = talked(scoring, [sent])
    (answer,) = talk.answers
    check_refused(answer, 500, "internal fault, logged under the request id")
    assert (scoring.counted(), talk.sent_away) == ({("malformed", "500"): 1}, True)
    (record,) = caplog.records
    assert "a fault of ours" in (record.exc_text or "") or isinstance(record.exc_info[1].__cause__, ZeroDivisionError)


def test_at_the_end_a_body_that_has_not_come_is_a_408():
    scoring = Scoring()
    talk = talked(scoring, [HALF], lambda conversation: conversation.connection.give_up_waiting())
    (answer,) = talk.answers
    check_refused(answer, 408, "body: had not come when the server ended")
    assert scoring.counted() == {("/score", "408"): 1}
    talk = talked(scoring, [GOOD], lambda conversation: conversation.connection.give_up_waiting())
    assert ([answer.status for answer in talk.answers], talk.sent_away) == ([200], False)


@pytest.mark.parametrize("behind", [0, 1, 3])
def test_who_leaves_while_an_answer_is_made_gets_nothing_and_is_no_fault(behind, caplog):
    scoring = Scoring()

    async def talk() -> Conversation:
        scoring.may_answer.clear()
        conversation = Conversation(scoring)
        await conversation.send(GOOD * (1 + behind))
        conversation.transport.close()
        conversation.end()
        scoring.may_answer.set()
        await conversation.settle()
        return conversation

    conversation = asyncio.run(talk())
    assert (conversation.transport.written, len(scoring.asked)) == (b"", 1)
    assert (scoring.counted(), scoring.in_flight()) == ({("/score", "499"): 1}, 0)
    assert not caplog.records


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (GOOD, [200]),
        (GOOD * 3, [200] * 3),
        (GOOD + HALF, [200, 400]),
        (GOOD + GET[:-4], [200, 400]),
        (GOOD + b"\0", [200, 400]),
    ],
)
def test_who_ends_his_side_behind_whole_requests_gets_their_answers(sent, answered):
    scoring = Scoring()

    async def talk() -> Conversation:
        scoring.may_answer.clear()
        conversation = Conversation(scoring)
        await conversation.send(sent)
        assert conversation.end_sending()
        scoring.may_answer.set()
        await conversation.settle()
        return conversation

    conversation = asyncio.run(talk())
    assert [answer.status for answer in conversation.answers] == answered
    assert [answer.headers.get("connection") for answer in conversation.answers][-1] == "close"
    assert (conversation.transport.closed, scoring.in_flight()) == (True, 0)


@pytest.mark.parametrize(("sent", "counted"), [(b"", {}), (GET[:-4], {}), (HALF, {("/score", "499"): 1})])
def test_who_ends_his_side_with_nothing_whole_has_left(sent, counted):
    scoring = Scoring()

    async def talk() -> Conversation:
        conversation = Conversation(scoring)
        await conversation.send(sent)
        assert not conversation.end_sending()
        await conversation.settle()
        return conversation

    assert asyncio.run(talk()).transport.written == b""
    assert (scoring.counted(), scoring.in_flight()) == (counted, 0)


def test_one_connection_too_many_is_told_to_come_later():
    scoring = Scoring()

    async def talk(others: int) -> Conversation:
        conversation = Conversation(scoring, others)
        await conversation.send(GOOD)
        return conversation

    (answer,) = asyncio.run(talk(1)).answers
    assert answer.status == 200
    refused = asyncio.run(talk(2))
    (answer,) = refused.answers
    check_refused(answer, 503, "connection: 2 are open already")
    assert (answer.headers["retry-after"], refused.transport.closed) == ("1", True)
    assert scoring.counted() == {("/score", "200"): 1, ("malformed", "503"): 1}


@pytest.mark.parametrize("sent", [b"", GET[:-4]])
def test_one_too_many_that_brings_nothing_is_closed_at_once(sent):
    async def talk(others: int) -> bool:
        conversation = Conversation(Scoring(), others)
        await conversation.send(sent)
        conversation.connection.look(0.0, 30.0)
        return conversation.transport.closed

    assert [asyncio.run(talk(others)) for others in (1, 2)] == [False, True]


def test_http_1_0_is_not_told_to_go_on():
    head = post(b"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 5\r\n", b"")
    for version, first in ((b"1.1", b"HTTP/1.1 100"), (b"1.0", b"HTTP/1.1 200")):
        talk = talked(Scoring(), [head.replace(b"HTTP/1.1", b"HTTP/" + version), b"hello"])
        assert talk.transport.written.startswith(first)


def test_what_is_cut_short_by_the_end_is_an_honest_503(caplog):
    scoring = Scoring()

    async def talk():
        scoring.may_answer.clear()
        conversation = Conversation(scoring)
        await conversation.send(GOOD)
        for task in conversation.state.tasks:
            task.cancel()
        await conversation.settle()
        return conversation.answers

    (answer,) = asyncio.run(talk())
    assert (answer.status, answer.said["error"]) == (503, "the server ended before the answer was there")
    assert (answer.said["request_id"], answer.headers["retry-after"]) == (answer.headers["x-request-id"], "1")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert scoring.counted() == {("/score", "503"): 1}


def test_what_is_cut_short_while_it_waits_to_be_written_is_a_503_too(caplog):
    scoring = Scoring()

    async def talk():
        conversation = Conversation(scoring)
        conversation.connection.pause_writing()
        await conversation.send(GOOD)
        for task in conversation.state.tasks:
            task.cancel()
        await conversation.settle()
        conversation.connection.resume_writing()
        await conversation.settle()
        return conversation.answers

    (answer,) = asyncio.run(talk())
    assert (answer.status, answer.said["error"]) == (503, "the server ended before the answer was there")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert scoring.counted() == {("/score", "503"): 1}


def test_a_refusal_of_a_client_that_left_is_none():
    async def talk():
        conversation = Conversation(Scoring())
        await conversation.send(HALF)
        conversation.transport.closed = True
        conversation.connection.look(0.0, 30.0)
        conversation.connection.look(30.0, 30.0)
        conversation.end()
        await conversation.settle()
        return conversation.transport.written

    assert asyncio.run(talk()) == b""
