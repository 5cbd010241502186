"""`blink model card`: a page about a model."""

from argparse import Namespace
from pathlib import Path

from blink.commands.model import registered_model
from blink.database import open_database
from blink.model_store import model_store
from blink.new_file import check_free, write_new
from blink.outcome import Outcome
from blink.settings import read_settings
from credit.bundle.errors import BundleError
from credit.bundle.reader import Bundle, load_bundle
from credit.model_store.local import local_bundle
from trainer.card.registration import Registration, registration_of
from trainer.card.rendering import rendered_card


def card(arguments: Namespace) -> Outcome:
    """Write a model's card to a new file; of a bundle that is named by its path no registry is asked."""
    bundle, registration = _of_path(arguments) if "/" in arguments.model else _registered(arguments)
    path = arguments.file or Path(f"{bundle.model_id}.html")
    check_free(path)
    write_new(path, rendered_card(bundle, registration))
    golden_rows = len(bundle.golden.rows)
    facts = {"file": str(path), "model_id": bundle.model_id, "manifest_sha256": bundle.manifest_sha256}
    text = f"{path}: card of {bundle.model_id}; every hash is right, {golden_rows} golden rows reproduced"
    return Outcome(text, {**facts, "golden_rows": golden_rows})


def _of_path(arguments: Namespace) -> tuple[Bundle, None]:
    return load_bundle(Path(arguments.model)), None


def _registered(arguments: Namespace) -> tuple[Bundle, Registration]:
    model, settings = registered_model(arguments), read_settings(home=arguments.home)
    if model.model_path is None:
        raise BundleError(f"{model.model_id} was refused at training and has no bundle, and so no card")
    bundle = load_bundle(local_bundle(model.model_id, settings.model_dir, model_store(settings)))
    with open_database(settings, "blink_reader") as engine, engine.connect() as connection:
        return bundle, registration_of(connection, model.model_id)
