"""What stands in a portfolio's slots, and how its traffic is split, read from the cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rollout.cluster import DISRUPTION_BUDGET, HTTP_ROUTE, INFERENCE_SERVICE, Cluster
from rollout.difference import differs
from rollout.manifests import MODEL_ANNOTATION, Manifest, Manifests
from rollout.names import pods_service, predictor_service, route_name, slot_name
from rollout.readiness import Probe, Readiness
from rollout.settings import Json
from rollout.slots import Place, Slot, SlotState, Traffic

SCORE_PATH = "/score"


@dataclass(frozen=True, slots=True)
class Objects:
    """A portfolio's objects as they are on the cluster."""

    services: Mapping[Slot, Manifest | None]
    budgets: Mapping[Slot, Manifest | None]
    route: Manifest | None


def read_objects(cluster: Cluster, manifests: Manifests) -> Objects:
    """The objects of a portfolio.

    Raises:
        ClusterError: where the API refuses or does not answer.
    """
    release, portfolio = manifests.release.release, manifests.portfolio.name
    names = {slot: slot_name(release, portfolio, slot) for slot in Slot}
    return Objects(
        {slot: cluster.get(INFERENCE_SERVICE, name) for slot, name in names.items()},
        {slot: cluster.get(DISRUPTION_BUDGET, name) for slot, name in names.items()},
        cluster.get(HTTP_ROUTE, route_name(release, portfolio)),
    )


def read_place(objects: Objects, manifests: Manifests, probe: Probe) -> Place:
    """What the objects say, and the pods behind them."""
    slots = {
        slot: _state(slot, service, objects, manifests, probe)
        for slot, service in objects.services.items()
        if service is not None
    }
    traffic = None if objects.route is None else read_traffic(objects.route, manifests)
    settled = traffic is not None and not differs(manifests.route(traffic), objects.route)
    return Place(slots, traffic, settled)


def read_traffic(route: Manifest, manifests: Manifests) -> Traffic | None:
    """How a route splits requests; None where it is none of ours."""
    release, portfolio = manifests.release.release, manifests.portfolio.name
    slots = {predictor_service(slot_name(release, portfolio, slot)): slot for slot in Slot}
    rules: Sequence[Json] = route.get("spec", {}).get("rules", ())
    score = [backend for rule in rules if _is_score(rule) for backend in rule.get("backendRefs", ())]
    named = [slots[backend["name"]] for backend in score if backend["name"] in slots]
    backends = [backend for backend in rules[-1].get("backendRefs", ()) if backend["name"] in slots] if rules else []
    weights = {slots[backend["name"]]: int(backend.get("weight", 1)) for backend in backends}
    return Traffic(weights, named[0]) if named and any(weights.values()) else None


def wants_budget(objects: Objects, manifests: Manifests, slot: Slot) -> bool:
    """Whether a slot's budget is to be written: also one of 0, where there was one before, since we may not delete."""
    return manifests.release.slot.min_available > 0 or objects.budgets[slot] is not None


def _state(slot: Slot, service: Manifest, objects: Objects, manifests: Manifests, probe: Probe) -> SlotState:
    metadata = service["metadata"]
    model_id = str(metadata.get("annotations", {}).get(MODEL_ANNOTATION, ""))
    budget_differs = wants_budget(objects, manifests, slot) and differs(manifests.budget(slot), objects.budgets[slot])
    readiness = _readiness(service, model_id, manifests, probe)
    return SlotState(
        model_id=model_id,
        ready=readiness.ready,
        settled=not budget_differs and not differs(manifests.slot(slot, model_id), service),
        message=readiness.message,
        generation=int(metadata.get("generation", 0)),
    )


def _readiness(service: Manifest, model_id: str, manifests: Manifests, probe: Probe) -> Readiness:
    said = _ready_condition(service)
    if said.get("status") != "True":
        words = [str(said[part]) for part in ("reason", "message") if said.get(part)]
        return Readiness(ready=False, message="InferenceService not ready: " + (": ".join(words) or "no condition yet"))
    host = f"{pods_service(service['metadata']['name'])}.{manifests.release.namespace}.svc"
    return probe(host, manifests.portfolio.name, model_id)


def _ready_condition(service: Manifest) -> Mapping[str, Json]:
    conditions: Sequence[Mapping[str, Json]] = service.get("status", {}).get("conditions", ())
    return next((condition for condition in conditions if condition.get("type") == "Ready"), {})


def _is_score(rule: Mapping[str, Json]) -> bool:
    return any(match.get("path", {}).get("value") == SCORE_PATH for match in rule.get("matches", ()))
