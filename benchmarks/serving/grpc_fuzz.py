"""Damaged messages of gRPC among good ones, on channels that are kept."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from benchmarks.serving.draws import one_of
from benchmarks.serving.fuzz_figures import GIVEN_UP, FuzzFailure, FuzzFigures
from benchmarks.serving.good_messages import GoodMessage
from benchmarks.serving.message_damage import INFER, DamagedMessage, damaged_message
from benchmarks.serving.message_rules import broken_message_rule, broken_score, cut_at_its_age, named_audits
from benchmarks.serving.message_wire import MessageWire
from credit.scores import ScoredRows

CHANNELS = 2
AGE_SECONDS = 9.0
"""The server ends a connection at ten seconds (docs/serving.md), and gRPC makes that up to a tenth less."""
_SECONDS = 30.0
"""Longest wait for an answer."""


@dataclass(frozen=True, slots=True)
class GrpcFuzzWish:
    """What is sent where."""

    host: str
    port: int
    seed: int
    seconds: float
    good: Sequence[GoodMessage]
    scored: ScoredRows
    """Scores of all rows that good messages ask for, by the model that serves."""


def fuzz_messages(wish: GrpcFuzzWish) -> FuzzFigures:
    """Send damaged and good messages in turn on each of `CHANNELS` channels until the time is over."""
    begun = time.monotonic()
    senders = [_Sender(wish, number, begun + wish.seconds) for number in range(CHANNELS)]
    with ThreadPoolExecutor(CHANNELS) as pool:
        for one in [pool.submit(sender.run) for sender in senders]:
            one.result()
    return FuzzFigures.together((sender.figures for sender in senders), time.monotonic() - begun)


class _Sender:
    """One channel's messages, one after another."""

    def __init__(self, wish: GrpcFuzzWish, number: int, end: float) -> None:
        self._wish = wish
        self._number = number
        self._end = end
        self._messages = [good.sent for good in wish.good]
        self.figures = FuzzFigures()

    def run(self) -> None:
        """Send until the end."""
        begun = time.monotonic()
        sent = 0
        with closing(MessageWire(self._wish.host, self._wish.port, seconds=_SECONDS)) as wire:
            while time.monotonic() < self._end and self.figures.failed < GIVEN_UP:
                seed = (self._wish.seed, self._number, sent)
                one = damaged_message(seed, self._messages)
                self._send(wire, one, seed)
                self._send_good(wire, one, seed)
                sent += 1
            self.figures.connections = wire.connections
        self._judge_connections(time.monotonic() - begun)

    def _send(self, wire: MessageWire, one: DamagedMessage, seed: tuple[int, ...]) -> None:
        answer = wire.ask(one.method, one.sent)
        self.figures.count(one.kind, answer.code)
        if cut_at_its_age(one, answer):
            answer = wire.ask(one.method, one.sent)
            self.figures.count(one.kind, answer.code)
        if one.method == INFER:
            self.figures.audits.update(named_audits(answer))
        if why := broken_message_rule(one, answer):
            self.figures.fail(FuzzFailure(seed, one.kind, why, one.sent))

    def _send_good(self, wire: MessageWire, before: DamagedMessage, seed: tuple[int, ...]) -> None:
        good = one_of(np.random.default_rng([*seed, 1]), self._wish.good)
        why, audits = broken_score(good, wire.ask(INFER, good.sent), self._wish.scored)
        self.figures.audits.update(audits)
        if why:
            kind = f"{good.name}, behind: {before.kind}"
            self.figures.fail(FuzzFailure(seed, kind, why, before.sent, good=True))
        else:
            self.figures.good[good.name] += 1

    def _judge_connections(self, seconds: float) -> None:
        """A connection may end at its age only."""
        most = 1 + int(seconds / AGE_SECONDS)
        if self.figures.connections > most:
            why = f"connected {self.figures.connections} times in {seconds:.1f} s"
            self.figures.fail(FuzzFailure((self._wish.seed, self._number), "the channel", why, b""))
