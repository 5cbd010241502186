"""Which column says how a row ended, and when that is bad."""

from collections.abc import Sequence

from credit.intake.errors import IntakeError
from credit.portfolio_table import label_text, table_label
from credit.portfolios import Comparison, PortfolioError, TableLabel
from credit.profiling.column import Column, Form
from credit.profiling.name_words import BAD, LABEL, LATE, words_of
from credit.profiling.proposal import LabelProposal
from credit.profiling.table_profile import TableProfile


class LabelError(IntakeError):
    """The label that was given is none."""


def propose_label(profile: TableProfile, given: str | None) -> LabelProposal:
    """The label that was given, as a column or a comparison, or else the only one that looks like it.

    Raises:
        LabelError: where what was given is no label, or names no column.
    """
    if given is not None:
        return _given(profile, given)
    likely = [column for column in profile.columns if _is_outcome(column) and words_of(column.name) & LABEL]
    clear = [label for column in likely if (label := _of_column(column)).text is not None]
    if len(clear) == 1:
        return clear[0]
    late = [column for column in profile.columns if _is_lateness(column)]
    outcomes = likely or [column for column in profile.columns if _is_outcome(column)]
    return LabelProposal(None, tuple(text for column in (*late, *outcomes) for text in _texts(_of_column(column))))


def _given(profile: TableProfile, given: str) -> LabelProposal:
    names = [column.name for column in profile.columns]
    if given in names:
        return _of_column(profile.column(given))
    try:
        label = table_label(given, "--label")
    except PortfolioError as error:
        raise LabelError(str(error)) from error
    if label.column not in names:
        raise LabelError(f"--label: {profile.name} has no column {label.column}; it has {', '.join(names)}")
    return LabelProposal(str(label))


def _of_column(column: Column) -> LabelProposal:
    if column.is_flag:
        return LabelProposal(label_text(TableLabel(column.name)))
    if column.form is Form.NUMBER and not _is_outcome(column):
        return LabelProposal(None, _written([TableLabel(column.name, Comparison.GREATER, 0.0)]))
    values = list(column.values or ())
    labels = [TableLabel(column.name, Comparison.EQUAL, _value(column, value)) for value in values[:5]]
    bad = [label for label, value in zip(labels, values, strict=False) if value.lower() in BAD]
    if len(values) == 2 and len(bad) == 1 and (text := label_text(bad[0])) is not None:
        return LabelProposal(text)
    return LabelProposal(None, _written(labels))


def _written(labels: Sequence[TableLabel]) -> tuple[str, ...]:
    return tuple(text for label in labels if (text := label_text(label)) is not None)


def _value(column: Column, value: str) -> float | str:
    return float(value) if column.form is Form.NUMBER else value


def _texts(label: LabelProposal) -> tuple[str, ...]:
    return label.candidates if label.text is None else (label.text,)


def _is_lateness(column: Column) -> bool:
    """Whether it is a number, such as of days late, of which more than 0 is bad."""
    return column.form is Form.NUMBER and not _is_outcome(column) and bool(words_of(column.name) & LATE)


def _is_outcome(column: Column) -> bool:
    """Whether it has two different values, as an outcome has."""
    return column.different == 2
