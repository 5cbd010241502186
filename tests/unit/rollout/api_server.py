"""A small real HTTP server that keeps objects as the Kubernetes API does, and records what it is asked."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from kubernetes.client import ApiClient, Configuration

from rollout.cluster import Cluster

NAMESPACE = "credit"
ACCOUNT = {"metadata": {"name": "blink-control", "uid": "uid-1"}}


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, list[str]]
    content_type: str | None
    body: dict | None


@dataclass
class ApiServer:
    """Objects by the path of their resource and their name."""

    url: str
    objects: dict[str, dict] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    refuse: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Status and message by `METHOD path`."""

    def cluster(self) -> Cluster:
        return Cluster(ApiClient(Configuration(host=self.url)), NAMESPACE)

    def written(self) -> list[str]:
        return [f"{asked.method} {asked.path.rpartition('/namespaces/')[2]}" for asked in self.asked if asked.body]

    def named(self, name: str, plural: str) -> dict:
        return next(value for path, value in self.objects.items() if path.endswith(f"/{plural}/{name}"))

    def answer(self, asked: Asked) -> tuple[int, dict]:
        self.asked.append(asked)
        if f"{asked.method} {asked.path}" in self.refuse:
            code, message = self.refuse[f"{asked.method} {asked.path}"]
            return code, {"kind": "Status", "message": message, "code": code}
        return getattr(self, f"_{asked.method.lower()}")(asked)

    def _get(self, asked: Asked) -> tuple[int, dict]:
        if asked.path not in self.objects:
            return 404, {"kind": "Status", "reason": "NotFound", "message": f"{asked.path} not found", "code": 404}
        return 200, self.objects[asked.path]

    def _post(self, asked: Asked) -> tuple[int, dict]:
        path = f"{asked.path}/{asked.body['metadata']['name']}"
        if path in self.objects:
            return 409, {"kind": "Status", "reason": "AlreadyExists", "message": "already exists", "code": 409}
        self.objects[path] = asked.body
        return 201, asked.body

    def _patch(self, asked: Asked) -> tuple[int, dict]:
        before = self.objects.get(asked.path, {})
        generation = before.get("metadata", {}).get("generation", 0) + 1
        kept = {"status": before["status"]} if "status" in before else {}
        managed = {"manager": asked.query["fieldManager"][0], "operation": "Apply", "fieldsV1": _fields(asked.body)}
        metadata = {**asked.body["metadata"], "generation": generation, "managedFields": [managed]}
        self.objects[asked.path] = {**asked.body, **kept, "metadata": metadata}
        return 200, self.objects[asked.path]


@contextmanager
def api_server() -> Iterator[ApiServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            parts = urlsplit(self.path)
            asked = Asked(self.command, parts.path, parse_qs(parts.query), self.headers.get("Content-Type"), body)
            status, answer = served.answer(asked)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _handle  # noqa: N815 - the names that http.server calls

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = ApiServer(f"http://127.0.0.1:{server.server_port}")
    served.objects[f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/blink-control"] = ACCOUNT
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _fields(value: dict) -> dict:
    return {f"f:{name}": _fields(inner) if isinstance(inner, dict) else {} for name, inner in value.items()}
