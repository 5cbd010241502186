"""Columns that the tables share, and the metadata that they are in."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    Text,
    Uuid,
    text,
)

from credit.database.column_types import Xid8

SCHEMA = "blink"
METADATA = MetaData(schema=SCHEMA)
STUDIES_SCHEMA = "optuna"
"""Of the tables that Optuna makes for the trials of tuning, and migrates itself."""

ROLES = ("blink_owner", "blink_loader", "blink_scorer", "blink_trainer", "blink_reader")
"""Group roles without login: owner of all, writer of inputs, of scores, of models, and reader."""

TIME = DateTime(timezone=True)


def key(name: str, kind: object = Text, *extra: object) -> Column[object]:
    """A column of the primary key."""
    return Column(name, kind, *extra, primary_key=True)  # type: ignore[arg-type]


def must(name: str, kind: object = Text, *extra: object, default: str | None = None) -> Column[object]:
    """A column that is never NULL."""
    server_default = None if default is None else text(default)
    return Column(name, kind, *extra, nullable=False, server_default=server_default)  # type: ignore[arg-type]


def may(name: str, kind: object = Text, *extra: object) -> Column[object]:
    """A column that may be NULL."""
    return Column(name, kind, *extra, nullable=True)  # type: ignore[arg-type]


def version() -> tuple[Column[object], ...]:
    """Which version of a fact a row is, and whether it takes the fact back."""
    return (must("version", Integer, default="1"), must("voided", Boolean, default="false"))


def stamp() -> tuple[Column[object], ...]:
    """When we knew the fact: set by trigger, except for history."""
    return (must("ingested_at", TIME), must("xid", Xid8), must("backfilled", Boolean, default="false"))


def model(name: str = "model_id", *, required: bool = True) -> Column[object]:
    """A reference to a model."""
    return (must if required else may)(name, Text, ForeignKey("blink.blink_models.model_id"))


def run(*, required: bool = False) -> Column[object]:
    """A reference to the run that wrote a row."""
    return (must if required else may)("run_id", Uuid, ForeignKey("blink.pipeline_runs.run_id"))
