"""Trailers, codings and limits of what a client sends."""

import asyncio

import pytest

from predictor.http_head import HEAD_BYTES, HEADER_LINES
from tests.unit.predictor.http_conversation import GET, Conversation, post, talked
from tests.unit.predictor.scoring_conversation import CHUNKED, GOOD, Scoring, check_refused

TRAILERS = b"Host: other\r\nContent-Encoding: gzip\r\nX-Request-Id: theirs\r\nIdempotency-Key: theirs\r\n"


def test_trailers_are_dropped_however_the_request_is_cut():
    sent = post(CHUNKED + b"Idempotency-Key: mine\r\n", b"5\r\nhello\r\n0\r\n" + TRAILERS + b"\r\n")
    for place in range(1, len(sent)):
        scoring = Scoring()
        talk = talked(scoring, [sent[:place], sent[place:] + GET])
        assert [answer.status for answer in talk.answers] == [200, 200]
        ((_, body, headers), last) = scoring.asked
        assert (body, headers[b"host"], headers[b"idempotency-key"]) == (b"hello", b"h", b"mine")
        assert b"content-encoding" not in headers
        assert talk.answers[0].said["error"] == "mine"
        assert last[0] == "/last"


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"gzip\r\nTransfer-Encoding: chunked"])
def test_a_body_that_is_coded_before_it_is_chunked_is_not_read(coding):
    sent = post(b"Content-Type: application/json\r\nTransfer-Encoding: %b\r\n" % coding, b"1\r\nx\r\n0\r\n\r\n")
    talk = talked(Scoring(), [sent + GET])
    assert [answer.status for answer in talk.answers] == [415, 200]
    assert talk.answers[0].said["error"] == "Transfer-Encoding: bodies are read chunked and uncompressed"


@pytest.mark.parametrize("coding", [b"chunked", b"Chunked", b" chunked "])
def test_chunked_is_read_however_it_is_written(coding):
    sent = post(b"Content-Type: application/json\r\nTransfer-Encoding: %b\r\n" % coding, b"1\r\nx\r\n0\r\n\r\n")
    assert [answer.status for answer in talked(Scoring(), [sent]).answers] == [200]


# ------------------------------------------------------------------ limits


def pieces(sent: bytes, size: int) -> list[bytes]:
    return [sent[place : place + size] for place in range(0, len(sent), size)]


def with_bytes(count: int) -> bytes:
    """A request whose head has so many bytes, as the limit counts them."""
    counted = b"/last", b"Host: h\r\n", b"X: \r\n"
    return b"GET /last HTTP/1.1\r\nHost: h\r\nX: %b\r\n\r\n" % (b"y" * (count - sum(map(len, counted))))


SIZES = [250_000, 65_536, 40_000, 7_001]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("before", [b"", GOOD, post(b"Content-Length: 60000\r\n", b"x" * 60_000)], ids=["", "a", "b"])
def test_a_head_up_to_the_limit_is_read_and_one_byte_more_is_not_however_it_is_cut(size, before):
    sent = before + with_bytes(HEAD_BYTES)
    talk = talked(Scoring(), pieces(sent + GET, size))
    assert {answer.status for answer in talk.answers} == {200}
    assert not talk.sent_away
    talk = talked(Scoring(), pieces(before + with_bytes(HEAD_BYTES + 1) + GET, size))
    assert [answer.status for answer in talk.answers] == [200] * bool(before) + [431]
    check_refused(talk.answers[-1], 431, f"head: over the limit of {HEAD_BYTES} bytes")
    assert talk.sent_away


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lines", [HEADER_LINES, HEADER_LINES + 1])
def test_more_header_lines_than_the_limit_are_refused(size, lines):
    scoring = Scoring()
    sent = b"GET /last HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * (lines - 1) + b"\r\n"
    talk = talked(scoring, pieces(sent, size))
    assert [answer.status for answer in talk.answers] == [200 if lines == HEADER_LINES else 431]
    if lines > HEADER_LINES:
        check_refused(talk.answers[0], 431, f"head: {lines} header lines; at most {HEADER_LINES} are read")
        assert scoring.counted() == {("malformed", "431"): 1}


ENDLESS = {
    "a value": b"GET / HTTP/1.1\r\nX: " + b"y" * 10_000_000,
    "a target": b"GET /" + b"y" * 10_000_000,
    "lines": b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1_000_000,
    "a trailer": post(CHUNKED, b"5\r\nhello\r\n0\r\nX: " + b"y" * 10_000_000),
    "trailers": post(CHUNKED, b"5\r\nhello\r\n0\r\n" + b"X: y\r\n" * 1_000_000),
    "a trailer of what is not read": post(CHUNKED, b"0\r\nX: " + b"y" * 10_000_000).replace(b"/score", b"/unread"),
    "an extension of a chunk": post(CHUNKED, b"5;" + b"y" * 10_000_000),
}


@pytest.mark.parametrize("sent", ENDLESS.values(), ids=ENDLESS)
def test_what_has_no_end_is_given_up_early(sent):
    async def talk():
        conversation, read = Conversation(Scoring()), 0
        for piece in pieces(sent, 50_000):
            if conversation.connection._refused:
                break
            read += len(piece)
            await conversation.send(piece)
        await conversation.settle()
        return conversation, read

    conversation, read = asyncio.run(talk())
    assert read <= 250_000
    assert [answer.status for answer in conversation.answers] in ([431], [404])
    assert conversation.transport.closed


def test_a_long_body_is_no_long_head():
    body = b"x" * 900_000
    for sent in (
        post(b"Content-Length: 900000\r\n", body),
        post(CHUNKED, b"".join(b"1\r\nx\r\n" for _ in range(300_000)) + b"0\r\n\r\n"),
        post(b"Content-Length: 900000\r\n", body).replace(b"/score", b"/unread"),
    ):
        talk = talked(Scoring(), [*pieces(sent, 100_000), GET])
        assert {answer.status for answer in talk.answers} <= {200, 404}
        assert len(talk.answers) == 2
