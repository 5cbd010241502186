"""Principal reasons: which groups of features speak against a customer, in plain sentences.

The adverse amount of a reason group is the sum over its features of (phi - mean phi over the reference), phi
being contributions on the score's scale, most often the calibrated log-odds of default. So a reason compares a
customer with the reference population, as the commentary to 12 CFR 1002.9 (Regulation B) suggests, and the amounts of
all groups plus the reference's mean log-odds give back the customer's.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

LATEST_SENTENCES = "1"
"""Version of the catalogue that new models are given; every earlier one stays."""

MOST_REASONS = 4
"""More would not be principal (commentary to 12 CFR 1002.9(b)(2))."""

_MISSING_SUFFIX = "_missing"


class ReasonError(Exception):
    """A reason group has no sentence, or contributions do not fit the rules."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """A version of the catalogue: reason code to sentence.

    A group's code stands for its values, the code with `_missing` behind it for their absence.
    """

    version: str
    texts: Mapping[str, str]

    def with_own(self, texts: Mapping[str, str]) -> "Sentences":
        """These, and those that a model brings along for reason groups of its own."""
        return Sentences(self.version, {**texts, **self.texts}) if texts else self

    def check(self, groups: Sequence[str]) -> None:
        """Do nothing where every group has both its sentences.

        Raises:
            ReasonError: naming the codes that have none.
        """
        codes = (code for group in groups for code in (group, group + _MISSING_SUFFIX))
        if absent := sorted(set(codes) - self.texts.keys()):
            raise ReasonError(
                f"sentences, version {self.version}: none for {', '.join(absent)}; add them there, "
                "or name an existing reason group in the portfolio"
            )


@cache
def load_sentences(version: str = LATEST_SENTENCES) -> Sentences:
    """A version of the built-in catalogue.

    Raises:
        ReasonError: where there is no such version.
    """
    source = resources.files("credit") / f"sentences_v{version}.toml"
    if not version.isalnum() or not source.is_file():
        raise ReasonError(f"no catalogue of sentences in version {version}; the latest is {LATEST_SENTENCES}")
    return parse_sentences(source.read_text("utf-8"))


def parse_sentences(text: str) -> Sentences:
    """The catalogue that a TOML text holds: `version`, and `adverse` and `missing` in a table for each group.

    Raises:
        ReasonError: naming the table that lacks a sentence.
    """
    table = tomllib.loads(text)
    version = table.pop("version", None)
    if not isinstance(version, str):
        raise ReasonError("catalogue of sentences: version must be given, as a text")
    texts: dict[str, str] = {}
    for group, entry in table.items():
        if not isinstance(entry, dict) or set(entry) != {"adverse", "missing"}:
            raise ReasonError(f"catalogue of sentences: [{group}] needs exactly adverse and missing")
        texts |= {group: entry["adverse"], group + _MISSING_SUFFIX: entry["missing"]}
    return Sentences(version, texts)


class Reason(NamedTuple):
    """One principal adverse reason."""

    code: str
    """The reason group, with `_missing` behind it where absence of its features is the main cause."""
    sentence: str
    amount: float
    """Above the reference's mean, on the score's scale (log-odds of default, or probability); above 0."""
    features: tuple[str, ...]
    """The group's features that add to the amount, the greatest first, ties by name."""


@dataclass(frozen=True, slots=True)
class ReasonRules:
    """What turns contributions into reasons; stored with each model.

    Raises:
        ReasonError: where lengths differ or a group has no sentence.
    """

    features: tuple[str, ...]
    """Names in the model's order, d of them."""
    groups: tuple[str, ...]
    """The reason group of each feature, d of them."""
    mean_contributions: tuple[float, ...]
    """Each feature's mean contribution over the reference, on the score's scale, d of them."""
    sentences: Sentences

    def __post_init__(self) -> None:
        sizes = {len(self.features), len(self.groups), len(self.mean_contributions)}
        if len(sizes) != 1:
            raise ReasonError(
                f"reason rules: {len(self.features)} features, {len(self.groups)} groups and "
                f"{len(self.mean_contributions)} mean contributions; there must be as many of each"
            )
        self.sentences.check(self.groups)

    @property
    def codes(self) -> tuple[str, ...]:
        """The reason groups, each once, sorted."""
        return tuple(sorted(set(self.groups)))


def excess_contributions(contributions: FloatArray, rules: ReasonRules) -> FloatArray:
    """Contributions `[n, d]` less their means over the reference, on the same scale.

    Raises:
        ReasonError: where the number of columns is not the number of features.
    """
    if contributions.ndim != 2 or contributions.shape[1] != len(rules.features):
        raise ReasonError(f"contributions of shape {contributions.shape} for {len(rules.features)} features")
    return contributions - np.asarray(rules.mean_contributions, dtype=np.float64)


def adverse_amounts(excess: FloatArray, rules: ReasonRules) -> FloatArray:
    """Excess contributions `[n, d]` summed by group, `[n, g]` in order of `rules.codes`.

    A group's columns are added one after another rather than multiplied by a membership matrix: a library's matrix
    product may round differently with the number of rows, and an audit must replay to the bit on its own.
    """
    amounts = np.zeros((len(excess), len(rules.codes)), dtype=np.float64)
    for groups, columns in _summands(rules.groups):
        if len(groups) == amounts.shape[1]:  # all of them, which takes half the time
            amounts += excess[:, columns]
        else:
            amounts[:, groups] += excess[:, columns]
    return amounts


@lru_cache(maxsize=64)
def _summands(groups: tuple[str, ...]) -> tuple[tuple[list[int], list[int]], ...]:
    """Places of groups in order of code, and of one feature of each: first of their first features, then of the second.

    A group's features thus come in the model's order, and all groups at once.
    """
    members = [[index for index, group in enumerate(groups) if group == code] for code in sorted(set(groups))]
    nth = [[(place, of[n]) for place, of in enumerate(members) if n < len(of)] for n in range(max(map(len, members)))]
    return tuple(([place for place, _ in one], [column for _, column in one]) for one in nth)


def principal_reasons(
    contributions: FloatArray, missing: BoolArray, rules: ReasonRules, *, limit: int = MOST_REASONS
) -> tuple[tuple[Reason, ...], ...]:
    """For each row at most `limit` adverse reasons, the greatest amount first, ties by code.

    Args:
        contributions: `[n, d]`, on the score's scale.
        missing: `[n, d]`, which features were unknown.
        rules: groups, reference means and sentences of the model.
        limit: most reasons a row.

    Raises:
        ReasonError: where shapes do not fit the rules.
    """
    excess = excess_contributions(contributions, rules)
    if missing.shape != excess.shape:
        raise ReasonError(f"missing of shape {missing.shape} beside contributions of shape {excess.shape}")
    amounts = adverse_amounts(excess, rules)
    # Columns are sorted by code and the sort is stable: equal amounts stay in order of code.
    order = np.argsort(-amounts, axis=1, kind="stable")[:, :limit]
    members, texts = _members(rules.features, rules.groups), rules.sentences.texts
    rows = zip(amounts.tolist(), excess.tolist(), _mainly_absent(excess, missing, amounts, rules), strict=True)
    return tuple(
        tuple(
            [
                _reason(members[group], texts, row[group], excess_row, mainly_absent=absent[group])
                for group in chosen
                if row[group] > 0.0
            ]
        )
        for (row, excess_row, absent), chosen in zip(rows, order.tolist(), strict=True)
    )


def _mainly_absent(excess: FloatArray, missing: BoolArray, amounts: FloatArray, rules: ReasonRules) -> list[list[bool]]:
    """Where missing features carry over half of a group's adverse amount; what is said of others does not count."""
    if not missing.any():
        return [[False] * amounts.shape[1]] * len(amounts)
    absent: list[list[bool]] = (2.0 * adverse_amounts(np.where(missing, excess, 0.0), rules) > amounts).tolist()
    return absent


@dataclass(frozen=True, slots=True)
class _Members:
    """A reason group with its features, by place and name."""

    code: str
    missing_code: str
    features: tuple[tuple[int, str], ...]


@lru_cache(maxsize=64)
def _members(features: tuple[str, ...], groups: tuple[str, ...]) -> tuple[_Members, ...]:
    places = {code: [index for index, group in enumerate(groups) if group == code] for code in sorted(set(groups))}
    return tuple(
        _Members(code, code + _MISSING_SUFFIX, tuple((index, features[index]) for index in of))
        for code, of in places.items()
    )


def _reason(
    group: _Members, texts: Mapping[str, str], amount: float, excess: Sequence[float], *, mainly_absent: bool
) -> Reason:
    """One group's reason in one row."""
    code = group.missing_code if mainly_absent else group.code
    behind = [(-excess[index], name) for index, name in group.features if excess[index] > 0.0]
    if len(behind) > 1:
        behind.sort()
    return Reason(code, texts[code], amount, tuple([name for _, name in behind]))
