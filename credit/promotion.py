"""The rule that answers a wish to deploy a model: pure, it sees figures and returns a decision."""

from dataclasses import dataclass
from enum import StrEnum

from credit.portfolios import Gate


class PromotionError(Exception):
    """A wish to deploy is not well formed."""


class Answer(StrEnum):
    """What becomes of the model that someone wishes to deploy."""

    CHAMPION = "champion"
    """It takes all traffic now."""
    AWAITING_APPROVAL = "awaiting_approval"
    """Its evidence is good enough, and a person has to say so: automatic promotion is switched off."""
    REFUSED = "refused"
    """The champion stays."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A paired difference, challenger better where positive: its estimate and its 95 % interval."""

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class PairedEvidence:
    """Challenger against champion on the same rows, which neither of them was fitted on."""

    rows: int
    bads: int
    auc: Bound
    """ROC AUC new - old."""
    log_loss: Bound
    """Log loss old - new, in nats a row."""


@dataclass(frozen=True, slots=True)
class DeployWish:
    """A wish to deploy `challenger`; `champion` is None where no model is deployed.

    `evidence` is None where there are no rows that neither model was fitted on; `no_evidence_because` then
    says why. `force_reason` is given exactly where a person overrides the gate.
    """

    challenger: str
    champion: str | None
    evidence: PairedEvidence | None = None
    no_evidence_because: str | None = None
    force_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else the answer depends on."""

    gate: Gate
    frozen: bool
    """A person has frozen this portfolio's deployments."""
    promote_automatically: bool
    """The switch PROMOTE_TO_PROD."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, why, and whether it overrode the gate."""

    answer: Answer
    reason: str
    overridden: bool = False


def answer_wish(wish: DeployWish, circumstances: Circumstances) -> Decision:
    """What becomes of the challenger.

    A freeze refuses everything. A forced wish skips gate and approval, and is marked as an override. Where
    there is no champion the challenger becomes it. Otherwise the lower 95 % bounds of AUC new - old and of
    log loss old - new must both be above the portfolio's margins; less, or evidence of fewer than the gate's
    `min_bads` bads or goods, or none, is inconclusive and refused.

    Raises:
        PromotionError: where a wish is forced without a reason.
    """
    if wish.force_reason is not None and not wish.force_reason.strip():
        raise PromotionError(f"forcing {wish.challenger} needs a reason: give --reason TEXT")
    if circumstances.frozen:
        return Decision(Answer.REFUSED, "deployments of this portfolio are frozen")
    if wish.force_reason is not None:
        return Decision(Answer.CHAMPION, f"forced: {wish.force_reason.strip()}", overridden=True)
    refusal = None if wish.champion is None else _refusal(wish, circumstances.gate)
    if refusal is not None:
        return Decision(Answer.REFUSED, refusal)
    reason = _passed(wish)
    if not circumstances.promote_automatically:
        off = "automatic promotion is off (PROMOTE_TO_PROD=false): --force with a --reason deploys"
        return Decision(Answer.AWAITING_APPROVAL, f"{reason}; {off}")
    return Decision(Answer.CHAMPION, reason)


def _refusal(wish: DeployWish, gate: Gate) -> str | None:
    evidence = wish.evidence
    if evidence is None:
        because = wish.no_evidence_because or "there are no rows that neither model was fitted on"
        return f"inconclusive against {wish.champion}: {because}"
    if min(evidence.bads, evidence.rows - evidence.bads) < gate.min_bads:
        # The bootstrap of a handful of bads is far too narrow: with one it would let almost any model pass.
        needed = f"{gate.min_bads} bads and {gate.min_bads} goods are needed"
        return f"inconclusive against {wish.champion}, {needed}: {_figures(evidence, gate)}"
    # Written so that a bound which is not a number refuses.
    if evidence.auc.lower > gate.auc_margin and evidence.log_loss.lower > gate.log_loss_margin:
        return None
    return f"not shown to be no worse than {wish.champion}: {_figures(evidence, gate)}"


def _passed(wish: DeployWish) -> str:
    if wish.champion is None or wish.evidence is None:
        return "there is no champion yet"
    evidence = wish.evidence
    return (
        f"no worse than {wish.champion} on {evidence.rows} rows with {evidence.bads} bads: AUC new - old "
        f"{_interval(evidence.auc)}, log loss old - new {_interval(evidence.log_loss)}"
    )


def _figures(evidence: PairedEvidence, gate: Gate) -> str:
    return (
        f"on {evidence.rows} rows with {evidence.bads} bads AUC new - old is {_interval(evidence.auc)} and "
        f"must stay above {gate.auc_margin:+.4f}; log loss old - new is {_interval(evidence.log_loss)} and "
        f"must stay above {gate.log_loss_margin:+.4f} (95 % intervals)"
    )


def _interval(bound: Bound) -> str:
    return f"{bound.estimate:+.4f} [{bound.lower:+.4f}, {bound.upper:+.4f}]"
