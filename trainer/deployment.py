"""A wish to deploy: its evidence gathered, the pure rule asked, its answer recorded and applied."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection

from credit.bundle.errors import BundleError
from credit.bundle.reader import Bundle, load_bundle
from credit.categories import recoded
from credit.database import models
from credit.database.models import RegisteredModel
from credit.portfolios import Portfolio
from credit.promotion import Circumstances, Decision, DeployWish, PairedEvidence, answer_wish
from trainer.arrays import Bools, Floats
from trainer.bootstrap import codes_of
from trainer.finite import finite
from trainer.fitting import Fit
from trainer.gate import paired_evidence
from trainer.judgement import Trained
from trainer.rows import Rows


@dataclass(frozen=True, slots=True)
class Deployment:
    """A request to deploy what this run trains."""

    promote_automatically: bool = True
    """The switch PROMOTE_TO_PROD."""
    force_reason: str | None = None
    """Given where a person overrides the gate."""
    actor: str = "trainer"
    """Who wishes it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A wish with the answer that it got."""

    wish: DeployWish
    decision: Decision


def deploy(
    connection: Connection,
    portfolio: Portfolio,
    deployment: Deployment,
    *,
    challenger: str,
    trained: Trained,
    model_dir: Path,
    rng: np.random.Generator,
    now: datetime,
) -> Answered:
    """Decide on the challenger in the caller's transaction, record why, and change the models' status.

    The champion is judged on the challenger's judged rows that are later than what the champion was fitted on.
    """
    models.lock_deployments(connection, portfolio.name)
    champion = models.champion(connection, portfolio.name)
    evidence, because = None, None
    if champion is not None:
        evidence, because = _evidence(champion, portfolio, trained, model_dir, rng)
    wish = DeployWish(
        challenger=challenger,
        champion=None if champion is None else champion.model_id,
        evidence=evidence,
        no_evidence_because=because,
        force_reason=deployment.force_reason,
    )
    frozen = models.is_frozen(connection, portfolio.name)
    circumstances = Circumstances(portfolio.gate, frozen, deployment.promote_automatically)
    decision = answer_wish(wish, circumstances)
    figures = _figures(wish, circumstances)
    models.apply_decision(connection, portfolio.name, wish, decision, figures=figures, actor=deployment.actor, at=now)
    return Answered(wish, decision)


def _evidence(
    champion: RegisteredModel, portfolio: Portfolio, trained: Trained, model_dir: Path, rng: np.random.Generator
) -> tuple[PairedEvidence | None, str | None]:
    """Evidence, or why there is none."""
    try:
        bundle = load_bundle(model_dir / str(champion.model_path))
    except BundleError as error:
        return None, f"the bundle of {champion.model_id} cannot be used: {error}"
    if unknown := sorted(set(bundle.feature_names) - set(portfolio.feature_names)):
        return None, f"{champion.model_id} needs features that are computed no more: {', '.join(unknown)}"
    if not trained.dated:
        return None, f"rows without a time cannot be told to be later than what {champion.model_id} was fitted on"
    fit = trained.fit
    later = _later(champion, trained.rows, fit)
    judged = trained.rows.take(fit.judged[later])
    if not len(judged):
        return None, f"no judged row is later than what {champion.model_id} was fitted on"
    found = paired_evidence(
        judged.y,
        challenger=fit.log_odds[later],
        champion=_log_odds(bundle, portfolio, judged),
        users=codes_of(judged.subject_id),
        rng=rng,
    )
    counts = f"{len(judged)} rows later than what {champion.model_id} was fitted on, {int(judged.y.sum())} bad"
    return found, None if found else f"one class only: {counts}"


def _later(champion: RegisteredModel, rows: Rows, fit: Fit) -> Bools:
    if champion.fitted_until is None:
        return np.zeros(len(fit.judged), dtype=np.bool_)
    until = np.datetime64(champion.fitted_until.astimezone(UTC).replace(tzinfo=None), "us")
    return np.asarray(rows.requested_at[fit.judged] > until, dtype=np.bool_)


def _log_odds(bundle: Bundle, portfolio: Portfolio, rows: Rows) -> Floats:
    margins = bundle.engine.margins(recoded(rows.values, portfolio.features, bundle.manifest.features))
    return bundle.calibration.log_odds(margins)


def _figures(wish: DeployWish, circumstances: Circumstances) -> Mapping[str, Any]:
    """All that the decision was made from, as JSON; a bound that is not a number is null."""
    return {
        "evidence": None if wish.evidence is None else finite(asdict(wish.evidence)),
        "no_evidence_because": wish.no_evidence_because,
        "forced": wish.force_reason is not None,
        "frozen": circumstances.frozen,
        "promote_automatically": circumstances.promote_automatically,
        "auc_margin": circumstances.gate.auc_margin,
        "log_loss_margin": circumstances.gate.log_loss_margin,
        "min_bads": circumstances.gate.min_bads,
    }
