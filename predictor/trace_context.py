"""What names a request beyond this server: its id, and its place in a trace.

Source of the header: W3C Trace Context, level 1, section 3.2 (`traceparent`).
"""

import re
from collections.abc import Callable, Mapping
from itertools import count
from secrets import token_hex

_ID = re.compile(rb"[\x21-\x7e]{1,128}")
_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""Version, trace, parent, flags. A later version may have more behind them, which is not passed on."""


class RequestNames:
    """Reads and makes names of requests."""

    def __init__(self, *, token: Callable[[int], str] = token_hex) -> None:
        """`token` gives so many random bytes as hexadecimal digits."""
        # A random id a request would ask the operating system each time, which takes longer than a score.
        self._server, self._spans = token(8), int(token(8), 16)
        self._numbers = count()

    def new_id(self) -> str:
        """32 hexadecimal digits that no other server makes: a random half of this one's own, and a number."""
        return f"{self._server}{next(self._numbers):016x}"

    def new_span_id(self) -> str:
        """16 hexadecimal digits, not all of them 0."""
        return f"{(self._spans + next(self._numbers)) % (2**64 - 1) + 1:016x}"

    def id_of(self, headers: Mapping[bytes, bytes]) -> str:
        """The client's `X-Request-Id` where it is 1 to 128 visible ASCII characters, else a new one."""
        given = headers.get(b"x-request-id")
        return given.decode() if given is not None and _ID.fullmatch(given) else self.new_id()


def traceparent_of(headers: Mapping[bytes, bytes]) -> str | None:
    """The client's `traceparent` in the form of version 00; None without one, or where it is not valid."""
    given = headers.get(b"traceparent")
    if given is None:
        return None
    later = len(given) > 55 and not given.startswith(b"00") and given[55:56] == b"-"
    if not (_TRACEPARENT.fullmatch(given[:55]) and (len(given) == 55 or later)):
        return None
    return f"00{given[2:55].decode()}"


def follow(traceparent: str, span_id: str) -> str:
    """The header that names a span (16 hexadecimal digits) of the same trace as the parent of what follows."""
    return f"{traceparent[:36]}{span_id}{traceparent[52:]}"
