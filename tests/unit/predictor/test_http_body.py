"""Bodies are read up to a limit, and a little beyond it so that their connections can go on."""

import asyncio
from collections.abc import Sequence

import pytest
from starlette.requests import ClientDisconnect

from predictor.errors import TooLargeError
from predictor.http_body import JSON, read_body

TYPED = {b"content-type": b"application/json"}


def read(parts: Sequence[bytes], *, more: bool = False, **headers: bytes) -> bytes:
    """The body that comes in parts; `more` says that the client left before its end."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if more:
        messages.append({"type": "http.disconnect"})
    else:
        messages[-1]["more_body"] = False
    coming = iter(messages)

    async def receive() -> dict:
        return next(coming)

    said = TYPED | {name.replace("_", "-").encode(): value for name, value in headers.items()}
    scope = {"type": "http", "headers": list(said.items()), "state": {"headers": said}}
    return asyncio.run(read_body(scope, receive, limit=10, types=[JSON]))


@pytest.mark.parametrize("length", [b"0" * 5000 + b"10", b"10", b"0"])
def test_a_length_may_have_any_number_of_leading_zeros(length):
    assert read([b"0123456789"], expect=b"100-continue", content_length=length) == b"0123456789"


@pytest.mark.parametrize("parts", [[b"0123456789"], [b"01234", b"56789"], [b"", b"0123456789", b""], [b""]])
def test_a_body_up_to_the_limit_comes_whole(parts):
    assert read(parts) == b"".join(parts)


@pytest.mark.parametrize(
    ("parts", "whole"), [([b"x" * 11], True), ([b"x" * 9, b"xx"], True), ([b"x" * 100] * 3, False)]
)
def test_one_over_it_is_read_to_its_end_unless_that_is_far_away(parts, whole):
    with pytest.raises(TooLargeError, match="body: over the limit of 10 bytes") as refused:
        read(parts)
    assert refused.value.read is whole


def test_one_that_waits_to_be_asked_for_is_refused_unread():
    with pytest.raises(TooLargeError) as refused:
        read([], more=True, expect=b"100-continue", content_length=b"11")
    assert not refused.value.read


def test_a_client_that_leaves_is_no_error_of_a_request():
    with pytest.raises(ClientDisconnect):
        read([b"01"], more=True)
