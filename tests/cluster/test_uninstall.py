"""The end: what the release made goes with it, the data stay."""

import json

from tests.cluster.kube import Namespace, Object, run, until_none

KINDS = (
    "isvc,httproute,workflowtemplates,cronworkflows,workflows,servingruntimes,deployments,services,jobs,"
    "configmaps,serviceaccounts,roles,rolebindings,networkpolicies,poddisruptionbudgets,horizontalpodautoscalers"
)
NOT_OURS = {"ConfigMap/kube-root-ca.crt", "ServiceAccount/default", "ConfigMap/postgres-init"}


def left(release: Namespace) -> list[str]:
    """What stands in the namespace beside the development database and what Kubernetes keeps there."""
    selector = "--selector=app.kubernetes.io/name!=postgres"
    found = json.loads(release.kubectl("get", KINDS, selector, "--output=json"))["items"]
    return [_told(each) for each in found if f"{each['kind']}/{each['metadata']['name']}" not in NOT_OURS]


def _told(found: Object) -> str:
    """An object with what may keep it: whose it is, and what has to be done before it goes."""
    metadata = found["metadata"]
    owners = [f"{owner['kind']}/{owner['name']}" for owner in metadata.get("ownerReferences", [])]
    kept = [f"of {owner}" for owner in owners] + [f"waits for {each}" for each in metadata.get("finalizers", [])]
    kept.append(f"deleted {metadata['deletionTimestamp']}" if "deletionTimestamp" in metadata else "not deleted")
    return f"{found['kind']}/{metadata['name']} ({', '.join(kept)})"


def test_uninstalling_leaves_the_data_and_nothing_else(release: Namespace):
    # Workflows that a person made are that person's; docs/kubernetes.md says this line too.
    release.kubectl("delete", "workflows", "--selector=app.kubernetes.io/instance=blink")
    run(["helm", "uninstall", "blink", "--namespace", release.name, "--wait"])
    until_none(lambda: left(release), "everything of the release is gone", seconds=240)
    assert "blink-models" in release.names("persistentvolumeclaims")
