"""An upgrade with a migration in it, and the way back, under load: no failed request, the weights kept."""

from collections.abc import Mapping

from tests.cluster.kube import Namespace, run, until
from tests.cluster.load import Route, load
from tests.cluster.postgres import Database

VALUES = "manifests/values-dev.yaml"
RELEASE = "0.1.0"
"""Tag of this release's images, as in Chart.yaml."""
NO_FAILURE: Mapping[str, list[str]] = {"rest": [], "score": [], "grpc": []}


def weights(release: Namespace) -> list[dict[str, int]]:
    """Of each rule of the route, by backend."""
    rules = release.get("httproute", "blink-cash-advance")["spec"]["rules"]
    return [{backend["name"]: backend["weight"] for backend in rule["backendRefs"]} for rule in rules]


def rolled_out(release: Namespace, tag: str) -> bool:
    """Whether every deployment of the release runs the tag, on all of its pods."""
    for deployment in release.objects("deployments"):
        status, wanted = deployment["status"], deployment["spec"]["replicas"]
        tags = {one["image"].rpartition(":")[2] for one in deployment["spec"]["template"]["spec"]["containers"]}
        counts = (status.get("updatedReplicas", 0), status.get("replicas", 0), status.get("availableReplicas", 0))
        seen = status.get("observedGeneration") == deployment["metadata"]["generation"]
        if tags != {tag} or counts != (wanted, wanted, wanted) or not seen:
            return False
    return True


def test_upgrade_and_rollback_under_load(release: Namespace, route: Route, features: list[str], database: Database):
    before = weights(release)
    models = route.ask("GET", f"/v2/models/{route.model}")[1]["versions"]
    assert database.ask("SELECT version_num FROM blink.alembic_version") == "0006"
    with load(route, len(features)) as tallies:
        tags = "images.predictor.tag=next,images.jobs.tag=next,control.tokensSecret=blink-control-tokens"
        chart = ["charts/blink", "--namespace", release.name, "--values", VALUES, f"--set={tags}"]
        run(["helm", "upgrade", "blink", *chart, "--wait", "--timeout=5m"])
        until(lambda: rolled_out(release, "next"), "every pod is of the next release", seconds=240)
    assert {name: tally.failed for name, tally in tallies.items()} == NO_FAILURE
    assert all(tally.answered > 20 for tally in tallies.values())
    assert weights(release) == before
    assert database.ask("SELECT version_num FROM blink.alembic_version") == "9999"
    with load(route, len(features)) as tallies:
        run(["helm", "rollback", "blink", "--namespace", release.name, "--wait", "--timeout=5m"])
        until(lambda: rolled_out(release, RELEASE), "every pod is of this release again", seconds=240)
    assert {name: tally.failed for name, tally in tallies.items()} == NO_FAILURE
    assert weights(release) == before
    assert route.ask("GET", f"/v2/models/{route.model}")[1]["versions"] == models
