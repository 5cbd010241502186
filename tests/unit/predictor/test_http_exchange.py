"""One answer as it is written, and what an application may not do."""

import asyncio
import gc
import weakref

import pytest

from predictor.http_exchange import HELD_BYTES
from tests.unit.predictor.http_conversation import GET, Conversation, Transport, post, talked

LENGTH = (b"content-length", b"2")
START = {"type": "http.response.start", "status": 200, "headers": [LENGTH]}
BODY = {"type": "http.response.body", "body": b"ok"}


class Pieces(Transport):
    """Keeps each write."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def write(self, data):
        self.pieces.append(data)
        super().write(data)

    def writelines(self, list_of_data):
        self.pieces.append(b"".join(list_of_data))
        super().write(self.pieces[-1])


def saying(*messages):
    async def app(scope, receive, send):
        for message in messages:
            await send(message)

    return app


async def written(app, sent: bytes = GET) -> Conversation:
    conversation = Conversation(app, transport=Pieces())
    await conversation.send(sent)
    return conversation


@pytest.mark.parametrize("size", [0, 2, HELD_BYTES, HELD_BYTES + 1])
def test_head_and_body_leave_in_one_write(size):
    start = {**START, "headers": [(b"content-length", b"%d" % size)]}
    conversation = asyncio.run(written(saying(start, {**BODY, "body": b"x" * size})))
    assert conversation.transport.pieces == [b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + b"x" * size]
    assert not conversation.transport.closed


def test_a_body_may_come_in_parts():
    parts = [{**BODY, "body": b"o", "more_body": True}, {**BODY, "body": b"k"}]
    conversation = asyncio.run(written(saying(START, *parts)))
    assert conversation.transport.pieces == [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no", b"k"]


def test_the_servers_headers_are_in_every_answer_as_they_are_now():
    async def talk() -> bytes:
        conversation = Conversation(saying(START, BODY))
        for date in (b"now", b"later"):
            conversation.state.default_headers = [(b"date", date), (b"server", b"s")]
            await conversation.send(GET)
        return conversation.transport.written

    answer = b"HTTP/1.1 200 OK\r\ndate: %b\r\nserver: s\r\ncontent-length: 2\r\n\r\nok"
    assert asyncio.run(talk()) == answer % b"now" + answer % b"later"


def test_a_head_asked_for_has_the_length_and_no_body():
    conversation = asyncio.run(written(saying(START, BODY), GET.replace(b"GET", b"HEAD")))
    assert conversation.transport.written == b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


@pytest.mark.parametrize("sent", [GET, GET.replace(b"Host", b"Connection: close\r\nHost"), GET.replace(b"1.1", b"1.0")])
def test_whoever_ends_the_connection_it_is_said_once(sent):
    closing = {**START, "headers": [LENGTH, (b"connection", b"close")]}
    for start, said in ((START, sent is not GET), (closing, True)):
        conversation = asyncio.run(written(saying(start, BODY), sent))
        assert conversation.transport.written.count(b"connection: close\r\n") == said
        assert conversation.transport.closed == said


def test_204_has_neither_length_nor_body():
    start = {**START, "status": 204, "headers": []}
    conversation = asyncio.run(written(saying(start, {**BODY, "body": b""})))
    assert (conversation.transport.written, conversation.transport.closed) == (
        b"HTTP/1.1 204 No Content\r\n\r\n",
        False,
    )


WRONG = {
    "nothing": ([], b""),
    "a start alone": ([START], b""),
    "no length": ([{**START, "headers": []}], b""),
    "a body first": ([BODY], b""),
    "two starts": ([START, START], b""),
    "a longer body": ([START, {**BODY, "body": b"long"}], b""),
    "a shorter body": ([START, {**BODY, "body": b"s"}], b""),
    "a header of two lines": ([{**START, "headers": [LENGTH, (b"a", b"b\r\nc: d")]}], b""),
    "a header with a bare line feed": ([{**START, "headers": [LENGTH, (b"a", b"b\nc: d")]}], b""),
    "an end that does not come": (
        [START, {**BODY, "body": b"o", "more_body": True}],
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no",
    ),
}


@pytest.mark.parametrize(("messages", "left"), WRONG.values(), ids=WRONG)
def test_an_application_that_gives_no_whole_answer_ends_the_connection(messages, left, caplog):
    conversation = asyncio.run(written(saying(*messages)))
    assert (conversation.transport.written, conversation.transport.closed) == (left, True)
    unfinished = messages in ([], [START]) or left
    told = "a request got no whole answer" if unfinished else "an answer was broken off"
    assert [record.getMessage() for record in caplog.records] == [told]


def test_more_behind_the_answer_is_a_fault_that_the_client_does_not_see(caplog):
    conversation = asyncio.run(written(saying(START, BODY, BODY)))
    assert conversation.transport.written.endswith(b"ok")
    assert [record.getMessage() for record in caplog.records] == ["an answer was broken off"]


def test_nobody_reads_more_of_a_body_than_is_asked_for():
    async def talk() -> list[bool]:
        go_on, seen = asyncio.Event(), []

        async def app(scope, receive, send):
            await go_on.wait()
            more = True
            while more:
                more = (await receive())["more_body"]
            await send(START)
            await send(BODY)

        conversation = Conversation(app)
        await conversation.send(post(b"Content-Length: 100000\r\n", b"x" * 70_000))
        seen.append(conversation.transport.paused)
        go_on.set()
        await conversation.settle()
        seen.append(conversation.transport.paused)
        await conversation.send(b"x" * 30_000)
        seen.append(conversation.transport.written.endswith(b"ok"))
        return seen

    assert asyncio.run(talk()) == [True, False, True]


def test_an_answer_waits_until_what_was_written_before_is_taken():
    async def talk() -> list[int]:
        conversation = Conversation(saying(START, BODY))
        conversation.connection.pause_writing()
        await conversation.send(GET)
        before = len(conversation.answers)
        conversation.connection.resume_writing()
        await conversation.settle()
        return [before, len(conversation.answers)]

    assert asyncio.run(talk()) == [0, 1]


def test_who_leaves_while_an_answer_waits_to_be_written_gets_none(caplog):
    async def talk() -> bytes:
        conversation = Conversation(saying(START, BODY))
        conversation.connection.pause_writing()
        await conversation.send(GET)
        conversation.end()
        await conversation.settle()
        return conversation.transport.written

    assert asyncio.run(talk()) == b""
    assert not caplog.records


def test_a_body_in_many_parts_is_held_as_one_and_no_longer_than_somebody_may_ask_for_it():
    async def talk() -> tuple[object, object, object]:
        go_on = asyncio.Event()

        async def app(scope, receive, send):
            await go_on.wait()
            await send(START)
            await send(BODY)

        conversation = Conversation(app)
        await conversation.send(post(b"Transfer-Encoding: chunked\r\n", b"2\r\nab\r\n" * 1000))
        held = conversation.connection._last._body
        go_on.set()
        await conversation.settle()
        await conversation.send(b"2\r\nab\r\n" * 1000)
        return type(held), bytes(held), conversation.connection._last._body

    assert asyncio.run(talk()) == (bytearray, b"ab" * 1000, b"")


def test_an_answer_that_cannot_begin_gives_way_to_another():
    async def app(scope, receive, send):
        with pytest.raises(RuntimeError, match="says its length"):
            await send({**START, "headers": []})
        await send({**START, "status": 500})
        await send(BODY)

    (answer,) = asyncio.run(written(app)).answers
    assert (answer.status, answer.body) == (500, b"ok")


@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
def test_nothing_is_written_to_a_connection_that_ends(expect, caplog):
    async def talk() -> tuple[bytes, list[bool]]:
        go_on, left = asyncio.Event(), []

        async def app(scope, receive, send):
            await go_on.wait()
            await receive()
            await send(START)
            await send(BODY)
            left.append(scope["state"].get("left", False))

        conversation = Conversation(app)
        await conversation.send(post(b"Content-Length: 2\r\n" + expect, b"" if expect else b"xx"))
        conversation.transport.closed = True  # and asyncio will tell so in another turn
        go_on.set()
        await conversation.settle()
        conversation.end()
        await conversation.settle()
        return conversation.transport.written, left

    assert asyncio.run(talk()) == (b"", [True])
    assert not caplog.records


def test_requests_are_answered_in_their_order_one_at_a_time():
    running = []

    async def app(scope, receive, send):
        running.append(scope["path"])
        for _ in range(20 - int(scope["path"][1:])):  # the first takes longest
            await asyncio.sleep(0)
        assert running == [scope["path"]]
        await send(START)
        await send({**BODY, "body": scope["path"][1:].encode()})
        running.clear()

    async def talk() -> Conversation:
        conversation = Conversation(app)
        await conversation.send(b"".join(GET.replace(b"/last", b"/%02d" % number) for number in range(20)))
        while len(conversation.answers) < 20:
            await conversation.settle()
        return conversation

    assert [answer.body for answer in asyncio.run(talk()).answers] == [b"%02d" % number for number in range(20)]


@pytest.mark.parametrize("behind", [b"", GET, GET[:-4], b"GARBAGE"])
def test_what_comes_behind_a_request_that_ends_its_connection_is_dropped_with_it(behind):
    last = GET.replace(b"Host", b"Connection: close\r\nHost")
    talk = talked(saying(START, BODY), [GET + last + behind, behind])
    assert [answer.status for answer in talk.answers][:2] == [200, 200]
    assert talk.answers[1].headers["connection"] == "close"
    assert (len(talk.answers), talk.sent_away) == (2, True)


def test_a_connection_that_was_lost_is_no_garbage_that_has_to_be_searched_for():
    async def talk() -> weakref.ref:
        conversation = Conversation(saying(START, BODY))
        await conversation.send(GET)
        conversation.end()
        await conversation.settle()
        return weakref.ref(conversation.connection)

    gc.collect()
    gc.disable()
    try:
        assert asyncio.run(talk())() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/a", "/a", b""),
        (b"/a?b=c&d", "/a", b"b=c&d"),
        (b"/%41%2Fb%20", "/A/b ", b""),
        (b"/%ff", "/\ufffd", b""),
        (b"http://h/a?b", "/a", b"b"),
        (b"/a#b", "/a", b""),
        (b"//h/a", "//h/a", b""),
    ],
)
def test_a_target_is_told_as_path_and_query(target, path, query):
    told = []

    async def app(scope, receive, send):
        told.append((scope["path"], scope["query_string"]))
        await send(START)
        await send(BODY)

    talked(app, [GET.replace(b"/last", target), GET.replace(b"/last", target)])
    assert told == [(path, query)] * 2
