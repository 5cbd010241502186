"""`blink model`: trained models."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

import numpy as np

from blink.commands.lynq import lynq_exported
from blink.database import open_database
from blink.fairness_words import fairness_words
from blink.model_store import model_store
from blink.outcome import Outcome, writable_folder
from blink.settings import read_settings
from credit.bundle.errors import BundleError
from credit.bundle.export import export_tl2cgen
from credit.bundle.reader import Bundle, load_bundle
from credit.bundle.reference import feature_rows
from credit.database.models import RegisteredModel, UnknownModelError, champion, get
from credit.database.models import list_models as registered_models
from credit.model_store.local import local_bundle
from credit.plain_table import table
from credit.portfolios import PortfolioName

CHAMPION = "champion:"


def list_models(arguments: Namespace) -> Outcome:
    """All models of the registry, the newest first."""
    portfolio = None if arguments.portfolio is None else PortfolioName(arguments.portfolio)
    with open_database(read_settings(home=arguments.home), "blink_reader") as engine, engine.connect() as connection:
        models = registered_models(connection, portfolio)
    rows = [(m.model_id, m.portfolio, m.algorithm, m.status, f"{m.created_at:%Y-%m-%d %H:%M}") for m in models]
    text = table(("model", "portfolio", "algorithm", "status", "created (UTC)"), rows) if rows else NO_MODELS
    return Outcome(text, {"models": [_facts(model) for model in models]})


NO_MODELS = "no models yet: `blink train PORTFOLIO --deploy` trains one"


def show(arguments: Namespace) -> Outcome:
    """A model's status and metrics."""
    model = registered_model(arguments)
    lines = [f"{model.model_id}  {model.status}  {model.algorithm}  {model.portfolio}"]
    lines += [
        f"  {name}: {_metric(name, value)}" for name, value in model.metrics.items() if not isinstance(value, list)
    ]
    return Outcome("\n".join(lines), _facts(model))


def _metric(name: str, value: object) -> str:
    return fairness_words(value) if name == "fairness" and isinstance(value, Mapping) else figure(value)


def importance(arguments: Namespace) -> Outcome:
    """A model's features by importance."""
    model = registered_model(arguments)
    columns: Sequence[str] = tuple(model.feature_importance[0]) if model.feature_importance else ()
    rows = [[figure(row[column]) for column in columns] for row in model.feature_importance]
    return Outcome(table(columns, rows), {"model_id": model.model_id, "importance": list(model.feature_importance)})


def verify(arguments: Namespace) -> Outcome:
    """Check a bundle's hashes and reproduce its golden rows."""
    model = registered_model(arguments)
    bundle = _bundle(arguments, model)
    if model.manifest_sha256 is not None and bundle.manifest_sha256 != model.manifest_sha256.hex():
        raise BundleError(f"{model.model_id}: manifest.json is not the one that was registered: train it again")
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


def figure(value: object) -> str:
    """A metric for people; an interval behind its estimate."""
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, Mapping) and value.keys() == {"estimate", "lower", "upper"}:
        return f"{figure(value['estimate'])} [{figure(value['lower'])}, {figure(value['upper'])}]"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {figure(inner)}" for name, inner in value.items())
    return str(value)
