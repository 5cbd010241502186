"""Which requests are committed together: no database, and transactions that end when the test says so."""

import asyncio
import json
from asyncio import CancelledError
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from uuid import UUID

import numpy as np
import pytest

from credit.bundle.reader import Bundle
from credit.scores import score_rows
from predictor.audit_group import AuditGroup
from predictor.audit_request import Asked, AuditRequest
from predictor.composition import Audited, Outcome
from predictor.deployment import Deployed, Deployment
from predictor.errors import BadInputError, KeyConflictError, UnavailableError
from predictor.metrics import Metrics
from tests.unit.predictor.serving_example import NAMES, example_bundle

ECHO: list[Outcome] = []
"""An end at which each request gets its name."""


class Committing:
    """Stands in for the transactions: each waits until the test lets it end."""

    def __init__(self) -> None:
        self.begun: SimpleQueue[list[str]] = SimpleQueue()
        self.ends: SimpleQueue[list[Outcome] | Exception] = SimpleQueue()

    def score(self, requests: Sequence[AuditRequest]) -> list[Outcome]:
        self.begun.put([request.request_id for request in requests])
        end = self.ends.get(timeout=20)
        if isinstance(end, Exception):
            raise end
        return audited(*[request.request_id for request in requests]) if end is ECHO else end


def audited(*answers: str) -> list[Outcome]:
    return [Audited(answer.encode(), None, ()) for answer in answers]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return example_bundle(Path(tmp_path_factory.mktemp("models")))


@pytest.fixture
def deployment(bundle: Bundle) -> Deployment:
    deployment = Deployment(Metrics())
    deployment.replace(Deployed(bundle, "champion"))
    return deployment


@contextmanager
def grouping(
    deployment: Deployment, *, transactions: int = 1, waiting: int = 100, most_rows: int = 100
) -> Iterator[tuple[AuditGroup, Committing]]:
    committing = Committing()
    group = AuditGroup(
        committing.score,
        deployment,
        transactions=transactions,
        computing_transactions=1,
        most_rows=most_rows,
        most_subjects=100,
        waiting=waiting,
    )
    yield group, committing
    group.close()


def asked(name: str, *, key: str | None = None, features: str = ',"features":{}') -> Asked:
    return Asked(name, key, f'{{"user_id":"{name}"{features}}}'.encode())


async def begun(committing: Committing) -> list[str]:
    return await asyncio.to_thread(committing.begun.get, timeout=20)


def tasks(group: AuditGroup, *requests: Asked) -> list[asyncio.Task[bytes]]:
    return [asyncio.ensure_future(group.score(one)) for one in requests]


def run(work: Coroutine[object, object, None]) -> None:
    asyncio.run(work)


def test_what_waits_while_one_group_is_written_is_the_next_group(deployment):
    async def work() -> None:
        with grouping(deployment) as (group, committing):
            first = tasks(group, asked("a"), asked("b"))
            assert await begun(committing) == ["a", "b"]
            later = tasks(group, asked("c"), asked("d"), asked("e"))
            committing.ends.put(audited("A", "B"))
            assert await asyncio.gather(*first) == [b"A", b"B"]
            assert await begun(committing) == ["c", "d", "e"]
            committing.ends.put(audited("C", "D", "E"))
            assert await asyncio.gather(*later) == [b"C", b"D", b"E"]

    run(work())


def test_a_second_transaction_begins_for_twenty_or_beside_a_long_transaction(deployment):
    async def work() -> None:
        with grouping(deployment, transactions=2) as (group, committing):
            first = tasks(group, asked("a"))
            await begun(committing)
            few = tasks(group, *[asked(f"few-{n}") for n in range(19)])
            await asyncio.sleep(0)
            enough = tasks(group, asked("twentieth"))
            assert await begun(committing) == [*[f"few-{n}" for n in range(19)], "twentieth"]
            committing.ends.put(ECHO)
            committing.ends.put(ECHO)
            answers = await asyncio.gather(*first, *few, *enough)
            assert answers == [b"a", *[f"few-{n}".encode() for n in range(19)], b"twentieth"]
            body = json.dumps([{"user_id": f"u-{n}", "features": {}} for n in range(65)])
            long = tasks(group, Asked("long", None, body.encode()))
            assert await begun(committing) == ["long"]
            short = tasks(group, asked("short"))
            assert await begun(committing) == ["short"]
            committing.ends.put(ECHO)
            committing.ends.put(ECHO)
            assert await asyncio.gather(*long, *short) == [b"long", b"short"]

    run(work())


def test_a_group_ends_at_its_most_rows(deployment):
    async def work() -> None:
        with grouping(deployment, most_rows=2) as (group, committing):
            running = tasks(group, asked("a"), asked("b"), asked("c"))
            assert await begun(committing) == ["a", "b"]
            committing.ends.put(audited("A", "B"))
            assert await begun(committing) == ["c"]
            committing.ends.put(audited("C"))
            assert await asyncio.gather(*running) == [b"A", b"B", b"C"]

    run(work())


def test_a_key_that_is_being_written_waits_for_the_next_group(deployment):
    async def work() -> None:
        with grouping(deployment, transactions=2) as (group, committing):
            running = tasks(group, asked("a", key="k"), asked("b"), asked("c", key="k"), asked("d", key="l"))
            names = await begun(committing)
            assert names == ["a", "b", "d"]
            committing.ends.put(audited("A", "B", "D"))
            names = await begun(committing)
            assert names == ["c"]
            committing.ends.put([KeyConflictError("another body")])
            outcomes = await asyncio.gather(*running, return_exceptions=True)
            assert [str(outcome) for outcome in outcomes] == ["b'A'", "b'B'", "another body", "b'D'"]

    run(work())


def test_requests_of_two_models_are_written_apart(deployment, bundle):
    async def work() -> None:
        with grouping(deployment) as (group, committing):
            first = tasks(group, asked("a"))
            await asyncio.sleep(0)
            deployment.replace(replace(deployment.current(), role="challenger"))
            second = tasks(group, asked("b"))
            assert await begun(committing) == ["a"]
            committing.ends.put(audited("A"))
            assert await begun(committing) == ["b"]
            committing.ends.put(audited("B"))
            assert await asyncio.gather(*first, *second) == [b"A", b"B"]

    run(work())


def test_computed_features_have_transactions_of_their_own(deployment):
    async def work() -> None:
        with grouping(deployment) as (group, committing):
            running = tasks(group, asked("a"), asked("b", features=""))
            assert sorted([await begun(committing), await begun(committing)]) == [["a"], ["b"]]
            committing.ends.put(audited("X"))
            committing.ends.put(audited("X"))
            assert await asyncio.gather(*running) == [b"X", b"X"]

    run(work())


def test_a_key_that_another_lane_is_writing_waits_too(deployment):
    async def work() -> None:
        with grouping(deployment) as (group, committing):
            first = tasks(group, asked("a", key="k", features=""))
            assert await begun(committing) == ["a"]
            second = tasks(group, asked("b", key="k"))
            await asyncio.sleep(0)
            committing.ends.put(audited("A"))
            assert await begun(committing) == ["b"]
            committing.ends.put(audited("B"))
            assert await asyncio.gather(*first, *second) == [b"A", b"B"]

    run(work())


def test_beyond_its_bound_requests_are_told_to_come_later(deployment):
    async def work() -> None:
        with grouping(deployment, waiting=2) as (group, committing):
            running = tasks(group, asked("a"), asked("b"), asked("c"))
            with pytest.raises(UnavailableError, match="overloaded: 2 requests wait for their audits already"):
                await running[2]
            await begun(committing)
            assert group.held == 2
            assert group.oldest_seconds > 0
            committing.ends.put(audited("A", "B"))
            await asyncio.gather(*running[:2])
            assert (group.held, group.oldest_seconds) == (0, 0.0)
            again = tasks(group, asked("d"))
            committing.ends.put(audited("D"))
            assert await again[0] == b"D"

    run(work())


def test_each_request_has_its_own_outcome_and_a_fault_of_all_is_each_ones(deployment):
    async def work() -> None:
        with grouping(deployment) as (group, committing):
            first = tasks(group, asked("a"), asked("b"))
            committing.ends.put([*audited("A"), BadInputError("row 0", "wrong")])
            outcomes = await asyncio.gather(*first, return_exceptions=True)
            assert [str(outcome) for outcome in outcomes] == ["b'A'", "row 0: wrong"]
            second = tasks(group, asked("c"), asked("d"))
            committing.ends.put(MemoryError("no memory"))
            outcomes = await asyncio.gather(*second, return_exceptions=True)
            assert [str(outcome) for outcome in outcomes] == ["no memory", "no memory"]

    run(work())


async def gone(*left: asyncio.Task[bytes]) -> None:
    """Cancel them, and wait until they have ended."""
    for task in left:
        task.cancel()
    assert {type(outcome) for outcome in await asyncio.gather(*left, return_exceptions=True)} == {CancelledError}


def test_who_leaves_while_waiting_takes_the_request_and_the_place_along(deployment):
    async def work() -> None:
        with grouping(deployment, waiting=3) as (group, committing):
            first = tasks(group, asked("a"))
            assert await begun(committing) == ["a"]
            for wave in range(3):  # more than the bound, which none of them fills for good
                left = tasks(group, asked(f"left-{wave}", key="k"), asked(f"left-{wave}"), asked("too many"))
                with pytest.raises(UnavailableError, match="overloaded: 3 requests wait for their audits already"):
                    await left[2]
                await gone(*left[:2])
                assert group.held == 1
            stays = tasks(group, asked("b"), asked("c", key="k"))
            for _ in range(2):
                committing.ends.put(ECHO)
            assert await asyncio.gather(*first, *stays) == [b"a", b"b", b"c"]
            assert await begun(committing) == ["b", "c"]
            assert (group.held, group.oldest_seconds) == (0, 0.0)

    run(work())


def test_who_leaves_in_the_turn_in_which_a_transaction_begins_is_not_written(deployment):
    async def work() -> None:
        with grouping(deployment) as (group, committing):
            left, stays = tasks(group, asked("a", key="k"), asked("b", key="k"))
            asyncio.get_running_loop().call_soon(left.cancel)  # behind the requests, before the lane
            committing.ends.put(ECHO)
            assert await stays == b"b"
            assert left.cancelled()
            assert await begun(committing) == ["b"]
            assert group.held == 0

    run(work())


def test_who_leaves_while_being_written_keeps_the_place_and_the_key_until_that_is_over(deployment):
    async def work() -> None:
        with grouping(deployment, waiting=3, transactions=2) as (group, committing):
            left = tasks(group, asked("a", key="k"), asked("b"))
            assert await begun(committing) == ["a", "b"]
            await gone(*left)
            assert group.held == 2
            assert group.oldest_seconds > 0
            again, refused = tasks(group, asked("a", key="k"), asked("c"))
            with pytest.raises(UnavailableError, match="overloaded: 3 requests wait for their audits already"):
                await refused
            committing.ends.put(audited("A", "B"))
            assert await begun(committing) == ["a"]
            assert group.held == 1
            committing.ends.put(audited("A"))
            assert await again == b"A"
            assert (group.held, group.oldest_seconds) == (0, 0.0)

    run(work())


def test_few_wait_again_where_those_have_left_for_whom_a_second_transaction_would_begin(deployment):
    async def work() -> None:
        with grouping(deployment, transactions=2) as (group, committing):
            first = tasks(group, asked("a"))
            assert await begun(committing) == ["a"]
            left = tasks(group, *[asked(f"left-{n}") for n in range(19)])
            await asyncio.sleep(0)
            await gone(*left)
            stays = tasks(group, asked("b"))
            for _ in range(2):
                committing.ends.put(ECHO)
            assert await asyncio.gather(*first, *stays) == [b"a", b"b"]
            assert await begun(committing) == ["b"]

    run(work())


def test_a_client_that_leaves_keeps_nobody_from_an_answer(deployment):
    async def work() -> None:
        with grouping(deployment) as (group, committing):
            left, stays = tasks(group, asked("a"), asked("b"))
            await begun(committing)
            left.cancel()
            committing.ends.put(audited("A", "B"))
            assert await stays == b"B"

    run(work())


def test_a_long_body_is_read_beside_the_event_loop(deployment):
    async def work() -> None:
        with grouping(deployment) as (group, committing):
            body = json.dumps([{"user_id": f"u-{n}", "features": dict.fromkeys(NAMES, n)} for n in range(50)])
            (running,) = tasks(group, Asked("a", None, body.encode()))
            assert await begun(committing) == ["a"]
            committing.ends.put(audited("A"))
            assert await running == b"A"
            with pytest.raises(BadInputError, match="malformed JSON"):
                await group.score(Asked("b", None, body.encode()[:-1]))

    run(work())


def test_a_long_body_waits_for_no_transaction_and_counts_from_the_beginning(deployment):
    async def work() -> None:
        with grouping(deployment, waiting=4) as (group, committing):
            body = json.dumps([{"user_id": f"u-{n}", "features": dict.fromkeys(NAMES, n)} for n in range(50)]).encode()
            writing = tasks(group, asked("a"), asked("b", features=""))
            await begun(committing)
            await begun(committing)
            with pytest.raises(BadInputError, match="malformed JSON"):  # read, though all transactions are running
                await group.score(Asked("c", None, body[:-1]))
            reading = tasks(group, Asked("d", None, body), Asked("e", None, body), asked("f"))
            with pytest.raises(UnavailableError, match="overloaded: 4 requests wait for their audits already"):
                await reading[2]
            for _ in range(4):
                committing.ends.put(ECHO)
            assert await asyncio.gather(*writing, *reading[:2]) == [b"a", b"b", b"d", b"e"]
            assert group.held == 0

    run(work())


def test_a_row_of_another_protocol_gets_its_scores_and_its_audit(deployment, bundle):
    async def work() -> None:
        with grouping(deployment) as (group, committing):
            rows, audit_id = np.full((1, len(NAMES)), 1.5), UUID(int=1)
            running = asyncio.ensure_future(group.score_supplied(rows, "s", deployment.current(), "r"))
            assert await begun(committing) == ["r"]
            scored = score_rows(bundle, rows)
            committing.ends.put([Audited(b"", scored, (audit_id,))])
            assert await running == (scored, audit_id)

    run(work())


def test_what_cannot_be_audited_does_not_wait(deployment, bundle):
    async def work() -> None:
        deployment.replace(Deployed(bundle, "champion", "it is not registered"))
        with grouping(deployment) as (group, _):
            with pytest.raises(UnavailableError, match="it is not registered, and a score must leave an audit"):
                await group.score(asked("a"))
            with pytest.raises(UnavailableError, match="it is not registered, and a score must leave an audit"):
                await group.score_supplied(np.zeros((1, len(NAMES))), "s", deployment.current(), "r")

    run(work())
