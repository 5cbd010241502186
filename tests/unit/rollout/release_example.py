"""A release on a cluster, with everything set that the chart can set."""

from rollout.manifests import Manifests
from rollout.settings import GatewaySettings, PortfolioSettings, RolloutSettings, SlotSettings

CASH = PortfolioSettings("cash_advance", ("cash-advance.example",))
SLOT = SlotSettings(
    runtime="blink-treelite",
    service_account="blink-predictor",
    min_replicas=1,
    max_replicas=1,
    target_cpu_percent=80,
    min_available=0,
    requests={"cpu": "100m", "memory": "512Mi"},
    limits={"cpu": "1", "memory": "1Gi"},
    labels={"app.kubernetes.io/part-of": "blinkscoring"},
    image_pull_secrets=(),
    node_selector={},
    tolerations=(),
    ready_seconds=600,
)
RELEASE = RolloutSettings(
    release="blink",
    namespace="credit",
    model_store="pvc://blink-models",
    gateway=GatewaySettings("gateway", "gateway", ""),
    slot=SLOT,
    portfolios=(CASH,),
)
MANIFESTS = Manifests(RELEASE, CASH, "uid-1")
