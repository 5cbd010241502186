"""What is no HTTP, too long, or does not come: refused as all else is, in its turn; then the connection ends."""

import asyncio
import re

import pytest

from predictor.ending import Ending
from predictor.http_body import JSON, idempotency_key, read_body
from predictor.http_errors import ErrorAnswers, error_answer
from predictor.http_gate import Gate
from predictor.http_protocol import HEAD_BYTES, HEADER_LINES, PIPELINED
from predictor.metrics import Metrics
from tests.unit.predictor.http_conversation import GET, KEPT_SECONDS, Conversation, post, talked

OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
GOOD = post(b"Content-Type: application/json\r\nContent-Length: 5\r\n", b"hello")
CHUNKED = b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
HALF = post(b"Content-Type: application/json\r\nContent-Length: 5\r\n", b"he")
NO_HTTP = "no HTTP/1.1 request: "


class Scoring:
    """Reads bodies as `/score` does, behind the gate, and answers when it may."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.asked: list[tuple[str, bytes, dict]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.errors = ErrorAnswers(retry_seconds=1)
        self.gate = Gate(self._app, self.metrics, Ending(), errors=self.errors, routes={}, spans=None)

    async def __call__(self, scope, receive, send):
        await self.gate(scope, receive, send)

    async def _app(self, scope, receive, send):
        await self.errors.send(self._answer(scope, receive), scope["state"]["request_id"], send)

    async def _answer(self, scope, receive):
        if scope["path"] == "/unread":
            return error_answer(404, "not read", scope["state"]["request_id"])
        if scope["path"] == "/later":
            await self.may_answer.wait()
        key = idempotency_key(scope)
        scope["state"]["route"] = scope["path"]
        body = await read_body(scope, receive, limit=1_000_000, types=[JSON], untyped=True)
        await self.may_answer.wait()
        self.asked.append((scope["path"], body, dict(scope["headers"])))
        return error_answer(200, key or "none", scope["state"]["request_id"])

    def counted(self) -> dict[tuple[str, str], float]:
        lines = re.findall(
            r'^blink_requests_total\{protocol="http",route="(.*)",status="(.*)"\} (.*)$',
            self.metrics.page().decode(),
            re.MULTILINE,
        )
        return {(route, status): float(count) for route, status, count in lines}

    def in_flight(self) -> float:
        (count,) = re.findall(r"^blink_requests_in_flight (.*)$", self.metrics.page().decode(), re.MULTILINE)
        return float(count)


def check_refused(answer, status, error):
    assert (answer.status, answer.said["error"][: len(error)]) == (status, error)
    assert answer.said.keys() == {"error", "request_id"}
    assert answer.headers["x-request-id"] == answer.said["request_id"]
    assert (answer.headers["content-type"], answer.headers["connection"]) == ("application/json", "close")


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


# ------------------------------------------------------------------ trailers and codings


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


# ------------------------------------------------------------------ time


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
