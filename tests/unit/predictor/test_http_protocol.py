"""Offers of another protocol are passed over."""

import asyncio

import pytest

from tests.unit.predictor.http_conversation import GET, Conversation, post

OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
LAST = ("GET", "/last", b"")


async def conversation(*pieces):
    """What an application was asked, piece by piece, what the client got, and whether it was sent away."""
    asked = []

    async def app(scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        assert b"upgrade" not in dict(scope["headers"])
        asked.append((scope["method"], scope["path"], body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    talking = Conversation(app)
    await talking.send(*pieces)
    sent_away = talking.transport.closed
    talking.end()
    return asked, talking.transport.written, sent_away


WITH_LENGTH = post(OFFER + b"Content-Length: 5\r\n", b"hello")
CHUNKED = post(b"Transfer-Encoding: chunked\r\n" + OFFER, b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")
SCORED = ("POST", "/score", b"hello")


@pytest.mark.parametrize("sent", [WITH_LENGTH, CHUNKED], ids=["length", "chunked"])
def test_a_body_behind_an_offer_arrives_however_it_is_cut_and_the_connection_goes_on(sent):
    for place in range(1, len(sent)):
        asked, written, _ = asyncio.run(conversation(sent[:place], sent[place:], GET))
        assert asked == [SCORED, LAST]
        assert written.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (WITH_LENGTH + CHUNKED + GET, [SCORED, SCORED, LAST]),
        (GET.replace(b"Host", OFFER + b"Host") + WITH_LENGTH, [LAST, SCORED]),
        (post(b"Content-Length: 5\r\n", b"hello") + GET, [SCORED, LAST]),
        (post(b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n", b"hello"), [SCORED]),
        (
            post(b"Upgrade: h2c\r\nUpgrade: other\r\nConnection: upgrade\r\nContent-Length: 0\r\n", b""),
            [("POST", "/score", b"")],
        ),
    ],
    ids=["three at once", "without a body", "without an offer", "websocket", "two offers"],
)
def test_requests_that_come_at_once(sent, expected):
    asked, _, sent_away = asyncio.run(conversation(sent))
    assert (asked, sent_away) == (expected, False)


def test_an_offer_does_not_keep_a_connection_that_the_client_ends():
    sent = WITH_LENGTH.replace(b"Connection: Upgrade", b"Connection: close, Upgrade")
    asked, _, sent_away = asyncio.run(conversation(sent))
    assert (asked, sent_away) == ([SCORED], True)
