"""Threads with a bound on what waits for them."""

import asyncio
from threading import Event

import pytest

from predictor.errors import UnavailableError
from predictor.work import WorkThreads


def test_what_is_over_the_bound_is_told_to_come_later_and_the_rest_is_done():
    async def scenario() -> tuple[list[bool], str]:
        threads, release = WorkThreads("model", threads=1, waiting=2), Event()
        running = [asyncio.ensure_future(threads.run(release.wait, 10)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError) as refused:
            await threads.run(release.wait, 10)
        release.set()
        answers = await asyncio.gather(*running)
        answers.append(await threads.run(release.wait, 10))
        threads.close()
        return answers, str(refused.value)

    answers, refused = asyncio.run(scenario())
    assert answers == [True, True, True]
    assert refused == "overloaded: 2 requests run or wait for the model already"
