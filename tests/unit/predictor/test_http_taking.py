"""A client that does not take what it asked for, or takes it by the byte."""

import asyncio

import pytest

from predictor.http_taking import TAKEN_BYTES, Taking
from tests.unit.predictor.http_conversation import Conversation
from tests.unit.predictor.scoring_conversation import GOOD, Scoring

ANSWER = 10_000_000
HALF = TAKEN_BYTES // 2
UNREAD = GOOD.replace(b"/score", b"/unread")
"""Answered at once."""


def looked(sizes: list[tuple[int, int]]) -> list[bool]:
    """Whether it is too slow, looked at every ten seconds; 30 are given. What was written, and what of it waits."""
    taking, begin = Taking(), 1e6
    return [taking.too_slow(*size, begin + 10.0 * number, 30.0) for number, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("sizes", "slow"),
    [
        ([(ANSWER, 0)] * 5, [False] * 5),
        ([(ANSWER, ANSWER)] * 5, [False, False, False, True, True]),
        ([(0, 0), *[(ANSWER, ANSWER)] * 4], [False, False, False, True, True]),
        ([(0, 0), *[(ANSWER, ANSWER - number) for number in range(4)]], [False, False, False, True, True]),
        ([(ANSWER, ANSWER - number * HALF) for number in range(9)], [False] * 9),
        ([(ANSWER, 50), (ANSWER, 50), (ANSWER, 0), (ANSWER + 50, 50), (ANSWER + 50, 50)], [False] * 5),
        ([(ANSWER, 0), *[(ANSWER + 5, 5)] * 4], [False, False, False, True, True]),
        # Taken as fast as it is written: what waits stays the same.
        ([(40_000 * number, 40_000) for number in range(1, 10)], [False] * 9),
        ([(100 * number, 100) for number in range(1, 6)], [False, False, False, True, True]),
    ],
)
def test_who_takes_less_than_64_kib_in_the_time_is_too_slow(sizes, slow):
    assert looked(sizes) == slow


def test_a_connection_whose_client_takes_nothing_is_cut():
    async def talk(waiting: int) -> int | None:
        conversation = Conversation(Scoring())
        await conversation.send(GOOD)
        conversation.connection.look(0.0, 30.0)
        conversation.transport.waiting = waiting
        for second in range(1, 100):
            conversation.connection.look(float(second), 30.0)
            if conversation.transport.aborted:
                return second
        return None

    assert asyncio.run(talk(100)) == 30
    assert asyncio.run(talk(0)) is None


@pytest.mark.parametrize(
    ("sent", "waiting", "looks"),
    [
        (UNREAD, [0, 0, 0], None),
        (UNREAD, [100, 100], 2),
        (UNREAD, [100, 90, 80, 80], 4),
        (UNREAD, [100, 50, 0], None),
        (GOOD, [100, 100, 100], None),  # an answer is still to come
    ],
)
def test_at_the_end_nothing_is_kept_for_who_takes_nothing(sent, waiting, looks):
    async def talk() -> int | None:
        scoring = Scoring()
        scoring.may_answer.clear()
        conversation = Conversation(scoring)
        await conversation.send(sent)
        for number, size in enumerate(waiting, 1):
            conversation.transport.waiting = size
            conversation.connection.give_up_waiting()
            if conversation.transport.aborted:
                return number
        return None

    assert asyncio.run(talk()) == looks
