"""The end: what the release made goes with it, the data stay."""

from tests.cluster.kube import Namespace, run, until

KINDS = (
    "isvc,httproute,workflowtemplates,cronworkflows,workflows,servingruntimes,deployments,services,jobs,"
    "configmaps,serviceaccounts,roles,rolebindings,networkpolicies,poddisruptionbudgets,horizontalpodautoscalers"
)
NOT_OURS = {"configmap/kube-root-ca.crt", "serviceaccount/default", "configmap/postgres-init"}


def left(release: Namespace) -> set[str]:
    """What stands in the namespace beside the development database and what Kubernetes keeps there."""
    found = release.kubectl("get", KINDS, "--selector=app.kubernetes.io/name!=postgres", "--output=name").split()
    return set(found) - NOT_OURS


def test_uninstalling_leaves_the_data_and_nothing_else(release: Namespace):
    # Workflows that a person made are that person's; docs/kubernetes.md says this line too.
    release.kubectl("delete", "workflows", "--selector=app.kubernetes.io/instance=blink")
    run(["helm", "uninstall", "blink", "--namespace", release.name, "--wait"])
    until(lambda: not left(release), "everything of the release is gone", seconds=120)
    assert left(release) == set()
    assert "blink-models" in release.names("persistentvolumeclaims")
