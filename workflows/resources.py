"""What each step asks of a node. Defaults: the chart sets `resources` by the name of the template."""

from workflows.exact_models import Quantity, ResourceRequirements


def resources(*, cpu: str, memory: str, cpu_limit: str, memory_limit: str) -> ResourceRequirements:
    """Requests and limits, as Kubernetes writes quantities."""
    return ResourceRequirements(
        requests={"cpu": Quantity(cpu), "memory": Quantity(memory)},
        limits={"cpu": Quantity(cpu_limit), "memory": Quantity(memory_limit)},
    )


EXECUTOR = resources(cpu="10m", memory="64Mi", cpu_limit="500m", memory_limit="256Mi")
"""Argo's own containers: they copy a file in, watch, and report."""

BOOKKEEPING = resources(cpu="50m", memory="256Mi", cpu_limit="1", memory_limit="1Gi")
"""Steps that read and write a few rows."""

SCORING = resources(cpu="250m", memory="512Mi", cpu_limit="1", memory_limit="2Gi")

TRAINING = resources(cpu="500m", memory="1Gi", cpu_limit="2", memory_limit="4Gi")
