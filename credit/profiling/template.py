"""A portfolio's file as a proposal: commented TOML, in which FILL IN is what no table can tell."""

import json
import re
from collections.abc import Sequence

from credit.profiling.column import Column
from credit.profiling.name_words import is_place
from credit.profiling.proposal import OTHERWISE_WRITTEN, Proposal, Proposed, Role
from credit.profiling.time_texts import ISO_8601
from credit.reasons import load_sentences

FILL_IN = "FILL IN"
PLACE = "where somebody lives may stand in for what nobody may be judged by, such as origin or religion"
"""Of a feature whose name speaks of a place."""
_WIDTH = 100
_MOST_CODES = 10
"""Different whole numbers up to which a column may be one of codes."""


def template(proposal: Proposal, *, name: str) -> str:
    """The text of a portfolio's file; `name` is the portfolio's."""
    names = feature_names([one.column.name for one in proposal.having(Role.FEATURE, Role.CATEGORY)])
    features = list(zip(names, proposal.having(Role.FEATURE, Role.CATEGORY), strict=True))
    groups = _groups(names)
    parts = [
        *_head(proposal, name),
        *_table(proposal),
        *_split(proposal),
        *_left_out(proposal),
        *(line for (own, one), group in zip(features, groups, strict=True) for line in _feature(own, one, group)),
        *_reasons(names, groups),
    ]
    return "\n".join(parts) + "\n"


def portfolio_name(file: str) -> str:
    """A portfolio's name from that of a file: lower-case letters, digits and _."""
    stem = re.sub(r"[^a-z0-9]+", "_", file.split(".", maxsplit=1)[0].lower()).strip("_")
    return stem if stem[:1].isalpha() else f"table_{stem}".rstrip("_")


def feature_names(columns: Sequence[str]) -> list[str]:
    """Names of features from those of their columns: letters, digits and _, each once."""
    names: list[str] = []
    for column in columns:
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", column).strip("_") or "feature"
        while plain in names:
            plain += "_"
        names.append(plain)
    return names


def to_fill_in(text: str) -> tuple[str, ...]:
    """What a person has to fill in, one line each, without marks."""
    return tuple(line.partition(f"{FILL_IN}: ")[2] for line in text.splitlines() if f"{FILL_IN}: " in line)


def _head(proposal: Proposal, name: str) -> Sequence[str]:
    profile = proposal.profile
    return [
        f"# Proposed by `blink portfolio init` from {_shown(profile.name)}, {profile.rows:,} rows.",
        f"# Every line may be changed; docs/portfolios.md says what each means. {FILL_IN} is what no table can tell.",
        f"name = {_text(name)}",
        f'subject = "row"  # {FILL_IN}: what a row is about, such as customer or invoice',
        f'currency = "USD"  # {FILL_IN}: the currency of amounts',
        'algorithm = "lightgbm"',
        "cut_off = 0.5  # probability of default from which an application is declined",
        "ingestion_lag_hours = 0",
        "# Never features; by names that speak of sex, age, marriage, race, religion, nationality and the like.",
        *_commented_list("protected", proposal.having(Role.PROTECTED)),
        "",
    ]


def _table(proposal: Proposal) -> Sequence[str]:
    subject, observed = proposal.one(Role.SUBJECT), proposal.one(Role.OBSERVED)
    return [
        "[table]",
        *_label(proposal),
        *_column("subject_id", subject, "no column tells all rows apart; without one a subject is the row's number"),
        *_column("observed_at", observed, "no column of times is full; without one rows are as of their load"),
        *_format(proposal),
        *_missing(proposal),
        *(_known_at(proposal) if observed else ()),
        "# Known only after the outcome, as it looks: no feature may read them. Add what else was not known then.",
        *_commented_list("excluded", proposal.having(Role.EXCLUDED)),
        "",
    ]


def _label(proposal: Proposal) -> Sequence[str]:
    if proposal.label.text is not None:
        return [f"label = {_text(proposal.label.text)}  # a row is bad where it is 1, or the comparison holds"]
    texts = [f"#   label = {_text(text)}" for text in proposal.label.candidates[:20]]
    return [
        f'label = ""  # {FILL_IN}: when a row is bad: a column of 0 and 1, or a comparison such as DaysLate > 0',
        *(
            ["# It may be one of these; `blink portfolio init --label` then also looks for columns that give it away:"]
            * bool(texts)
        ),
        *texts,
    ]


def _column(field: str, column: Column | None, absent: str) -> Sequence[str]:
    return [f"{field} = {_text(column.name)}"] if column else [f'# {field} = ""  # {absent}']


def _format(proposal: Proposal) -> Sequence[str]:
    formats = proposal.date_formats
    if not formats or formats[0] == ISO_8601:
        return []
    line = f"date_format = {_text(formats[0])}"
    others = " or ".join(formats[1:])
    return [f"{line}  # {FILL_IN}: all times can be read as {others} too; choose" if others else line]


def _missing(proposal: Proposal) -> Sequence[str]:
    texts = proposal.profile.missing
    if not texts:
        return []
    listed = ", ".join(map(_text, texts))
    return [f"missing = [{listed}]  # texts that stand where there is no value, in every column of the file"]


def _known_at(proposal: Proposal) -> Sequence[str]:
    times = [one for one in proposal.having(Role.EXCLUDED) if one.because.startswith("a time")]
    later = [one.column.name for one in times if OTHERWISE_WRITTEN not in one.because]
    others = [one.column.name for one in times if OTHERWISE_WRITTEN in one.because]
    such = f", such as {', '.join(map(_shown, later))}" if later else ""
    such += "".join(f"; {_shown(name)} only when it is written as the observation's" for name in others)
    return [
        f"known_after_days = 0  # {FILL_IN}: days after the observation until the outcome is known, or known_at",
        f'# known_at = ""  # the column of the time from which it was known{such}',
    ]


def _split(proposal: Proposal) -> Sequence[str]:
    temporal = proposal.one(Role.OBSERVED) is not None
    why = "the last rows judge the model" if temporal else "by lot, as rows have no time"
    return [
        "[split]",
        f'kind = "{"temporal" if temporal else "stratified"}"  # {why}',
        "test_fraction = 0.2",
        "calibration_fraction = 0.15",
        "stopping_fraction = 0.1",
        "",
        "[gate]",
        "min_rows = 200",
        "min_bads = 20",
        "",
    ]


def _left_out(proposal: Proposal) -> Sequence[str]:
    found = proposal.having(Role.LEFT_OUT)
    lines = [f"#   {_shown(one.column.name)}: {one.because}{_alone(one)}" for one in found]
    return ["# Columns that are no features:", *lines, ""] if found else []


def _feature(name: str, one: Proposed, group: str) -> Sequence[str]:
    column = one.column
    return [
        f"# {_counted(column)}{_alone(one)}",
        *([f"# Look at it: {PLACE}."] if is_place(column.name) else []),
        "[[features]]",
        f"name = {_text(name)}",
        *([] if name == column.name else [f"column = {_text(column.name)}"]),
        *_kind(one),
        f'reason_group = "{group}"',
        *(
            []
            if one.role is Role.CATEGORY
            else ["direction = 0  # 1: more is better for repayment, -1: worse, 0: free"]
        ),
        "",
    ]


def _kind(one: Proposed) -> Sequence[str]:
    column, values = one.column, list(one.column.values or ())
    if one.role is Role.CATEGORY:
        return ['kind = "categorical"', *_wrapped("categories", values), 'unit = "category"']
    if column.is_flag:
        return ['unit = "0 or 1"']
    if column.whole and 2 < len(values) <= _MOST_CODES:
        codes = ", ".join(map(_text, sorted(values, key=float)))
        return [f'unit = "number"  # if these are codes: kind = "categorical", categories = [{codes}], no direction']
    return ['unit = "number"']


def _counted(column: Column) -> str:
    different = "many" if column.values is None else f"{len(column.values):,}"
    return f"{different} different values, {column.missing_share:.1%} missing"


def _alone(one: Proposed) -> str:
    return "" if one.auc is None else f"; ROC AUC alone {one.auc:.2f}"


def _groups(names: Sequence[str]) -> list[str]:
    """A reason group of its own for each feature, which the catalogue does not have."""
    known = load_sentences().texts
    return [f"{name}_of_row" if {name, f"{name}_missing"} & known.keys() else name for name in names]


def _reasons(names: Sequence[str], groups: Sequence[str]) -> Sequence[str]:
    lines = [
        f"# {FILL_IN}: what a customer is told where a group of features speaks against repayment, or where it is not",
        "# known. Features that a customer would take for one reason belong to one group.",
    ]
    for name, group in zip(names, groups, strict=True):
        lines += [
            f"[reasons.{group}]",
            f'adverse = "The value of {name} speaks against repayment."',
            f'missing = "We do not know {name}."',
            "",
        ]
    return lines[:-1]


def _commented_list(field: str, found: Sequence[Proposed]) -> Sequence[str]:
    if not found:
        return [f"{field} = []"]
    lines = [f"    {_text(one.column.name)},  # {one.because}{_alone(one)}" for one in found]
    return [f"{field} = [", *lines, "]"]


def _wrapped(field: str, texts: Sequence[str]) -> Sequence[str]:
    lines = [""]
    for text in map(_text, texts):
        if len(lines[-1]) + len(text) > _WIDTH:
            lines.append("")
        lines[-1] += f"{text}, "
    if len(lines) == 1:
        return [f"{field} = [{lines[0].removesuffix(', ')}]"]
    return [f"{field} = [", *(f"    {line.rstrip()}" for line in lines), "]"]


def _text(text: str) -> str:
    """A text as TOML writes it, in quotes."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _shown(text: str) -> str:
    """A text in a comment: what would end the line is escaped."""
    return _text(text)[1:-1]
