"""Settings: the environment, read once, here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from credit.sha256_text import is_sha256

NOWHERE = "none"
"""`MLFLOW_TRACKING_URI` where no training is to be tracked."""


class SettingsError(Exception):
    """A setting is wrong; the message names the variable and what it may be."""


class Loading(StrEnum):
    """`MODEL_LOADING`: when a server brings the model of `MODEL_SOURCE`."""

    START = "start"
    """Before it listens."""
    FIRST_REQUEST = "first_request"
    """When a request needs it."""


@dataclass(frozen=True, slots=True)
class ModelSource:
    """The one model that a server is to bring and serve."""

    address: str
    """`MODEL_SOURCE`; for `s3`, made of `S3_BUCKET` and `S3_KEY`."""
    loading: Loading = Loading.START
    sha256: str | None = None
    """`MODEL_SHA256`: what the sha256 of its manifest must be, in hex; None: whatever it is."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What one process was told at its start."""

    home: Path
    """`BLINK_HOME`: the embedded database and the models of one machine."""
    database_url: str | None
    """`DATABASE_URL`: a PostgreSQL server; None means the embedded one under `home`."""
    model_dir: Path
    """`MODEL_DIR`: the folder of model bundles."""
    promote_to_prod: bool
    """`PROMOTE_TO_PROD`: whether a model that passes its gate is deployed without a person's approval."""
    portfolio_dir: Path | None = None
    """`BLINK_PORTFOLIOS`: the folder of portfolios of one's own, `<name>.toml` each; None: there are none."""
    in_pod: bool = False
    """`KUBERNETES_SERVICE_HOST`, which every pod has: whether we run on a cluster."""
    model_store: str | None = None
    """`MODEL_STORE`: where bundles live for good, `s3://BUCKET/PREFIX` or a folder; None: in `model_dir`."""
    model_source: ModelSource | None = None
    """What `blink serve` brings and serves; None: the champion, or the bundle that it is given."""
    aws_region: str | None = None
    """`AWS_REGION`, or `AWS_DEFAULT_REGION`, which alone AWS's client for Python reads by itself."""
    otlp_endpoint: str | None = None
    """`OTEL_EXPORTER_OTLP_ENDPOINT`: the collector that a server's traces go to, OTLP over HTTP; None: no traces."""
    mlflow_tracking_uri: str | None = None
    """`MLFLOW_TRACKING_URI`: where trainings are tracked; None: comparisons and tables, in a store under `home`;
    `none`: nothing is tracked."""


def read_settings(environment: Mapping[str, str] = os.environ, *, home: Path | None = None) -> Settings:
    """The settings that `environment` gives; `home` (the `--home` option) goes before `BLINK_HOME`.

    Raises:
        SettingsError: where a variable has a value that it may not have.
    """
    chosen = home or _path(environment, "BLINK_HOME") or _default_home(environment)
    chosen = chosen.expanduser().resolve()
    return Settings(
        home=chosen,
        database_url=environment.get("DATABASE_URL") or None,
        model_dir=(_path(environment, "MODEL_DIR") or chosen / "models").expanduser().resolve(),
        promote_to_prod=_switch(environment, "PROMOTE_TO_PROD", default=True),
        portfolio_dir=_path(environment, "BLINK_PORTFOLIOS"),
        in_pod="KUBERNETES_SERVICE_HOST" in environment,
        model_store=environment.get("MODEL_STORE") or None,
        model_source=_model_source(environment),
        aws_region=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or None,
        otlp_endpoint=environment.get("OTEL_EXPORTER_OTLP_ENDPOINT") or None,
        mlflow_tracking_uri=environment.get("MLFLOW_TRACKING_URI") or None,
    )


def _model_source(environment: Mapping[str, str]) -> ModelSource | None:
    source = environment.get("MODEL_SOURCE", "").strip()
    if not source:
        return None
    loading = environment.get("MODEL_LOADING", "").strip().lower() or Loading.START
    if loading not in set(Loading):
        raise SettingsError(f"MODEL_LOADING must be {' or '.join(Loading)}, not {environment['MODEL_LOADING']!r}")
    address = _s3_address(environment) if source == "s3" else source
    return ModelSource(address, Loading(loading), _sha256(environment, "MODEL_SHA256"))


def _s3_address(environment: Mapping[str, str]) -> str:
    bucket, key = (environment.get(name, "").strip().strip("/") for name in ("S3_BUCKET", "S3_KEY"))
    if not bucket or not key:
        raise SettingsError(
            "MODEL_SOURCE=s3 needs S3_BUCKET, and S3_KEY, the key of a bundle's folder: PREFIX/MODEL_ID as "
            "`blink model upload` tells it"
        )
    return f"s3://{bucket}/{key.removesuffix('/manifest.json')}"


def _sha256(environment: Mapping[str, str], name: str) -> str | None:
    value = environment.get(name, "").strip().lower()
    if value and not is_sha256(value):
        raise SettingsError(f"{name} must be 64 hexadecimal digits, not {environment[name]!r}")
    return value or None


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    value = environment.get(name)
    return Path(value) if value else None


def _default_home(environment: Mapping[str, str]) -> Path:
    # The embedded server never runs as root, and another user cannot look into root's own home.
    if os.geteuid() == 0:
        return Path("/var/lib/blink")
    return (_path(environment, "XDG_DATA_HOME") or Path("~/.local/share")) / "blink"


def _switch(environment: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = environment.get(name, "").strip().lower()
    if not value:
        return default
    if value not in {"true", "false"}:
        raise SettingsError(f"{name} must be true or false, not {environment[name]!r}")
    return value == "true"
