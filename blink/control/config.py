"""control.json: what the chart's values say, read strictly into frozen settings."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import GenericAlias
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from blink.settings import SettingsError
from credit.portfolios import PortfolioName
from rollout.errors import RolloutError
from rollout.names import route_name, slot_name
from rollout.settings import GatewaySettings, PortfolioSettings, RolloutSettings, SlotSettings
from rollout.slots import Slot

Settings = TypeVar("Settings")

CLUSTER_FILE = Path("/etc/blink/control.json")
"""Where the chart mounts it."""


@dataclass(frozen=True, slots=True)
class ControlFile:
    """control.json as it is written."""

    release: str
    namespace: str
    model_store: str
    train_template: str
    """The WorkflowTemplate that trains."""
    argo_url: str
    """Of the Argo UI, as people reach it; empty where there is none."""
    gateway: GatewaySettings
    slot: SlotSettings
    portfolios: tuple[PortfolioSettings, ...]

    def rollout(self) -> RolloutSettings:
        """What the rollout needs of it."""
        return RolloutSettings(self.release, self.namespace, self.model_store, self.gateway, self.slot, self.portfolios)


def read_config(path: Path) -> ControlFile:
    """The settings in a file.

    Raises:
        SettingsError: where it cannot be read, or a field is missing, unknown or of another type; or where a name
            that follows from them is too long.
    """
    try:
        said = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{path} is not JSON: {error}") from error
    config: ControlFile = _dataclass(ControlFile, said, path.name)
    _check(config, path.name)
    return config


def _check(config: ControlFile, place: str) -> None:
    slot = config.slot
    if not 1 <= slot.min_replicas <= slot.max_replicas:
        raise SettingsError(f"{place}: slot.min_replicas must be 1 to slot.max_replicas, not {slot.min_replicas}")
    if not config.model_store.startswith(("pvc://", "s3://")):
        raise SettingsError(f"{place}: model_store must be pvc:// or s3://, not {config.model_store!r}")
    try:
        for portfolio in config.portfolios:
            route_name(config.release, portfolio.name)
            for name in Slot:
                slot_name(config.release, portfolio.name, name)
    except RolloutError as error:
        raise SettingsError(f"{place}: {error}") from error


def _value(kind: Any, said: Any, place: str) -> Any:
    """The JSON value as `kind`: a class, a tuple or a mapping of one, or a dataclass of such."""
    if kind is Any:
        return said
    if is_dataclass(kind):
        return _dataclass(kind, said, place)
    origin = get_origin(kind)
    if origin is tuple:
        return tuple(
            _value(get_args(kind)[0], item, f"{place}[{number}]")
            for number, item in enumerate(_checked(Sequence, said, place))
        )
    if origin is not None:
        entries = _checked(Mapping, said, place)
        return {name: _value(get_args(kind)[1], entry, f"{place}.{name}") for name, entry in entries.items()}
    return _checked(str if kind is PortfolioName else kind, said, place)


def _dataclass(kind: Any, said: Any, place: str) -> Any:
    entries, hints = _checked(Mapping, said, place), get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    for name in entries:
        if name not in names:
            raise SettingsError(f"{place}: unknown field {name!r}; there are {', '.join(names)}")
    for name in names:
        if name not in entries:
            raise SettingsError(f"{place}: {name} is missing")
    return kind(**{name: _value(hints[name], entries[name], f"{place}: {name}") for name in names})


def _checked(kind: type | GenericAlias, said: Any, place: str) -> Any:
    wrong = not isinstance(said, kind) or isinstance(said, bool) or (kind is Sequence and isinstance(said, str))  # type: ignore[arg-type]
    if wrong:
        names = {Sequence: "a list", Mapping: "an object", str: "a text", int: "a whole number"}
        raise SettingsError(f"{place} must be {names[kind]}, not {json.dumps(said)[:60]}")  # type: ignore[index]
    return said
