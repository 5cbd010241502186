"""A comparison: who takes part, whose answers were proved, and how long each takes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.contestant import Absent, Answer, Contestant
from benchmarks.errors import BenchmarkError
from benchmarks.rounds import Durations, Work, interleaved
from benchmarks.spread import Spread, spread_of, times_as_fast
from benchmarks.trees_model import TreesModel
from forest.engine import Floats

CHECKED_ROWS = 1000
OURS = "ours"
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """How a number of rows at once is measured."""

    rows: int
    calls: int
    """Calls of one round, each with other rows: of one and the same row a processor learns every branch."""
    rounds: int


@dataclass(frozen=True, slots=True)
class Proved:
    """How far the answers of a contestant are from the baseline's."""

    case: str
    contestant: str
    difference: float
    """The largest, over `CHECKED_ROWS` rows; 0 where every bit is the same."""
    tolerance: float


@dataclass(frozen=True, slots=True)
class Measured:
    """Durations of one call of one contestant."""

    case: str
    batch: int
    """Rows of the call."""
    contestant: str
    cpu_seconds: Spread
    wall_seconds: Spread
    times_baseline: Spread
    """How many times as fast as the baseline, in CPU time."""


@dataclass(slots=True)
class Comparison:
    """All that was found."""

    baseline: str
    contestants: Sequence[Contestant]
    absent: list[Absent]
    proved: list[Proved] = field(default_factory=list)
    measured: list[Measured] = field(default_factory=list)


def compare(
    models: Sequence[TreesModel],
    batches: Sequence[Batch],
    found: tuple[Sequence[Contestant], Sequence[Absent]],
    tell: Tell,
) -> Comparison:
    """Measure every contestant on every model; the first contestant is the baseline.

    Raises:
        BenchmarkError: where ours answers wrongly: nothing is worth measuring then.
    """
    contestants, absent = found
    comparison = Comparison(contestants[0].name, contestants, list(absent))
    for model in models:
        answers = _proved_answers(model, comparison, tell)
        for batch in batches:
            tell(f"{model.case.name}: {batch.rows:,} rows at once, {batch.rounds} rounds")
            _measure(model, batch, answers, comparison)
    return comparison


def largest_difference(answer: Floats, expected: Floats) -> float:
    """Between two arrays; infinite where their shapes differ or one has a NaN."""
    if np.shape(answer) != np.shape(expected):
        return float("inf")
    difference = float(np.max(np.abs(np.asarray(answer, np.float64) - expected)))
    return float("inf") if np.isnan(difference) else difference


def _proved_answers(model: TreesModel, comparison: Comparison, tell: Tell) -> Mapping[str, tuple[Contestant, Answer]]:
    answers: dict[str, tuple[Contestant, Answer]] = {}
    expected: Floats | None = None
    for contestant in comparison.contestants:
        tell(f"{model.case.name}: {contestant.name} {contestant.version}")
        try:
            answer = contestant.load(model)
            answered = _answered(contestant, answer, model.rows[:CHECKED_ROWS])
        except Exception as error:  # noqa: BLE001 - whatever a peer's library raises, the others are still compared
            reason = f"{model.case.name}: {type(error).__name__}: {error}"
            comparison.absent.append(Absent(contestant.name, " ".join(reason.split())))
            continue
        expected = answered if expected is None else expected
        proof = Proved(model.case.name, contestant.name, largest_difference(answered, expected), contestant.tolerance)
        comparison.proved.append(proof)
        if _is_right(proof):
            answers[contestant.name] = contestant, answer
    return answers


def _answered(contestant: Contestant, answer: Answer, rows: Floats) -> Floats:
    size = contestant.largest_batch or len(rows)
    return np.concatenate([np.array(answer(rows[at : at + size])) for at in range(0, len(rows), size)])


def _is_right(proof: Proved) -> bool:
    right = proof.difference <= proof.tolerance
    if proof.contestant == OURS and not right:
        raise BenchmarkError(f"{proof.case}: our answers differ from the baseline's by {proof.difference:g}")
    return right


def _measure(
    model: TreesModel, batch: Batch, answers: Mapping[str, tuple[Contestant, Answer]], comparison: Comparison
) -> None:
    calls = _calls(model.rows, batch)
    works = {
        name: _asking(answer, calls)
        for name, (contestant, answer) in answers.items()
        if contestant.largest_batch is None or batch.rows <= contestant.largest_batch
    }
    durations = interleaved(works, rounds=batch.rounds)
    baseline = durations[comparison.baseline]
    for name, own in durations.items():
        comparison.measured.append(_figures(model.case.name, batch, name, own, baseline))


def _figures(case: str, batch: Batch, name: str, own: Durations, baseline: Durations) -> Measured:
    return Measured(
        case=case,
        batch=batch.rows,
        contestant=name,
        cpu_seconds=spread_of([seconds / batch.calls for seconds in own.cpu]),
        wall_seconds=spread_of([seconds / batch.calls for seconds in own.wall]),
        times_baseline=times_as_fast(baseline.cpu, own.cpu),
    )


def _calls(rows: Floats, batch: Batch) -> Sequence[Floats]:
    starts = [(number * batch.rows) % (len(rows) - batch.rows + 1) for number in range(batch.calls)]
    return [np.ascontiguousarray(rows[start : start + batch.rows]) for start in starts]


def _asking(answer: Answer, calls: Sequence[Floats]) -> Work:
    def work() -> None:
        for rows in calls:
            answer(rows)

    return work
