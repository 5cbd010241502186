"""Are the answers of a soak right? Each is compared, whole, with the scores of the one model that it names."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from benchmarks.client import AnswerCount
from benchmarks.serving.scored_answers import AnswerError, Form, difference, scored_answer
from benchmarks.serving.soak import AUDITED, MIX, row_of
from credit.scores import ScoredRows

_MOST_FAULTS = 20


@dataclass(slots=True)
class JudgedAnswers:
    """What all answers of a soak say."""

    right: int = 0
    wrong: int = 0
    """Not 200, of no known model, or differing in any bit from what the model that they name gives."""
    audited: int = 0
    """Right answers that leave an audit."""
    by_model: Counter[str] = field(default_factory=Counter)
    """Right answers by model_id."""
    faults: list[str] = field(default_factory=list)
    """The first few."""


def judged(answers: Iterable[AnswerCount], scored: Mapping[str, ScoredRows]) -> JudgedAnswers:
    """Judge answers by the scores of all rows, by model_id."""
    found = JudgedAnswers()
    for answer in answers:
        model_id, fault = _judged(answer, scored)
        if fault:
            found.wrong += answer.count
            if len(found.faults) < _MOST_FAULTS:
                found.faults.append(f"question {answer.request}, {answer.count} times: {fault}")
            continue
        found.right += answer.count
        found.by_model[model_id] += answer.count
        found.audited += answer.count if _kind(answer) == AUDITED else 0
    return found


def _judged(answer: AnswerCount, scored: Mapping[str, ScoredRows]) -> tuple[str, str]:
    """The model that an answer names, and its fault; empty where it has none."""
    if answer.status != 200:
        return "", f"status {answer.status}: {answer.text[:200]}"
    try:
        said = scored_answer(Form.SCORE if _kind(answer) == AUDITED else Form.V2, answer.text.encode())
    except AnswerError as error:
        return "", str(error)
    (model_id, *others) = sorted(said.model_versions)
    if others or model_id not in scored:
        return "", f"model versions {sorted(said.model_versions)}"
    return model_id, difference(said, scored[model_id], (row_of(answer.request),))


def _kind(answer: AnswerCount) -> str:
    return MIX[answer.request % len(MIX)]
