"""A client that does not take what it asked for, or takes it by the byte."""

import asyncio
from itertools import count

import pytest

from predictor.http_taking import TAKEN_BYTES, Taking
from tests.unit.predictor.http_conversation import Conversation
from tests.unit.predictor.test_http_refusals import GOOD, Scoring

ANSWER = 10_000_000


def looked(waiting: list[int]) -> list[bool]:
    """Whether it is too slow, looked at every ten seconds; 30 are given."""
    taking = Taking()
    return [taking.too_slow(size, 10.0 * number, 30.0) for number, size in enumerate(waiting)]


@pytest.mark.parametrize(
    ("waiting", "slow"),
    [
        ([0] * 5, [False] * 5),
        ([ANSWER] * 5, [False, False, False, True, True]),
        ([ANSWER - number for number in range(5)], [False, False, False, True, True]),
        ([ANSWER - number * TAKEN_BYTES // 2 for number in range(5)], [False] * 5),
        ([ANSWER, ANSWER, ANSWER, 0, 0, 0, 5, 5], [False] * 8),
        ([ANSWER, 5, 5, 5, 5], [False, False, False, False, True]),
        ([5, 5, 5, ANSWER, ANSWER, ANSWER], [False] * 6),
    ],
)
def test_who_takes_less_than_64_kib_in_the_time_is_too_slow(waiting, slow):
    assert looked(waiting) == slow


def test_a_connection_whose_client_takes_nothing_is_cut():
    async def talk(waiting: int) -> tuple[bool, bool]:
        conversation = Conversation(Scoring())
        await conversation.send(GOOD)
        conversation.transport.waiting = waiting
        for second in count():
            conversation.connection.look(float(second), 30.0)
            if conversation.transport.aborted or second == 100:
                return conversation.transport.aborted, second == 30
        raise AssertionError

    assert asyncio.run(talk(ANSWER)) == (True, True)
    assert asyncio.run(talk(0)) == (False, False)
