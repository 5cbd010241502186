"""The objects of a portfolio as Kubernetes wants to see them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rollout.names import control_account, predictor_service, route_name, slot_name
from rollout.settings import Json, PortfolioSettings, RolloutSettings
from rollout.slots import Slot, Traffic

Manifest = Mapping[str, Json]

PORTFOLIO_LABEL = "blinkscoring.io/portfolio"
SLOT_LABEL = "blinkscoring.io/slot"
MODEL_ANNOTATION = "blinkscoring.io/model-id"

REST_PORT = 80
"""KServe's Service has its first port here, whatever the container's is."""
GRPC_PORT = 8081

USER = 10001
GRACE_SECONDS = 60
"""Longer than the server takes to end its requests (25 s)."""

_POD_SECURITY: Manifest = {
    "runAsNonRoot": True,
    "runAsUser": USER,
    "runAsGroup": USER,
    "fsGroup": USER,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_EVERYTHING: Manifest = {"path": {"type": "PathPrefix", "value": "/"}}
_SCORE: Manifest = {"path": {"type": "Exact", "value": "/score"}}
_GRPC: Manifest = {
    **_EVERYTHING,
    "headers": [{"name": "content-type", "type": "RegularExpression", "value": "application/grpc.*"}],
}


def owner_reference(account: str, uid: str) -> Manifest:
    """What makes an object go with a ServiceAccount of the chart, and so with the release."""
    return {"apiVersion": "v1", "kind": "ServiceAccount", "name": account, "uid": uid}


@dataclass(frozen=True, slots=True)
class Manifests:
    """Builds the objects of one portfolio."""

    release: RolloutSettings
    portfolio: PortfolioSettings
    owner_uid: str
    """Of the ServiceAccount with which the objects are removed."""

    def slot(self, slot: Slot, model_id: str) -> Manifest:
        """The InferenceService that serves a model in a slot."""
        return {
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            "metadata": {
                **self._metadata(slot_name(self.release.release, self.portfolio.name, slot), slot),
                "annotations": {
                    "serving.kserve.io/deploymentMode": "Standard",
                    "serving.kserve.io/autoscalerClass": "hpa" if self._scales else "none",
                    MODEL_ANNOTATION: model_id,
                },
            },
            "spec": {"predictor": {**self._pods(), "model": self._model(model_id)}},
        }

    def budget(self, slot: Slot) -> Manifest:
        """The PodDisruptionBudget of a slot's pods."""
        labels = {PORTFOLIO_LABEL: self.portfolio.name, SLOT_LABEL: str(slot)}
        return {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": self._metadata(slot_name(self.release.release, self.portfolio.name, slot), slot),
            "spec": {
                "minAvailable": self.release.slot.min_available,
                "selector": {"matchLabels": {"app.kubernetes.io/instance": self.release.release, **labels}},
            },
        }

    def route(self, traffic: Traffic) -> Manifest:
        """The HTTPRoute: `/score` to the champion, REST and gRPC by the same weights."""
        score = [self._backend(traffic.score, REST_PORT, 1)]
        rules = (
            (_SCORE, score),
            (_GRPC, self._backends(traffic, GRPC_PORT)),
            (_EVERYTHING, self._backends(traffic, REST_PORT)),
        )
        return {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": self._metadata(route_name(self.release.release, self.portfolio.name)),
            "spec": {
                "parentRefs": [self._parent()],
                **({"hostnames": list(self.portfolio.hostnames)} if self.portfolio.hostnames else {}),
                "rules": [{"matches": [match], "backendRefs": backends} for match, backends in rules],
            },
        }

    @property
    def _scales(self) -> bool:
        return self.release.slot.max_replicas > self.release.slot.min_replicas

    def _metadata(self, name: str, slot: Slot | None = None) -> Manifest:
        account = control_account(self.release.release)
        return {
            "name": name,
            "namespace": self.release.namespace,
            "labels": {
                **self.release.slot.labels,
                "app.kubernetes.io/instance": self.release.release,
                PORTFOLIO_LABEL: self.portfolio.name,
                **({} if slot is None else {SLOT_LABEL: str(slot)}),
            },
            "ownerReferences": [owner_reference(account, self.owner_uid)],
        }

    def _pods(self) -> Manifest:
        slot = self.release.slot
        scaling = {"scaleMetric": "cpu", "scaleTarget": slot.target_cpu_percent} if self._scales else {}
        placement: Mapping[str, Json] = {
            "imagePullSecrets": [{"name": secret} for secret in slot.image_pull_secrets],
            "nodeSelector": dict(slot.node_selector),
            "tolerations": [dict(toleration) for toleration in slot.tolerations],
        }
        return {
            "minReplicas": slot.min_replicas,
            "maxReplicas": slot.max_replicas,
            **scaling,
            "serviceAccountName": slot.service_account,
            "securityContext": _POD_SECURITY,
            "terminationGracePeriodSeconds": GRACE_SECONDS,
            **{field: value for field, value in placement.items() if value},
        }

    def _model(self, model_id: str) -> Manifest:
        slot = self.release.slot
        return {
            "modelFormat": {"name": "treelite", "version": "1"},
            "protocolVersion": "v2",
            "runtime": slot.runtime,
            "storageUri": f"{self.release.model_store.rstrip('/')}/{model_id}",
            # The runtime's own arguments come first: KServe joins the two.
            "args": [f"--model-name={self.portfolio.name}"],
            "resources": {"requests": dict(slot.requests), "limits": dict(slot.limits)},
        }

    def _parent(self) -> Manifest:
        gateway = self.release.gateway
        section = {"sectionName": gateway.section} if gateway.section else {}
        return {
            "group": "gateway.networking.k8s.io",
            "kind": "Gateway",
            "name": gateway.name,
            "namespace": gateway.namespace,
            **section,
        }

    def _backends(self, traffic: Traffic, port: int) -> Sequence[Manifest]:
        return [self._backend(slot, port, traffic.weights[slot]) for slot in Slot if slot in traffic.weights]

    def _backend(self, slot: Slot, port: int, weight: int) -> Manifest:
        name = predictor_service(slot_name(self.release.release, self.portfolio.name, slot))
        return {"group": "", "kind": "Service", "name": name, "port": port, "weight": weight}
