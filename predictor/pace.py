"""How fast a model answers, so that short work can stay in the event loop's thread and long work leave it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from credit.bundle.reader import Bundle
from forest.engine import Floats
from predictor.inference import Depth, infer

_ROWS = 16
_TRIES = 3
"""The fastest of so many: what else runs on the machine only ever slows a try down."""

_DEEPEST = {Depth.MARGINS: "default_probability", Depth.CONTRIBUTIONS: "shap_values", Depth.REASONS: "reason_codes"}


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds that an answer takes: some a call, some a row."""

    call: float
    row: float

    def of(self, rows: int) -> float:
        """Seconds of a call with so many rows."""
        return self.call + self.row * rows


Pace = Mapping[Depth, Cost]
"""What a model's answers cost on this machine."""

UNKNOWN: Pace = dict.fromkeys(Depth, Cost(1.0, 1.0))
"""So slow that nothing is computed in the event loop's thread."""


def pace_of(bundle: Bundle, *, clock: Callable[[], float] = time.perf_counter) -> Pace:
    """The pace of a model, timed on some of its golden rows."""
    rows = bundle.golden.rows[:_ROWS]
    return {depth: _cost(partial(_answer, bundle, name), rows, clock) for depth, name in _DEEPEST.items()}


def _answer(bundle: Bundle, output: str, rows: Floats) -> object:
    return infer(bundle, rows, (output,))


def _cost(answer: Callable[[Floats], object], rows: Floats, clock: Callable[[], float]) -> Cost:
    one, all_of_them = (_fastest(answer, some, clock) for some in (rows[:1], rows))
    row = max(all_of_them - one, 0.0) / (len(rows) - 1)
    return Cost(call=max(one - row, 0.0), row=row)


def _fastest(answer: Callable[[Floats], object], rows: Floats, clock: Callable[[], float]) -> float:
    spans = []
    for _ in range(_TRIES):
        begun = clock()
        answer(rows)
        spans.append(clock() - begun)
    return min(spans)
