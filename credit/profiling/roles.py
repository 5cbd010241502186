"""What each column is proposed to be, decided from what was seen of all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from credit.intake.faults import Faults
from credit.intake.table_columns import Outcomes, as_words, read_label
from credit.portfolio_table import table_label
from credit.portfolios import TableLabel
from credit.profiling.column import Column, Form
from credit.profiling.disguised import comma_numbers, mixed_times, times_since_1970
from credit.profiling.label_proposal import propose_label
from credit.profiling.name_words import IDENTIFIER, is_postal, is_sensitive, words_of
from credit.profiling.proposal import OTHERWISE_WRITTEN, Proposal, Proposed, Role
from credit.profiling.signals import auc_of_categories, auc_of_numbers, codes_of_texts, numbers_of
from credit.profiling.table_profile import TableProfile
from credit.profiling.time_columns import TimeColumns, time_columns

SUSPECT_AUC = 0.95
"""ROC AUC of a column alone above which it is taken for the outcome itself."""
MOST_CATEGORIES = 100
"""Different texts of a column up to which it is proposed as a category."""


def propose(profile: TableProfile, label: str | None) -> Proposal:
    """The roles of a table's columns; `label` is what a person says that it is.

    Raises:
        LabelError: where that is no label, or names no column.
    """
    found = propose_label(profile.with_words(), label)
    rule = None if found.text is None else table_label(found.text, "label")
    # A text that the label holds is declared as missing nowhere: it would take the label of its rows away.
    labels = rule.column if rule is not None else label
    if labels is not None and labels in {column.name for column in profile.columns}:
        profile = profile.keeping(labels)
    known = _known(profile, rule)
    columns = tuple(_decided(known, column) for column in profile.columns)
    formats = () if known.times.observed is None else known.times.formats[known.times.observed]
    return Proposal(profile, found, columns, formats)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What is known of the table as a whole."""

    profile: TableProfile
    label: str | None
    """Its column."""
    y: Outcomes | None
    """Of the sampled rows."""
    times: TimeColumns
    subject: str | None
    first: Mapping[str, str]
    """By column, the first one that has the same values in all sampled rows."""


def _known(profile: TableProfile, rule: TableLabel | None) -> _Known:
    times = time_columns(profile)
    column = None if rule is None else rule.column
    y = None if rule is None else read_label(profile.sampled[rule.column], rule, Faults(profile.sampled_rows))
    return _Known(profile, column, y, times, _subject(profile, {column, *times.formats}), _first(profile))


def _subject(profile: TableProfile, others: set[str | None]) -> str | None:
    """The only column that tells all rows apart and is named as an identifier, or else numbers them."""
    keys = [one for one in profile.columns if _is_key(one) and one.name not in others and not is_sensitive(one.name)]
    named = [one for one in keys if words_of(one.name) & IDENTIFIER] or [one for one in keys if one.sequence]
    return named[0].name if len(named) == 1 else None


def _is_key(column: Column) -> bool:
    """Whether it tells all rows apart and is no measure: a text, a numbering, a whole number named as an identifier."""
    if not column.unique or column.rows < 2:
        return False
    return column.form is Form.TEXT or column.sequence or (column.whole and bool(words_of(column.name) & IDENTIFIER))


def _first(profile: TableProfile) -> Mapping[str, str]:
    seen: dict[bytes, str] = {}
    return {column.name: seen.setdefault(_content(profile, column), column.name) for column in profile.columns}


def _content(profile: TableProfile, column: Column) -> bytes:
    sampled = profile.sampled[column.name]
    if column.form is Form.NUMBER or column.is_flag:
        return b"numbers" + numbers_of(sampled, column.name).tobytes()
    if column.form is Form.TEXT:
        return b"texts" + "\0".join(text or "" for text in as_words(sampled, column.name).to_pylist()).encode()
    return column.name.encode()


def _decided(known: _Known, column: Column) -> Proposed:
    for rule in _RULES:
        if (proposed := rule(known, column)) is not None:
            return proposed
    is_code = column.padded is not None or (column.whole and is_postal(column.name))
    is_words = column.form is Form.TEXT and not column.is_flag
    return _category(known, column) if is_words or is_code else _number(known, column)


def _named(known: _Known, column: Column) -> Proposed | None:
    named = {known.label: Role.LABEL, known.subject: Role.SUBJECT, known.times.observed: Role.OBSERVED}
    return Proposed(column, named[column.name]) if column.name in named else None


def _empty(_known: _Known, column: Column) -> Proposed | None:
    if column.form is Form.NOTHING:
        return Proposed(column, Role.LEFT_OUT, "no row has a value")
    if column.form is Form.NESTED:
        return Proposed(column, Role.LEFT_OUT, "holds lists or the like")
    return Proposed(column, Role.LEFT_OUT, "constant: no two rows differ") if column.constant else None


def _protected(_known: _Known, column: Column) -> Proposed | None:
    return Proposed(column, Role.PROTECTED, "by its name") if is_sensitive(column.name) else None


def _time(known: _Known, column: Column) -> Proposed | None:
    if column.name not in known.times.formats:
        return None
    if known.times.is_later(column.name):
        other = " " if known.times.is_alike(column.name) else f", {OTHERWISE_WRITTEN}, "
        return Proposed(column, Role.EXCLUDED, f"a time{other}that lies after {known.times.observed}")
    return Proposed(column, Role.LEFT_OUT, "a time, which is no number and no category")


def _disguised(known: _Known, column: Column) -> Proposed | None:
    because = comma_numbers(column) or mixed_times(column, known.profile.sampled[column.name])
    return None if because is None else Proposed(column, Role.LEFT_OUT, because)


def _counted_time(_known: _Known, column: Column) -> Proposed | None:
    because = times_since_1970(column)
    return None if because is None else Proposed(column, Role.LEFT_OUT, because)


def _duplicate(known: _Known, column: Column) -> Proposed | None:
    first = known.first[column.name]
    if first == column.name:
        return None
    if first == known.label:
        return Proposed(column, Role.EXCLUDED, f"the same as the label's column {first}")
    return Proposed(column, Role.PROTECTED if is_sensitive(first) else Role.LEFT_OUT, f"the same as {first}")


def _identifier(_known: _Known, column: Column) -> Proposed | None:
    return Proposed(column, Role.LEFT_OUT, "an identifier: it tells all rows apart") if _is_key(column) else None


_RULES: tuple[Callable[[_Known, Column], Proposed | None], ...] = (
    *(_named, _empty, _protected, _time, _disguised, _duplicate, _identifier, _counted_time),
)
"""In this order; the first that has an answer decides."""


def _number(known: _Known, column: Column) -> Proposed:
    auc = None
    if known.y is not None:
        auc = auc_of_numbers(numbers_of(_labelled(known, column), column.name), known.y[known.y >= 0])
    if column.odd and not column.is_flag:
        texts = f"{column.odd} rows hold a text such as {column.odd_example!r} where the others hold numbers"
        return Proposed(column, Role.LEFT_OUT, texts, auc)
    return _by_auc(column, Role.FEATURE, auc)


def _category(known: _Known, column: Column) -> Proposed:
    auc = None
    if known.y is not None:
        codes = codes_of_texts(as_words(_labelled(known, column), column.name))
        auc = auc_of_categories(codes, known.y[known.y >= 0])
    if column.values is None or len(column.values) > MOST_CATEGORIES:
        return Proposed(column, Role.LEFT_OUT, f"{_code(column)}more than {MOST_CATEGORIES} different texts", auc)
    return _by_auc(column, Role.CATEGORY, auc)


def _code(column: Column) -> str:
    """Why a column of digits is one of texts."""
    if column.padded is not None:
        return f"a code, as numbers have no leading zeros such as {column.padded!r}: "
    return "a postal code by its name: " if column.form is Form.NUMBER else ""


def _labelled(known: _Known, column: Column) -> Any:
    """The sampled rows whose outcome is known."""
    sampled = known.profile.sampled[column.name]
    return sampled if known.y is None else sampled.filter(known.y >= 0)


def _by_auc(column: Column, role: Role, auc: float | None) -> Proposed:
    if auc is not None and auc > SUSPECT_AUC:
        return Proposed(column, Role.EXCLUDED, "nearly the outcome itself", auc)
    return Proposed(column, role, auc=auc)
