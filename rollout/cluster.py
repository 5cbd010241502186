"""The Kubernetes API of one namespace; no other module knows the `kubernetes` package."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from kubernetes import client, config
from kubernetes.client import ApiClient, ApiException, CoreV1Api, CustomObjectsApi
from kubernetes.config import ConfigException
from urllib3.exceptions import HTTPError

from rollout.difference import MANAGER
from rollout.errors import ClusterAwayError, ClusterError, ObjectExistsError
from rollout.manifests import Manifest
from rollout.settings import Json

Answer = TypeVar("Answer")

SERVICE_ACCOUNT_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
SECONDS = (3, 10)
"""Time to connect, and time between two bytes of an answer."""

_APPLY = "application/apply-patch+yaml"
_NOT_FOUND, _CONFLICT, _TOO_MANY = 404, 409, 429


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object in a version of its API."""

    group: str
    version: str
    plural: str


INFERENCE_SERVICE = Kind("serving.kserve.io", "v1beta1", "inferenceservices")
HTTP_ROUTE = Kind("gateway.networking.k8s.io", "v1", "httproutes")
DISRUPTION_BUDGET = Kind("policy", "v1", "poddisruptionbudgets")
WORKFLOW = Kind("argoproj.io", "v1alpha1", "workflows")


class Cluster:
    """Reads and writes objects of one namespace by name."""

    def __init__(self, api: ApiClient, namespace: str) -> None:
        self._api = api
        self._objects = CustomObjectsApi(api)
        self.namespace = namespace

    def get(self, kind: Kind, name: str) -> Manifest | None:
        """The object of that name; None where there is none.

        Raises:
            ClusterError: where the API refuses.
            ClusterAwayError: where it does not answer.
        """
        try:
            return self._call(f"get {kind.plural} {name}", self._objects.get_namespaced_custom_object, kind, name=name)
        except _NotFoundError:
            return None

    def apply(self, kind: Kind, manifest: Manifest) -> Manifest:
        """Make the object as the manifest says (server-side apply), whoever wrote its fields before.

        Raises:
            ClusterError: where the API refuses.
            ClusterAwayError: where it does not answer.
        """
        name = manifest["metadata"]["name"]
        call = self._objects.patch_namespaced_custom_object
        given = {"name": name, "body": manifest, "field_manager": MANAGER, "force": True, "_content_type": _APPLY}
        return self._call(f"apply {kind.plural} {name}", call, kind, **given)

    def create(self, kind: Kind, manifest: Manifest) -> Manifest:
        """Make a new object.

        Raises:
            ObjectExistsError: where its name is taken.
            ClusterError: where the API refuses.
            ClusterAwayError: where it does not answer; the object may have been made.
        """
        name = manifest["metadata"]["name"]
        call = self._objects.create_namespaced_custom_object
        return self._call(f"create {kind.plural} {name}", call, kind, body=manifest, field_manager=MANAGER)

    def account_uid(self, name: str) -> str:
        """The uid of a ServiceAccount: of our own from our token, which needs no right; of any other by asking.

        Raises:
            ClusterError: where there is none of that name, or the API refuses.
            ClusterAwayError: where the API does not answer.
        """
        own = _token_account()
        if own.get("name") == name and own.get("uid"):
            return str(own["uid"])
        read = CoreV1Api(self._api).read_namespaced_service_account
        found = _translated(f"get serviceaccounts {name}", read, name, self.namespace, _request_timeout=SECONDS)
        return str(found.metadata.uid)

    def _call(self, what: str, call: Callable[..., Json], kind: Kind, **given: Any) -> Manifest:
        place = {"group": kind.group, "version": kind.version, "namespace": self.namespace, "plural": kind.plural}
        answer: Manifest = _translated(what, call, **place, **given, _request_timeout=SECONDS)
        return answer


class _NotFoundError(ClusterError):
    pass


def connect_cluster(namespace: str) -> Cluster:
    """The API server of the pod that we run in, else the one that `kubectl` would ask.

    Raises:
        ClusterError: where neither is known.
    """
    settings = client.Configuration()
    try:
        if SERVICE_ACCOUNT_TOKEN.exists():
            config.load_incluster_config(client_configuration=settings)
        else:
            config.load_kube_config(client_configuration=settings)
    except ConfigException as error:
        raise ClusterError(f"no Kubernetes API is known: {error}. Run in a pod, or set KUBECONFIG") from error
    settings.retries = False
    return Cluster(ApiClient(settings), namespace)


def _translated(what: str, call: Callable[..., Answer], *positional: str, **given: Any) -> Answer:
    """The call's answer; the package's errors become ours, here and nowhere else."""
    try:
        return call(*positional, **given)
    except ApiException as error:
        raise _error(what, error) from error
    except (HTTPError, OSError) as error:
        raise ClusterAwayError(f"the Kubernetes API does not answer ({what}): {error}") from error


def _error(what: str, error: ApiException) -> ClusterError:
    status, said = int(error.status or 0), _words(error)
    if status == _NOT_FOUND:
        return _NotFoundError(f"{what}: {said}")
    if status == _CONFLICT and "AlreadyExists" in str(error.body):
        return ObjectExistsError(f"{what}: {said}")
    if status == 0 or status >= 500 or status == _TOO_MANY:
        return ClusterAwayError(f"the Kubernetes API cannot answer now ({what}): {status} {said}")
    return ClusterError(f"the Kubernetes API refuses ({what}): {status} {said}")


def _words(error: ApiException) -> str:
    """The message of a Status object, or what HTTP says."""
    try:
        return str(json.loads(error.body or "")["message"])
    except (ValueError, KeyError, TypeError):
        return str(error.reason)


def _token_account() -> Mapping[str, Json]:
    """Name and uid of the ServiceAccount that our token names; empty where there is none."""
    try:
        claims = SERVICE_ACCOUNT_TOKEN.read_text("ascii").split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        account: Mapping[str, Json] = said["kubernetes.io"]["serviceaccount"]
    except (OSError, IndexError, KeyError, ValueError, binascii.Error):
        return {}
    return account
