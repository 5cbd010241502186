"""The body of `POST /score` (requirement A2) read into what it asks for."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from predictor.errors import BadInputError
from predictor.feature_values import Code, Floats, Value, feature_values, row_of
from predictor.quick_json import read_json
from predictor.strict_json import Json, as_mapping, as_object, as_text, inside


class SubjectWish(NamedTuple):
    """One subject to be scored."""

    user_id: str
    features: dict[str, Value] | None
    """Given values by name, NaN where unknown, categories as codes or texts; None where the server is to compute
    them."""
    place: str = "body"
    """Where it stands: the body itself, or `[index]` in a list."""

    @property
    def user_id_place(self) -> str:
        """How messages call its user id."""
        return inside(self.place, "user_id")

    @property
    def features_place(self) -> str:
        """How messages call its features."""
        return inside(self.place, "features")


class ScoreWish(NamedTuple):
    """What one body asks for."""

    subjects: tuple[SubjectWish, ...]
    """At least one."""
    many: bool
    """Whether the body was a list, and so the answer is one."""


def parse_score_wish(body: bytes, *, most: int) -> ScoreWish:
    """What a body asks for: one object, or a list of 1 to `most` of them.

    Raises:
        BadInputError: naming the place and the reason.
    """
    return read_json(body, lambda value: _wish(value, most))


def given_rows(subjects: Sequence[SubjectWish], feature_names: Sequence[str], code: Code) -> Floats:
    """The given features, float64 [n, d], NaN where unknown; whole rows of NaN where they are to be computed.

    Raises:
        BadInputError: where a name is no feature of the model, or a text is given for one that has none.
    """
    rows = [row_of(subject.features or {}, feature_names, subject.features_place, code) for subject in subjects]
    return np.array(rows, dtype=np.float64).reshape(len(subjects), len(feature_names))


def _wish(value: Json, most: int) -> ScoreWish:
    if isinstance(value, list):
        return ScoreWish(_subjects(value, most), many=True)
    return ScoreWish((_subject(value, "body"),), many=False)


def _subjects(values: Sequence[Json], most: int) -> tuple[SubjectWish, ...]:
    if not values:
        raise BadInputError("body", "the list is empty; at least one subject is needed")
    if len(values) > most:
        raise BadInputError("body", f"{len(values)} subjects; at most {most} are scored at once")
    return tuple(_subject(value, f"[{index}]") for index, value in enumerate(values))


def _subject(value: Json, place: str) -> SubjectWish:
    fields = as_object(value, place, allowed=("user_id", "features"), required=("user_id",))
    user_id = as_text(fields["user_id"], inside(place, "user_id"))
    if "features" not in fields:
        return SubjectWish(user_id, None, place)
    at = inside(place, "features")
    return SubjectWish(user_id, feature_values(as_mapping(fields["features"], at), at), place)
