"""A load of half the highest rate while champions change, minute by minute."""

import json
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.client import AnswerCount, Answered, Load, Question, ask, write_questions
from benchmarks.comparison import Tell
from benchmarks.serving.good_requests import INFER, SCORE, features_of, whole
from forest.engine import Floats

PLAIN, EXPLAINED, AUDITED = "V2", "V2 with contributions", "audited /score"
MIX = (PLAIN, EXPLAINED, PLAIN, AUDITED)
"""Kinds of questions in turn."""
CONNECTIONS = 32
_SWAP_AT = 1 / 3
"""When in a minute the champion changes."""
_SAMPLE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class SoakWish:
    """What is asked, and for how long."""

    client: Path
    port: int
    folder: Path
    """Where the questions are written."""
    rows: Floats
    """float64 [n, d]."""
    minutes: int
    """Parts of the soak; each has its own figures and its own new champion."""
    minute_seconds: float = 60.0
    rate_seconds: float = 10.0
    """For which the highest rate is measured."""


@dataclass(frozen=True, slots=True)
class Minute:
    """Figures of one minute."""

    answered: Answered
    resident_bytes: Sequence[int]
    """Memory of the server, every few seconds."""
    champion: str
    """The model that became champion within it."""

    @property
    def resident(self) -> float:
        """The median of its memory, in bytes."""
        return statistics.median(self.resident_bytes)


@dataclass(frozen=True, slots=True)
class Soak:
    """What came of it."""

    fastest: Answered
    """As fast as answers came, before the soak."""
    rate: float
    """Requests a second that were asked in the soak."""
    minutes: Sequence[Minute]

    @property
    def resident_bytes(self) -> Sequence[int]:
        """Memory of the server in the minutes, in order."""
        return [read for minute in self.minutes for read in minute.resident_bytes]

    @property
    def answers(self) -> Iterator[AnswerCount]:
        """Every answer, those before the soak too."""
        for answered in (self.fastest, *(minute.answered for minute in self.minutes)):
            yield from answered.answers


def questions_of(rows: Floats) -> Sequence[Question]:
    """The mix, each kind for every row of float64 [n, d] in turn; the row of question k is `row_of(k)`."""
    return [_question(MIX[place % len(MIX)], rows, row_of(place)) for place in range(len(rows) * len(MIX))]


def row_of(question: int) -> int:
    """The row that a question asks for."""
    return question // len(MIX)


def soak(wish: SoakWish, swap: Callable[[int], str], resident: Callable[[], int], tell: Tell) -> Soak:
    """Measure the highest rate, then ask half of it for the time wished.

    Args:
        wish: what to ask.
        swap: makes the champion of a minute (from 0), and gives its model_id.
        resident: the server's memory in bytes.
        tell: is given a line a minute.
    """
    questions = write_questions(wish.folder / "questions", questions_of(wish.rows))
    fastest = ask(wish.client, Load(wish.port, questions, CONNECTIONS, wish.rate_seconds, answers=True))
    rate = fastest.requests / fastest.seconds / 2
    tell(f"highest rate {2 * rate:,.0f} requests/s; asked from now on: {rate:,.0f}")
    load = Load(wish.port, questions, CONNECTIONS, wish.minute_seconds, warm_up=0.0, rate=max(rate, 1.0), answers=True)
    minutes = []
    for number in range(wish.minutes):
        minutes.append(_minute(wish, load, partial(swap, number), resident))
        tell(f"minute {number + 1} of {wish.minutes}: {_told(minutes[-1])}")
    return Soak(fastest, rate, minutes)


def _minute(wish: SoakWish, load: Load, swap: Callable[[], str], resident: Callable[[], int]) -> Minute:
    with _sampled(resident) as samples, ThreadPoolExecutor(1) as pool:
        swapping = pool.submit(_after, wish.minute_seconds * _SWAP_AT, swap)
        answered = ask(wish.client, load)
        champion = swapping.result()
    return Minute(answered, samples, champion)


def _after(seconds: float, swap: Callable[[], str]) -> str:
    time.sleep(seconds)
    return swap()


@contextmanager
def _sampled(read: Callable[[], int]) -> Iterator[Sequence[int]]:
    """Figures that are read again and again meanwhile, the first at once."""
    samples, over = [read()], threading.Event()

    def sample() -> None:
        while not over.wait(_SAMPLE_SECONDS):
            samples.append(read())

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


def _told(minute: Minute) -> str:
    answered = minute.answered
    return (
        f"{answered.requests:,} answers, {answered.errors} failed, {answered.closed} closed, "
        f"p99 {answered.p99_seconds * 1000:.1f} ms, {minute.resident / 2**20:.0f} MiB, {minute.champion}"
    )


def _question(kind: str, rows: Floats, place: int) -> Question:
    row = rows[place]
    if kind == AUDITED:
        return Question(kind, SCORE, json.dumps({"user_id": f"soak-{place}", "features": features_of(row)}))
    outputs = ("default_probability", "shap_values", "base_value") if kind == EXPLAINED else ()
    return Question(kind, INFER, json.dumps(whole(row[None], outputs)))
