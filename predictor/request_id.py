"""Names of requests, under which they are logged and answered."""

from collections.abc import Callable
from itertools import count
from secrets import token_hex


def new_request_ids(*, token: Callable[[int], str] = token_hex) -> Callable[[], str]:
    """A maker of ids of 32 hexadecimal digits that no other server makes: a random half of its own, and a number.

    A random id a request would ask the operating system each time, which takes longer than the score.
    """
    server, numbers = token(8), count()
    return lambda: f"{server}{next(numbers):016x}"
