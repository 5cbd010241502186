"""Carrying out what was decided. Each step may be repeated, and is lost or done whole."""

import logging
from collections.abc import Sequence

from rollout.cluster import DISRUPTION_BUDGET, HTTP_ROUTE, INFERENCE_SERVICE, Cluster
from rollout.difference import differs
from rollout.gather import Objects, wants_budget
from rollout.manifests import Manifests
from rollout.slots import Action, SetTraffic, WriteSlot

_log = logging.getLogger(__name__)


def apply_actions(cluster: Cluster, objects: Objects, manifests: Manifests, actions: Sequence[Action]) -> None:
    """Carry the actions out, sending only what differs from the objects that were read.

    Raises:
        ClusterError: where the API refuses or does not answer; what came before is done.
    """
    for action in actions:
        if isinstance(action, WriteSlot):
            _write_slot(cluster, objects, manifests, action)
        elif isinstance(action, SetTraffic):
            _write_route(cluster, objects, manifests, action)


def _write_slot(cluster: Cluster, objects: Objects, manifests: Manifests, action: WriteSlot) -> None:
    service = manifests.slot(action.slot, action.model_id)
    # The budget first: it protects the pods from their first moment.
    if wants_budget(objects, manifests, action.slot):
        budget = manifests.budget(action.slot)
        if differs(budget, objects.budgets[action.slot]):
            cluster.apply(DISRUPTION_BUDGET, budget)
    if differs(service, objects.services[action.slot]):
        cluster.apply(INFERENCE_SERVICE, service)
        _log.info("%s: wrote %s into slot %s", manifests.portfolio.name, action.model_id, action.slot)


def _write_route(cluster: Cluster, objects: Objects, manifests: Manifests, action: SetTraffic) -> None:
    route = manifests.route(action.traffic)
    if differs(route, objects.route):
        cluster.apply(HTTP_ROUTE, route)
        split = ", ".join(f"{slot} {weight} %" for slot, weight in action.traffic.weights.items())
        _log.info("%s: traffic is %s, /score goes to %s", manifests.portfolio.name, split, action.traffic.score)
