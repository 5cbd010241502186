"""What a card says in sentences: the rules behind its figures, and how far they reach."""

from collections.abc import Mapping
from typing import Any

from credit.bundle.evaluation import RecordedEvaluation
from credit.bundle.manifest import Manifest
from credit.portfolios import LabelRule, Split, SplitKind, TableRule

_SOURCES = {
    "audits": "what scores of their time were computed from, where stored; elsewhere computed as of the request",
    "recomputed": "computed from what was known at each request",
    "table": "as they stand in the lender's loaded table",
    "file": "as they stand in the lender's file",
}


def label_sentences(rule: LabelRule | TableRule, currency: str | None) -> list[str]:
    """When a row is bad, and from when on that is known."""
    if isinstance(rule, TableRule):
        said = f"{rule.label} holds 1" if rule.label.comparison is None else f"{rule.label} holds"
        return [f"Bad where {said} in the lender's table.", _known_in_table(rule)]
    amount = f"{rule.material_amount:g}" + (f" {currency}" if currency else "")
    bad = (
        f"Bad where at least {amount} of an advance was unpaid {rule.days_late} days after its first due date, or it "
        "was ever written off. A later due date cures nothing."
    )
    return [bad, _known_of_advance(rule)]


def _known_of_advance(rule: LabelRule) -> str:
    early = " A write-off counts at once, so that recent vintages look worse than they are." * rule.bads_known_early
    return (
        f"Known {rule.maturity_days} days after the first due date, for good and bad alike: {rule.days_late} days late "
        f"and {rule.settlement_lag_days} for settlement. Younger advances have no label: they are neither good nor "
        f"bad.{early}"
    )


def _known_in_table(rule: TableRule) -> str:
    if rule.known_at is not None:
        return f"Known from the time in column {rule.known_at}, where the table has it."
    if rule.known_after_days:
        return f"Known {rule.known_after_days} days after the observation."
    return "The table does not say when a label became known."


def split_sentence(split: Split) -> str:
    """How rows were divided into those that shaped the model and those that judge it."""
    test = f"{split.test_fraction:.0%} of the rows"
    if split.kind is SplitKind.TEMPORAL:
        return (
            f"By time: the latest {test} judge the model. Of the earlier ones only those whose label was known "
            f"{split.embargo_days} days before the first judged row shaped it; the others are purged."
        )
    if split.kind is SplitKind.STRATIFIED:
        return (
            f"By lot (seed {split.seed}): {test} judge the model, with the same share of bads as the others. Nothing "
            "here says how it does on later rows than it has seen."
        )
    return (
        f"Cross-validated: {split.folds} folds, {split.repeats} times, subjects whole. Each row is judged by models "
        "that have not seen it; the model itself was then fitted on all rows."
    )


def source_sentence(evaluation: RecordedEvaluation) -> str:
    """Where the features came from, and whether stored ones could be had again."""
    said = f"Features: {_SOURCES.get(evaluation.source, evaluation.source)}."
    parity = evaluation.parity
    if not parity.checked:
        return said
    return f"{said} {parity.equal:,} of {parity.checked:,} stored rows were equal to the bit when computed anew."


def window_sentence(manifest: Manifest, evaluation: RecordedEvaluation | None) -> str:
    """Of which time the rows are, and whose time that is."""
    if evaluation is not None and not evaluation.dated:
        return "Rows have no times of their own."
    return f"Rows that shaped the model are from {_window(manifest, evaluation)}."


def _window(manifest: Manifest, evaluation: RecordedEvaluation | None) -> str:
    window, rule = manifest.window, manifest.label_rule
    days = f"{window.start:%Y-%m-%d} to {window.end:%Y-%m-%d}"
    if isinstance(rule, LabelRule) or (evaluation is not None and evaluation.source == "file"):
        return days
    # A row that is loaded without a time takes that of its load.
    if rule.observed_at is None:
        return f"{days}, the days on which they were loaded: the table has no times"
    return f"{days}, observed, or loaded where the table has no time" if rule.observed_at in rule.optional else days


def limits(manifest: Manifest, metrics: Mapping[str, Any], evaluation: RecordedEvaluation | None) -> list[str]:
    """What the model is not for, and what its figures do not say."""
    few = "Too few bads judged it to decide anything by these figures: they are indicative."
    found = [few] if metrics.get("indicative") else []
    found += [_GRANTED_ONLY, _window_sentence(manifest, evaluation), _other_lending(manifest)]
    if (censored := metrics.get("censored_as_good")) is not None:
        found.append(
            f"{censored['censored']:,} rows of the judged time have no label yet; how the AUC would be if all of them "
            "were good stands among the measures."
        )
    return found


_GRANTED_ONLY = (
    "Labels exist only for loans that were granted. Whoever was declined has no outcome, none was inferred, and the "
    "figures may not hold for applicants unlike those who were granted one."
)


def _window_sentence(manifest: Manifest, evaluation: RecordedEvaluation | None) -> str:
    if evaluation is not None and not evaluation.dated:
        return "Its rows have no times: nothing says how old they are, or how it does on later ones."
    return (
        f"It knows rows from {_window(manifest, evaluation)}. What has changed since in the economy, "
        "the product or the lending policy is not in it."
    )


def _other_lending(manifest: Manifest) -> str:
    return (
        f"It is made for the portfolio {manifest.portfolio} and its definition of bad; it says nothing of other "
        "lending, nor of how much is lost."
    )
