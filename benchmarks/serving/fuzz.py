"""Damaged requests among good ones, on connections that are kept alive."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np

from benchmarks.comparison import Tell
from benchmarks.serving.answer_rules import broken_rule
from benchmarks.serving.damage import Damaged, damaged
from benchmarks.serving.draws import one_of
from benchmarks.serving.fuzz_figures import GIVEN_UP, FuzzFailure, FuzzFigures
from benchmarks.serving.good_requests import Good
from benchmarks.serving.http_request import JSON_LENGTH
from benchmarks.serving.scored_answers import AnswerError, Form, difference, scored_answer
from benchmarks.serving.wire import Wire, WireAnswer, WireError
from credit.scores import ScoredRows

CONNECTIONS = 8
_SECONDS = 30.0
"""Longest wait for an answer that must come."""
_SILENCE = 0.15
"""Wait for an answer to what is no whole request."""
_TELL_SECONDS = 30.0
_REPEATED = 0.02
"""The part of good scores that are asked twice with one key."""

_NO_ANSWER = "none"


@dataclass(frozen=True, slots=True)
class FuzzWish:
    """What is sent where."""

    host: str
    port: int
    seed: int
    seconds: float
    good: Sequence[Good]
    scored: ScoredRows
    """Scores of all rows that good requests ask for, by the model that serves."""


def fuzz(wish: FuzzWish, tell: Tell) -> FuzzFigures:
    """Send damaged and good requests in turn on each of `CONNECTIONS` connections until the time is over."""
    begun = time.monotonic()
    senders = [_Sender(wish, number, begun + wish.seconds) for number in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        running = [pool.submit(sender.run) for sender in senders]
        while wait(running, timeout=_TELL_SECONDS).not_done:
            sent = sum(sender.sent for sender in senders)
            tell(f"damaged requests: {sent:,}, failures {sum(sender.figures.failed for sender in senders)}")
        for one in running:
            one.result()
    return FuzzFigures.together((sender.figures for sender in senders), time.monotonic() - begun)


class _Sender:
    """One connection's requests, one after another; the connection is opened anew where its framing was broken."""

    def __init__(self, wish: FuzzWish, number: int, end: float) -> None:
        self._wish = wish
        self._number = number
        self._end = end
        self._requests = [good.request for good in wish.good]
        self._wire: Wire | None = None
        self.figures = FuzzFigures()
        self.sent = 0

    def run(self) -> None:
        """Send until the end."""
        while time.monotonic() < self._end and self.figures.failed < GIVEN_UP:
            seed = (self._wish.seed, self._number, self.sent)
            one = damaged(seed, self._requests)
            (self._send_framed if one.framed else self._send_broken)(one, seed)
            self._send_good(one, seed)
            self.sent += 1
        self._drop()

    def _send_framed(self, one: Damaged, seed: tuple[int, ...]) -> None:
        try:
            answer = self._open().ask(one.sent, head_only=one.head_only)
        except WireError as error:
            self._fail(seed, one.kind, str(error), one.sent)
            return
        self.figures.count(one.kind, str(answer.status))
        self._note_audits(answer)
        if why := broken_rule(answer, head_only=one.head_only):
            self._fail(seed, one.kind, why, one.sent)

    def _send_broken(self, one: Damaged, seed: tuple[int, ...]) -> None:
        """Any answer but a 5xx will do, and none as well; what it leaves on the connection goes with it."""
        status = _NO_ANSWER
        try:
            answer = self._open().ask(one.sent, seconds=_SILENCE)
        except WireError:
            pass
        else:
            status = str(answer.status)
            self._note_audits(answer)
            if answer.status >= 500:
                self._fail(seed, one.kind, f"status {status}", one.sent)
        self.figures.count(one.kind, status)
        self._drop()

    def _send_good(self, before: Damaged, seed: tuple[int, ...]) -> None:
        rng = np.random.default_rng([*seed, 1])
        good = one_of(rng, self._wish.good)
        sent, answers = good.request.sent, 1
        if good.form is Form.SCORE and rng.random() < _REPEATED * len(Form):
            key = b"fuzz-%d-%d" % (self._number, self.sent)
            sent, answers = good.request.with_header(b"Idempotency-Key", key).sent, 2
        bodies: set[bytes] = set()
        for _ in range(answers):
            try:
                answer = self._open().ask(sent)
                why = self._difference(good, answer)
            except (WireError, AnswerError) as error:
                why = str(error)
            else:
                bodies.add(answer.body)
            if not why and len(bodies) > 1:
                why = "the same key got another answer"
            if why:
                self._fail(seed, f"{good.name}, behind: {before.kind}", why, before.sent, good=True)
                return
        self.figures.good[good.name] += answers

    def _difference(self, good: Good, answer: WireAnswer) -> str:
        if answer.status != 200:
            return f"status {answer.status}: {answer.body[:200].decode('utf-8', 'replace')}"
        if answer.closes or self._open().left:
            return "the server ends the connection, or sent more than the answer"
        said = scored_answer(good.form, answer.body, answer.header(JSON_LENGTH.decode().lower()))
        self.figures.audits.update(said.audit_ids)
        return difference(said, self._wish.scored, good.rows)

    def _note_audits(self, answer: WireAnswer) -> None:
        """Damage may leave a request good; then its audit is in the ledger, and has to be counted."""
        if answer.status != 200 or b"audit_id" not in answer.body:
            return
        length = answer.header(JSON_LENGTH.decode().lower())
        for form in [Form.BINARY] if length else [Form.SCORE, Form.V2, Form.V1]:
            try:
                self.figures.audits.update(scored_answer(form, answer.body, length).audit_ids)
            except AnswerError:
                continue
            else:
                return

    def _fail(self, seed: tuple[int, ...], kind: str, why: str, sent: bytes, *, good: bool = False) -> None:
        self.figures.fail(FuzzFailure(seed, kind, why, sent, good))
        self._drop()

    def _open(self) -> Wire:
        if self._wire is None:
            try:
                self._wire = Wire(self._wish.host, self._wish.port, seconds=_SECONDS)
            except OSError as error:
                raise WireError(f"cannot connect: {error}") from error
            self.figures.connections += 1
        return self._wire

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None
