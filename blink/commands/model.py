"""`blink model`: trained models."""

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

import numpy as np

from blink.commands.lynq import lynq_exported
from blink.database import open_database
from blink.model_page import ModelPage, page_text
from blink.model_store import model_store
from blink.outcome import Outcome, writable_folder
from blink.settings import Settings, read_settings
from credit.bundle.errors import BundleError
from credit.bundle.export import export_tl2cgen
from credit.bundle.reader import Bundle, Described, describe_bundle, load_bundle
from credit.bundle.reference import feature_rows
from credit.database.models import RegisteredModel, UnknownModelError, champion, get
from credit.database.models import list_models as registered_models
from credit.database.pipeline_runs import get_run
from credit.database.promotion_events import last_wish
from credit.model_store.errors import ModelStoreError
from credit.model_store.local import local_bundle
from credit.plain_table import table
from credit.portfolios import PortfolioName
from trainer.model_text import importance_text

CHAMPION = "champion:"


def list_models(arguments: Namespace) -> Outcome:
    """All models of the registry, the newest first."""
    portfolio = None if arguments.portfolio is None else PortfolioName(arguments.portfolio)
    with open_database(read_settings(home=arguments.home), "blink_reader") as engine, engine.connect() as connection:
        models = registered_models(connection, portfolio)
    rows = [(m.model_id, m.portfolio, m.algorithm, m.status, f"{m.created_at:%Y-%m-%d %H:%M}") for m in models]
    text = table(("model", "portfolio", "algorithm", "status", "created (UTC)"), rows) if rows else NO_MODELS
    return Outcome(text, {"models": [_facts(model) for model in models]})


NOT_REGISTERED = "manifest.json is not the one that was registered: train it again"
NO_MODELS = "no models yet: `blink train PORTFOLIO --deploy` trains one"


def show(arguments: Namespace) -> Outcome:
    """A model on one page: what it is, what it was made of, how good it is, what was decided."""
    model = registered_model(arguments)
    settings = read_settings(home=arguments.home)
    with open_database(settings, "blink_reader") as engine, engine.connect() as connection:
        wish = last_wish(connection, model.model_id)
        run = None if model.run_id is None else get_run(connection, model.run_id)
    bundle, why = _described(model, settings)
    return Outcome(page_text(ModelPage(model, bundle, why, run, wish)), _facts(model))


def _described(model: RegisteredModel, settings: Settings) -> tuple[Described | None, str]:
    """What the bundle says, or why that cannot be had here."""
    if model.model_path is None:
        return None, "a bundle keeps them, and a model that was refused at training has none"
    try:
        path = local_bundle(model.model_id, settings.model_dir, model_store(settings))
        bundle = describe_bundle(path)
    except (BundleError, ModelStoreError) as error:
        return None, str(error)
    if model.manifest_sha256 is not None and bundle.manifest_sha256 != model.manifest_sha256.hex():
        return None, f"{path}: {NOT_REGISTERED}"
    return bundle, ""


def importance(arguments: Namespace) -> Outcome:
    """A model's features by importance."""
    model = registered_model(arguments)
    found = list(model.feature_importance)
    return Outcome(importance_text(found), {"model_id": model.model_id, "importance": found})


def verify(arguments: Namespace) -> Outcome:
    """Check a bundle's hashes and reproduce its golden rows."""
    model = registered_model(arguments)
    bundle = _bundle(arguments, model)
    if model.manifest_sha256 is not None and bundle.manifest_sha256 != model.manifest_sha256.hex():
        raise BundleError(f"{model.model_id}: {NOT_REGISTERED}")
    rows = len(bundle.golden.rows)
    return Outcome(
        f"{model.model_id}: every hash is right, {rows} golden rows reproduced",
        {"model_id": model.model_id, "manifest_sha256": bundle.manifest_sha256, "golden_rows": rows},
    )


def export(arguments: Namespace) -> Outcome:
    """Write a model in another form: C source and its shared library, or LYNQ's artifacts."""
    writable_folder(arguments.folder)
    model = registered_model(arguments)
    bundle = _bundle(arguments, model)
    if arguments.to == "lynq":
        return lynq_exported(arguments, model, bundle)
    return _exported_as_c(arguments, model, bundle)


def _exported_as_c(arguments: Namespace, model: RegisteredModel, bundle: Bundle) -> Outcome:
    """Proved equal on golden and reference rows."""
    rows = np.ascontiguousarray(feature_rows(bundle.reference(), list(bundle.feature_names)))
    report = export_tl2cgen(bundle, arguments.folder, rows)
    text = f"{report.library}: equal to {model.model_id} in every bit on {report.rows_proved:,} rows"
    facts = {"library": str(report.library), "sources": list(report.sources), "rows_proved": report.rows_proved}
    return Outcome(text, facts)


def registered_model(arguments: Namespace) -> RegisteredModel:
    """The model that the argument `model` names: an id, or the champion of a portfolio.

    Raises:
        UnknownModelError: where there is none.
    """
    settings = read_settings(home=arguments.home)
    with open_database(settings, "blink_reader") as engine, engine.connect() as connection:
        if not arguments.model.startswith(CHAMPION):
            return get(connection, arguments.model)
        portfolio = PortfolioName(arguments.model.removeprefix(CHAMPION))
        deployed = champion(connection, portfolio)
        if deployed is None:
            raise UnknownModelError(f"{portfolio} has no champion: `blink train {portfolio} --deploy` makes one")
        return deployed


def _bundle(arguments: Namespace, model: RegisteredModel) -> Bundle:
    if model.model_path is None:
        raise BundleError(f"{model.model_id} was refused at training and has no bundle")
    settings = read_settings(home=arguments.home)
    return load_bundle(local_bundle(model.model_id, settings.model_dir, model_store(settings)))


def _facts(model: RegisteredModel) -> Mapping[str, object]:
    return {name: _plain(value) for name, value in asdict(model).items()}


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, (str, int, float, bool, dict, list, tuple, type(None))) else str(value)
