"""The volumes of a pod: models and portfolios of the release, and what replaces the image's writable root."""

from workflows import tokens
from workflows.exact_models import (
    ConfigMapVolumeSource,
    EmptyDirVolumeSource,
    PersistentVolumeClaimVolumeSource,
    Quantity,
    Volume,
    VolumeMount,
)

MODELS, PORTFOLIOS, SCRATCH, NO_TOKEN = "models", "portfolios", "tmp", "no-api-token"


def volumes() -> list[Volume]:
    """What every pod of a workflow has; containers mount what they need."""
    return [
        Volume(
            name=MODELS,  # the chart makes it an emptyDir where the model store is an object store
            persistent_volume_claim=PersistentVolumeClaimVolumeSource(claim_name=f"{tokens.RELEASE}-models"),
        ),
        Volume(name=PORTFOLIOS, config_map=ConfigMapVolumeSource(name=f"{tokens.RELEASE}-portfolios", optional=True)),
        Volume(name=SCRATCH, empty_dir=EmptyDirVolumeSource(size_limit=Quantity("2Gi"))),
        Volume(name=NO_TOKEN, empty_dir=EmptyDirVolumeSource(size_limit=Quantity("1Mi"))),
    ]


def base_mounts() -> list[VolumeMount]:
    """What every container of ours mounts."""
    return [
        VolumeMount(name=SCRATCH, mount_path="/tmp"),  # noqa: S108 - the container's own
        VolumeMount(name=PORTFOLIOS, mount_path="/etc/blink/portfolios", read_only=True),
        # Argo's `wait` container needs the service account's token. Ours does not: where something is mounted
        # already, Kubernetes mounts no token.
        VolumeMount(name=NO_TOKEN, mount_path="/var/run/secrets/kubernetes.io/serviceaccount", read_only=True),
    ]


def models_mount(*, read_only: bool) -> VolumeMount:
    """The model store at /models."""
    return VolumeMount(name=MODELS, mount_path="/models", read_only=read_only)
