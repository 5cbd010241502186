"""`blink model`: trained models, and where they are stored."""

import argparse
from pathlib import Path

from blink.cli.arguments import Subcommands, command, group
from credit.sha256_text import is_sha256

_MODEL = "a model id, or champion:PORTFOLIO"


def add_model(commands: Subcommands) -> None:
    """Add the commands."""
    members = group(commands, "model", "trained models")
    listing = command(members, "list", "all models of the registry", "model:list_models")
    listing.add_argument("--portfolio", metavar="NAME", help="only that portfolio's")
    for name, summary in (
        ("show", "a model's metrics and status"),
        ("importance", "a model's features by importance, with direction"),
        ("verify", "check a bundle's hashes and golden rows"),
    ):
        parser = command(members, name, summary, f"model:{name}")
        parser.add_argument("model", metavar="MODEL", help=_MODEL)
    made = "the library and its source, or the artifacts,"
    export = command(members, "export", "write a model in another form", "model:export", makes=made)
    export.add_argument("model", metavar="MODEL", help=_MODEL)
    export.add_argument(
        "--to",
        choices=("tl2cgen", "lynq"),
        required=True,
        help="tl2cgen: C source and its shared library; lynq: dataset, native model, scaler and feature_config.json",
    )
    _add_card(members)
    _add_upload(members)
    _add_download(members)


def _add_card(members: Subcommands) -> None:
    card = command(
        members,
        "card",
        "write a model's card, one HTML page for whoever answers for it (docs/model-card.md)",
        "model_card:card",
        writes="where it goes (default: MODEL.html); no other file's place is taken",
    )
    card.add_argument("model", metavar="MODEL", help=f"{_MODEL}, or the path of a bundle (with a slash)")


def _add_upload(members: Subcommands) -> None:
    upload = command(
        members,
        "upload",
        "put a bundle into a bucket of S3, or MODEL_STORE (docs/model-stores.md)",
        "model_copies:upload",
    )
    upload.add_argument("model", metavar="MODEL", help=f"{_MODEL}, or the path of a bundle (with a slash)")
    upload.add_argument("--bucket", metavar="B", help="the bucket (default: the store at MODEL_STORE)")
    upload.add_argument("--key-prefix", metavar="P", default="", help="what its keys begin with: P/MODEL_ID/FILE")
    _add_s3(upload)


def _add_download(members: Subcommands) -> None:
    download = command(
        members,
        "download",
        "bring a stored bundle to MODEL_DIR and prove it (docs/model-stores.md)",
        "model_copies:download",
    )
    download.add_argument(
        "source",
        metavar="URI",
        help="the folder of a bundle: file:, s3:, gs:, https: or hf:; or a model id, which MODEL_STORE has",
    )
    download.add_argument(
        "--sha256", type=sha256, metavar="H", help="what the sha256 of its manifest must be (default: whatever it is)"
    )
    _add_s3(download)


def _add_s3(parser: argparse.ArgumentParser) -> None:
    """How S3 is reached. A secret is no argument: the list of processes shows those to everybody."""
    parser.add_argument("--region", metavar="R", help="the bucket's region (default: AWS_REGION)")
    parser.add_argument("--endpoint-url", metavar="U", help="URL of another S3 than AWS's (default: AWS_ENDPOINT_URL)")
    parser.add_argument("--access-key", metavar="K", help="key id, with --secret-key-file (default: AWS's own ways)")
    parser.add_argument("--secret-key-file", type=Path, metavar="F", help="file that holds its secret and nothing else")


def sha256(text: str) -> str:
    """A sha256 in hexadecimal digits."""
    if not is_sha256(text.lower()):
        raise argparse.ArgumentTypeError(f"{text!r} is no sha256: 64 hexadecimal digits are needed")
    return text.lower()
