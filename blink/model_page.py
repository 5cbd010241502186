"""What `blink model show` prints: a registered model on one page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blink.fairness_words import fairness_words
from credit.bundle.reader import Described
from credit.database.models import RegisteredModel
from credit.database.pipeline_runs import PipelineRun
from credit.database.promotion_events import PromotionEvent
from credit.printable import printable
from trainer.card import wording
from trainer.model_text import costs_text, cut_off_text, gate_text, measures_text, selection_text, slices_text


@dataclass(frozen=True, slots=True)
class ModelPage:
    """What is known of a model."""

    model: RegisteredModel
    bundle: Described | None
    """None where it has none here."""
    no_bundle: str
    """Why there is none."""
    run: PipelineRun | None
    """The training that gave it; None where it was registered without."""
    wish: PromotionEvent | None
    """The latest answer to a wish to deploy it."""


def page_text(page: ModelPage) -> str:
    """Who it is, what it was made of, how good it is, what was decided; what is not known is left out."""
    metrics, model_id = page.model.metrics, page.model.model_id
    sections = [
        "\n".join(_identity(page)),
        *_made_of(page),
        _section("measures", measures_text(metrics)),
        _section("cut-off", cut_off_text(metrics)),
        _section("choice", selection_text(metrics)),
        _section("expected cost on the judged rows", _costs(page)),
        _section("fairness", _fairness(metrics)),
        _section("decisions", "\n".join(_decisions(page))),
        f"importance: blink model importance {model_id}"
        + ("" if page.model.model_path is None else f"; a page with pictures: blink model card {model_id}"),
    ]
    return "\n\n".join(section for section in sections if section)


def _identity(page: ModelPage) -> list[str]:
    model = page.model
    recorded = None if page.bundle is None else page.bundle.evaluation
    trees = "" if recorded is None or not recorded.rounds else f", {recorded.rounds:,} trees"
    features = "" if page.bundle is None else f"{len(page.bundle.manifest.features):,}"
    sha256 = "" if model.manifest_sha256 is None else model.manifest_sha256.hex()
    lines = {
        "status": model.status.replace("_", " "),
        "portfolio": model.portfolio,
        "batch": model.batch_id or "",
        "algorithm": f"{model.algorithm}{trees}",
        "features": features,
        "trained": f"{model.created_at:%Y-%m-%d %H:%M} UTC",
        "by run": "" if model.run_id is None else str(model.run_id),
        "bundle": sha256 and f"manifest sha256 {sha256}",
    }
    return [model.model_id, *(f"  {name:10} {value}" for name, value in lines.items() if value)]


def _made_of(page: ModelPage) -> list[str]:
    """Data, label and split, as the bundle has them."""
    if page.bundle is None:
        until = page.model.fitted_until
        last = "" if until is None else f"\nlast row that shaped it: {until:%Y-%m-%d}"
        return [_section("data, label and split", f"not shown: {page.no_bundle}{last}")]
    said, recorded = page.bundle.manifest, page.bundle.evaluation
    data, currency = [wording.window_sentence(said, recorded)], None
    if recorded is not None:
        data.append(f"Labels are those known at {recorded.labels_as_of:%Y-%m-%d %H:%M} UTC.")
        data.append(wording.source_sentence(recorded))
        currency = recorded.currency
    label = "\n".join(wording.label_sentences(said.label_rule, currency))
    split = "not recorded: the bundle is older than this"
    if recorded is not None:
        split = f"{wording.split_sentence(recorded.split)}\n{slices_text(recorded.slices)}"
    parts = [("data", "\n".join(data)), ("label", printable_lines(label)), ("split", split)]
    return [_section(name, text) for name, text in parts]


def _costs(page: ModelPage) -> str:
    recorded = None if page.bundle is None else page.bundle.evaluation
    text = costs_text(page.model.metrics, "" if recorded is None else recorded.currency)
    where = "--json (metrics.costs.curve)"
    if page.model.model_path is not None:
        where = f"blink model card {page.model.model_id}, or {where}"
    return text and f"{text}\nthe curve by cut-off: {where}"


def _fairness(metrics: Mapping[str, Any]) -> str:
    found = metrics.get("fairness")
    return "" if found is None else fairness_words(found)


def _decisions(page: ModelPage) -> list[str]:
    lines = []
    if gate := gate_text(page.model.metrics):
        lines.append(f"quality gate: {gate}")
    if page.run is not None and "error" in page.run.outcome:
        lines.append(f"{page.run.state}: {page.run.outcome['error']}")
    wish = page.wish
    if wish is not None:
        reason = f"; {wish.reason}" if wish.reason else ""
        over = "; a person went over the gate" if wish.override else ""
        decision = f"{wish.decision.replace('_', ' ')}{reason}"
        lines.append(f"deployment, {wish.created_at:%Y-%m-%d %H:%M} UTC, asked by {wish.actor}: {decision}{over}")
    elif page.model.model_path is not None:
        lines.append("deployment: nobody has asked for it")
    return [printable(line) for line in lines]


def printable_lines(text: str) -> str:
    """Lines of which none steers a terminal."""
    return "\n".join(printable(line) for line in text.split("\n"))


def _section(name: str, text: str) -> str:
    return text and f"{name}\n" + "\n".join(f"  {line}".rstrip() for line in text.split("\n"))
