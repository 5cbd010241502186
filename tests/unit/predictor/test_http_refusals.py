"""What is no HTTP and what breaks off: refused as all else is, in its turn; then the connection ends."""

import asyncio

import pytest

from predictor.http_protocol import PIPELINED
from tests.unit.predictor.http_conversation import GET, Conversation, post, talked
from tests.unit.predictor.scoring_conversation import CHUNKED, GOOD, Scoring, check_refused

OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
NO_HTTP = "no HTTP/1.1 request: "


NO_REQUESTS = {
    "noise": (b"no HTTP at all\r\n\r\n", NO_HTTP + "Invalid method encountered"),
    "zeros": (b"\0\0\0", NO_HTTP + "Invalid method encountered"),
    "a tunnel": (b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", "request line: it asks for a tunnel"),
    "a tunnel to a path": (
        b"CONNECT http://h/a HTTP/1.1\r\nHost: h\r\n\r\n" + GET,
        "request line: it asks for a tunnel",
    ),
    "a tunnel with a body": (
        b"CONNECT http://h/a HTTP/1.1\r\nHost: h\r\nContent-Length: 40\r\n\r\n",
        "request line: it asks for a tunnel",
    ),
    "a target that is no path": (b"GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", "request line: its target is no path"),
    "a path beyond ASCII": (b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n", NO_HTTP + "Invalid char in url path"),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", NO_HTTP),
    "a length that is no number": (post(OFFER + b"Content-Length: x\r\n", b""), NO_HTTP + "Invalid character in"),
    "two lengths": (post(b"Content-Length: 1\r\nContent-Length: 1\r\n", b"x"), NO_HTTP + "Duplicate Content-Length"),
    "a length and chunks": (
        post(b"Content-Length: 3\r\n" + CHUNKED, b"0\r\n\r\n"),
        NO_HTTP + "Transfer-Encoding can't be present with Content-Length",
    ),
    "a folded line": (post(b"X: a\r\n b\r\n", b""), NO_HTTP),
}


@pytest.mark.parametrize("cut", [False, True], ids=["at once", "byte by byte"])
@pytest.mark.parametrize(("sent", "error"), NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_what_is_no_http_is_refused_behind_the_answers_to_what_came_before(sent, error, cut):
    scoring, all_sent = Scoring(), GOOD + GET + sent
    talk = talked(scoring, [all_sent[i : i + 1] for i in range(len(all_sent))] if cut else [all_sent + b"more"])
    assert [answer.status for answer in talk.answers] == [200, 200, 400]
    assert [path for path, _, _ in scoring.asked] == ["/score", "/last"]
    check_refused(talk.answers[-1], 400, error)
    assert scoring.counted() == {("/score", "200"): 1, ("/last", "200"): 1, ("malformed", "400"): 1}
    assert (talk.sent_away, scoring.in_flight()) == (True, 0)


def test_the_good_ones_are_waited_for():
    scoring = Scoring()

    async def talk():
        scoring.may_answer.clear()
        conversation = Conversation(scoring)
        await conversation.send(GOOD + GOOD + b"GARBAGE\r\n\r\n", b"and more")
        assert conversation.answers == []
        assert not conversation.transport.paused, "what else comes must not reset the connection at its end"
        scoring.may_answer.set()
        await conversation.settle()
        return conversation

    conversation = asyncio.run(talk())
    assert [answer.status for answer in conversation.answers] == [200, 200, 400]
    assert conversation.transport.closed


def test_more_requests_than_wait_on_a_connection_end_it_behind_the_answers_to_those():
    scoring = Scoring()

    async def talk():
        scoring.may_answer.clear()
        conversation = Conversation(scoring)
        await conversation.send(GOOD + GET * 10_000)
        scoring.may_answer.set()
        while len(conversation.answers) < PIPELINED + 2:
            await conversation.settle()
        return conversation

    conversation = asyncio.run(talk())
    assert [answer.status for answer in conversation.answers] == [200] * (PIPELINED + 1) + [429]
    check_refused(conversation.answers[-1], 429, "connection: 64 requests wait for their turn on it already")
    assert conversation.transport.closed


def test_no_byte_of_a_client_is_in_a_label_and_its_id_comes_back():
    scoring = Scoring()
    sent = b"GET /made/up HTTP/1.1\r\nX-Request-Id: mine\r\nHost: h\r\nBad Name: x\r\n\r\n"
    (answer,) = talked(scoring, [sent]).answers
    check_refused(answer, 400, NO_HTTP + "Invalid header token")
    assert answer.said["request_id"] == "mine"
    assert b"made" not in scoring.metrics.page()


@pytest.mark.parametrize("method", [b"HEAD", b"GET"])
def test_a_refused_head_has_no_body_where_the_method_forbids_it(method):
    (answer,) = talked(Scoring(), [b"%b / HTTP/1.1\r\nBad Name: x\r\n\r\n" % method]).answers
    assert (answer.status, answer.body == b"") == (400, method == b"HEAD")


@pytest.mark.parametrize("cut", [False, True], ids=["at once", "later"])
@pytest.mark.parametrize("before", [0, 2])
def test_a_body_that_breaks_off_is_the_400_of_its_request(cut, before):
    scoring = Scoring()
    sent = GOOD * before + post(CHUNKED, b"2\r\nhe\r\nx\r\n")
    talk = talked(scoring, [sent[:-3], sent[-3:]] if cut else [sent])
    assert [answer.status for answer in talk.answers] == [200] * before + [400]
    check_refused(talk.answers[-1], 400, NO_HTTP + "Invalid character in chunk size")
    assert len(scoring.asked) == before
    assert scoring.counted()["/score", "400"] == 1
    assert (talk.sent_away, scoring.in_flight()) == (True, 0)


def test_one_that_breaks_off_behind_its_answer_ends_the_connection_without_another():
    sent = post(CHUNKED, b"2\r\nhe\r\n").replace(b"/score", b"/unread")
    talk = talked(Scoring(), [sent, b"x\r\n"])
    assert [answer.status for answer in talk.answers] == [404]
    assert talk.sent_away
