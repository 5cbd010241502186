"""What the `restricted` Pod Security level asks for, of our container and of the two that Argo adds to every pod."""

import yaml

from workflows.exact_models import (
    Capabilities,
    PodSecurityContext,
    ResourceRequirements,
    SeccompProfile,
    SecurityContext,
)
from workflows.resources import EXECUTOR

USER = 10001


def pod_security_context() -> PodSecurityContext:
    """Never root, the runtime's seccomp profile, and files of the images' group."""
    return PodSecurityContext(
        run_as_non_root=True,
        run_as_user=USER,
        run_as_group=USER,
        fs_group=USER,
        fs_group_change_policy="OnRootMismatch",  # a volume full of models is not walked at every step
        seccomp_profile=SeccompProfile(type="RuntimeDefault"),
    )


def container_security_context() -> SecurityContext:
    """No way up, no capability, and nothing of the image can be changed."""
    return SecurityContext(
        allow_privilege_escalation=False,
        capabilities=Capabilities(drop=["ALL"]),
        read_only_root_filesystem=True,
        run_as_non_root=True,
    )


def executor_patch() -> str:
    """The pod's patch, as YAML: Argo's `init` and `wait` containers get the same rights, and bounds.

    Argo takes both from the controller's configuration, which is the cluster's and says nothing by default: in a
    `restricted` namespace, or one with a quota, the pod would be refused.
    """
    ours = {
        "securityContext": _plain(container_security_context()),
        "resources": _plain(EXECUTOR),
    }
    patch = {"initContainers": [{"name": "init", **ours}], "containers": [{"name": "wait", **ours}]}
    return yaml.dump(patch, Dumper=_NoAliases, sort_keys=False)


def _plain(model: SecurityContext | ResourceRequirements) -> dict[str, object]:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, _: object) -> bool:
        return True
