"""A cluster by its command-line clients, kubectl and helm, as a platform engineer uses it."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

REPOSITORY = Path(__file__).parents[2]
POLL_SECONDS = 0.5
OURS = "blinkscoring.io/end-to-end-test"
"""The label of namespaces that the tests may remove."""

Object = Mapping[str, Any]


class CommandError(AssertionError):
    """A command of the test failed; the message holds all that it said."""


def run(
    command: Sequence[str],
    *,
    stdin: str | None = None,
    seconds: float = 600,
    variables: Mapping[str, str] | None = None,
) -> str:
    """What a command prints on standard output; run in the root of the repository, with `variables` added."""
    done = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, **(variables or {})},
    )
    if done.returncode != 0:
        raise CommandError(f"{' '.join(command)}\nended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def until(holds: Callable[[], Any], what: str, *, seconds: float) -> Any:
    """Poll until `holds()` is true, and give what it gave."""
    end, tick, last = monotonic() + seconds, Event(), None
    while monotonic() < end:
        if last := holds():
            return last
        tick.wait(POLL_SECONDS)
    raise AssertionError(f"not within {seconds:g} s: {what} (last: {last!r})")


def until_none(left: Callable[[], Sequence[str]], what: str, *, seconds: float) -> None:
    """Poll until nothing is left; where something stays, the failure names it."""
    end, tick = monotonic() + seconds, Event()
    while found := left():
        assert monotonic() < end, f"not within {seconds:g} s: {what}; there still is {', '.join(found)}"
        tick.wait(POLL_SECONDS)


def remove_namespace(name: str) -> None:
    """Take a namespace away with its release and volumes; one that is not the tests' own is left alone, loudly."""
    found = run(["kubectl", "get", "namespace", name, "--ignore-not-found", "--output=json"])
    if not found.strip():
        return
    labels = json.loads(found)["metadata"].get("labels", {})
    assert labels.get(OURS) == "yes", f"namespace {name} is not of these tests: remove it, or use another cluster"
    if run(["helm", "list", "--namespace", name, "--short"]).split():
        run(["helm", "uninstall", "blink", "--namespace", name, "--wait"])
    run(["kubectl", "delete", "namespace", name, "--timeout=180s"])
    until_none(lambda: _volumes(name), f"the volumes of {name} are gone", seconds=60)


def _volumes(namespace: str) -> list[str]:
    volumes = json.loads(run(["kubectl", "get", "persistentvolumes", "--output=json"]))["items"]
    claims = [volume["spec"].get("claimRef", {}) for volume in volumes]
    return [claim["name"] for claim in claims if claim.get("namespace") == namespace]


@dataclass(frozen=True)
class Namespace:
    """One namespace of the cluster."""

    name: str

    def kubectl(self, *arguments: str, stdin: str | None = None, seconds: float = 600) -> str:
        """What `kubectl --namespace NAME …` prints."""
        return run(["kubectl", "--namespace", self.name, *arguments], stdin=stdin, seconds=seconds)

    def make(self) -> None:
        """Make the namespace, marked as the tests' own from its first moment: a run that is killed leaves no riddle."""
        labels = {"name": self.name, "labels": {OURS: "yes"}}
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": labels}
        run(["kubectl", "create", "--filename=-"], stdin=json.dumps(manifest))

    def get(self, kind: str, name: str) -> Object:
        """One object."""
        found: Object = json.loads(self.kubectl("get", kind, name, "--output=json"))
        return found

    def objects(self, kind: str, selector: str = "") -> list[Object]:
        """All objects of a kind, or those of a selector."""
        found = self.kubectl("get", kind, f"--selector={selector}", "--output=json")
        items: list[Object] = json.loads(found)["items"]
        return items

    def names(self, kind: str, selector: str = "") -> list[str]:
        """Names of the objects, sorted."""
        return sorted(one["metadata"]["name"] for one in self.objects(kind, selector))

    def running_pods(self, selector: str) -> list[str]:
        """Names of the pods of a selector that run and are not on their way out."""
        return [
            pod["metadata"]["name"]
            for pod in self.objects("pods", selector)
            if pod["status"].get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]
        ]

    def create(self, manifest: Object) -> str:
        """Create an object, and give its name."""
        made = self.kubectl("create", "--filename=-", "--output=name", stdin=json.dumps(manifest))
        return made.strip().split("/")[1]

    def delete_pod(self, name: str) -> None:
        """Delete a pod without waiting for its end."""
        self.kubectl("delete", "pod", name, "--wait=false")

    def workflow_phase(self, name: str) -> str:
        """Phase of a workflow, empty before it has one."""
        return str(self.get("workflow", name).get("status", {}).get("phase", ""))

    def finished_workflow(self, name: str, *, seconds: float = 300) -> Object:
        """A workflow when it has succeeded."""
        ended = {"Succeeded", "Failed", "Error"}
        until(lambda: self.workflow_phase(name) in ended, f"workflow {name} ends", seconds=seconds)
        found = self.get("workflow", name)
        assert found["status"]["phase"] == "Succeeded", _nodes_of(found)
        return found

    @contextmanager
    def forwarded(self, target: str, port: int) -> Iterator[int]:
        """A free local port that leads to a port of a service or pod."""
        command = ["kubectl", "--namespace", self.name, "port-forward", target, f":{port}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as forwarder:
            assert forwarder.stdout is not None
            line = forwarder.stdout.readline()
            try:
                yield int(line.split("->")[0].rsplit(":", 1)[1])
            finally:
                forwarder.terminate()


def environment(name: str, default: str) -> str:
    """A setting of the test run."""
    return os.environ.get(name, default)


def _nodes_of(workflow: Object) -> str:
    nodes = workflow["status"].get("nodes", {}).values()
    return "\n".join(f"{node['displayName']}: {node['phase']} {node.get('message', '')}" for node in nodes)
