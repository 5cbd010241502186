"""What a training saw of its rows beside the metrics: counts, curves of the judged rows, and how they hold in time."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from credit.bundle import file_names
from credit.bundle.canonical import Json, to_bytes, to_object
from credit.bundle.errors import BundleError
from credit.portfolios import Split, SplitKind

FILE = file_names.EVALUATION
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class SliceCount:
    """How many rows a slice has, how many of them are bad, and the time that it covers."""

    name: str
    rows: int
    bads: int
    first: str | None
    """Date of the first request, ISO 8601; None where the slice is empty."""
    last: str | None


@dataclass(frozen=True, slots=True)
class Vintage:
    """Advances requested in one month, or one year."""

    name: str
    """YYYY-MM or YYYY."""
    used: int
    """With a label and a history."""
    without_history: int
    censored: int
    """With a history, without a label."""
    bads: int
    """Of those used."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How many stored rows were computed anew from what was visible then, and how many were equal to the bit."""

    checked: int
    equal: int


@dataclass(frozen=True, slots=True)
class RocPoint:
    """Shares of goods and of bads whose score is no lower than some cut-off, in [0, 1]."""

    goods: float
    bads: float


@dataclass(frozen=True, slots=True)
class Tenth:
    """About a tenth of the judged rows in order of score; rows of one score are never divided."""

    rows: int
    bads: int
    bad_rate: float
    bad_rate_lower: float
    """Ends of the 95 % interval of Wilson (1927); rows of one subject count as if they were independent."""
    bad_rate_upper: float
    lowest_pd: float
    highest_pd: float
    mean_pd: float
    captured: float
    """Share of all bads in this tenth and the riskier ones."""
    lift: float
    """The bad rate over that of all judged rows."""
    ks: float
    """`captured` less the same share of the goods; the greatest is near the KS of the metrics."""


@dataclass(frozen=True, slots=True)
class JudgedVintage:
    """Judged rows of one month, or one year."""

    name: str
    """YYYY-MM or YYYY."""
    rows: int
    bads: int
    bad_rate: float
    bad_rate_lower: float
    """As in `Tenth`."""
    bad_rate_upper: float
    mean_pd: float
    roc_auc: float | None
    """None where one class is missing."""
    roc_auc_lower: float | None
    """Ends of the 95 % interval by the standard error of Hanley and McNeil (1982), as if rows were independent; None
    where the AUC is 0 or 1, at which that is 0."""
    roc_auc_upper: float | None
    psi: float
    """Population stability index of the scores, against those of the rows that shaped the model."""
    psi_by_chance: float
    """What the index stays below in 95 of 100 samples of this size, of independent rows, if nothing has changed."""


@dataclass(frozen=True, slots=True)
class RecordedEvaluation:
    """The file `evaluation.json`."""

    labels_as_of: datetime
    """Time as of which labels were known, with zone."""
    source: str
    """Where the features came from: audits, recomputed, table or file."""
    rows_sha256: str
    """Of features, labels and times of all labelled rows."""
    dated: bool
    """Whether rows have times of their own."""
    subject: str
    """What the portfolio scores: a user, a client."""
    currency: str
    protected: tuple[str, ...]
    """Columns that were never features."""
    split: Split
    slices: tuple[SliceCount, ...]
    vintages: tuple[Vintage, ...]
    """Of all rows, those without a label among them."""
    parity: Parity
    rounds: int | None
    """Trees; None where the algorithm has none."""
    calibrated_on: str
    roc: tuple[RocPoint, ...]
    """From (0, 0) to (1, 1), some 200 points of the curve at most."""
    tenths: tuple[Tenth, ...]
    """The riskiest first."""
    by_vintage: tuple[JudgedVintage, ...]
    """Empty where rows have no times."""


def evaluation_to_bytes(evaluation: RecordedEvaluation) -> bytes:
    """The record as canonical JSON."""
    fields = cast("dict[str, Json]", asdict(evaluation))
    return to_bytes(fields | {"labels_as_of": evaluation.labels_as_of.isoformat()}, file=FILE)


def evaluation_from_bytes(content: bytes) -> RecordedEvaluation:
    """The record in canonical JSON.

    Raises:
        BundleError: where it is none.
    """
    fields = cast("dict[str, Any]", to_object(content, file=FILE))
    try:
        return RecordedEvaluation(**fields | _typed(fields))
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{FILE}: a field is missing, unknown or has a wrong type: {error!r}") from error


def _typed(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that are more than a plain value."""
    return {
        "labels_as_of": datetime.fromisoformat(fields["labels_as_of"]),
        "protected": tuple(fields["protected"]),
        "split": Split(**fields["split"] | {"kind": SplitKind(fields["split"]["kind"])}),
        "slices": _parts(SliceCount, fields["slices"]),
        "vintages": _parts(Vintage, fields["vintages"]),
        "parity": Parity(**fields["parity"]),
        "roc": _parts(RocPoint, fields["roc"]),
        "tenths": _parts(Tenth, fields["tenths"]),
        "by_vintage": _parts(JudgedVintage, fields["by_vintage"]),
    }


def _parts(kind: type[Part], found: Sequence[dict[str, Any]]) -> tuple[Part, ...]:
    return tuple(kind(**one) for one in found)
