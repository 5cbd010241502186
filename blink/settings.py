"""Settings: the environment, read once, here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingsError(Exception):
    """A setting is wrong; the message names the variable and what it may be."""


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
    otlp_endpoint: str | None = None
    """`OTEL_EXPORTER_OTLP_ENDPOINT`: the collector that a server's traces go to, OTLP over HTTP; None: no traces."""
    mlflow_tracking_uri: str | None = None
    """`MLFLOW_TRACKING_URI`: where trainings are tracked; None: comparisons only, in a store under `home`."""


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
        otlp_endpoint=environment.get("OTEL_EXPORTER_OTLP_ENDPOINT") or None,
        mlflow_tracking_uri=environment.get("MLFLOW_TRACKING_URI") or None,
    )


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
