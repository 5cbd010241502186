"""What the chart's values say about slots and routes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from credit.portfolios import PortfolioName

Json = Any
"""A JSON value as `json` reads it."""


@dataclass(frozen=True, slots=True)
class SlotSettings:
    """How every slot runs its model."""

    runtime: str
    """The ServingRuntime."""
    service_account: str
    min_replicas: int
    max_replicas: int
    """More than `min_replicas` means an autoscaler."""
    target_cpu_percent: int
    """Of the request, at which the autoscaler adds a pod."""
    min_available: int
    """Pods that a node's drain leaves; 0 means no disruption budget."""
    requests: Mapping[str, str]
    limits: Mapping[str, str]
    labels: Mapping[str, str]
    """Of the slot's objects and of its pods: a changed label restarts them."""
    image_pull_secrets: tuple[str, ...]
    node_selector: Mapping[str, str]
    tolerations: tuple[Mapping[str, Json], ...]
    ready_seconds: int
    """After which a slot that is not ready yet is reported."""


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """The Gateway that the routes hang on."""

    name: str
    namespace: str
    section: str
    """One listener of it; empty for all."""


@dataclass(frozen=True, slots=True)
class PortfolioSettings:
    """A portfolio that is served."""

    name: PortfolioName
    hostnames: tuple[str, ...]
    """Under which it is reached; none means every host name of the Gateway."""


@dataclass(frozen=True, slots=True)
class RolloutSettings:
    """One release on a cluster."""

    release: str
    namespace: str
    model_store: str
    """`pvc://CLAIM` or `s3://BUCKET/PREFIX`: a model's bundle lies under its id."""
    gateway: GatewaySettings
    slot: SlotSettings
    portfolios: tuple[PortfolioSettings, ...]
