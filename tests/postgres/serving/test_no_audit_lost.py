"""A server that is ended under load, as a deleted pod is: every score that a client got has its audit."""

import json
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException

import pytest
from sqlalchemy import select

from credit.database.audit_reading import ledger_writers, verify_writer
from credit.database.schema import RISK_SCORE_AUDITS, SCORE_REQUESTS
from tests.postgres.serving.requests import INFER, tensor
from tests.postgres.serving.served import Served
from tests.unit.predictor.serving_example import Server, server_of, started, until_ready

CLIENTS = 16
AT_LEAST = 10


class Client:
    """Asks on one connection for scores of users of its own, until its server sends it away or is gone."""

    def __init__(self, server: Server, name: str, number: int, going: threading.Semaphore) -> None:
        self._server = server
        self._name = name
        self._number = number
        self._going = going
        self.audits: list[str] = []
        """Of the scores that it got."""
        self.lost = 0
        """Requests that never had an answer."""

    def run(self) -> "Client":
        connection, kept = self._server.connection(), True
        try:
            while kept:
                kept = self._ask(connection, len(self.audits))
                if len(self.audits) == AT_LEAST:
                    self._going.release()
        except (OSError, HTTPException):
            self.lost = 1
        finally:
            connection.close()
        return self

    def _ask(self, connection: HTTPConnection, asked: int) -> bool:
        user = f"{self._name}-{self._number}-{asked}"
        headers = {"Content-Type": "application/json"}
        if self._number % 2:
            fields = {"inputs": [tensor()], "parameters": {"subject_id": user}}
            connection.request("POST", INFER, json.dumps(fields), headers)
        else:
            body = json.dumps({"user_id": user, "features": {}})
            connection.request("POST", "/score", body, {**headers, "Idempotency-Key": user})
        answer = connection.getresponse()
        content = json.loads(answer.read())
        assert answer.status == 200
        self.audits.append(content["parameters"]["audit_id"] if self._number % 2 else content["audit_id"])
        return answer.headers.get("Connection") != "close"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_is_ended_under_load_loses_no_audit_of_a_score_that_was_given(served: Served, number: int):
    name = f"ended-by-{int(number)}"
    told = {
        "url": served.engine.url.render_as_string(hide_password=False),
        "model_dir": str(served.model_dir),
        "goodbye_seconds": 20.0,
    }
    going = threading.Semaphore(0)
    with started(told) as process:
        server = until_ready(server_of(process))
        with ThreadPoolExecutor(CLIENTS) as pool:
            running = [pool.submit(Client(server, name, one, going).run) for one in range(CLIENTS)]
            for _ in running:
                assert going.acquire(timeout=60)
            process.send_signal(number)
            clients = [future.result(timeout=60) for future in running]
        ended = process.wait(timeout=30)
    given = {audit for client in clients for audit in client.audits}
    written = stored(served, name)
    assert given <= written
    assert len(given) >= CLIENTS * AT_LEAST
    if number == signal.SIGTERM:
        assert (ended, [client.lost for client in clients]) == (0, [0] * CLIENTS)
        assert given == written, "what was audited was answered"
    with served.engine.connect() as connection:
        kept = {str(audit) for ids in connection.scalars(select(SCORE_REQUESTS.c.audit_ids)) for audit in ids}
        assert {audit for client in clients[::2] for audit in client.audits} <= kept
        for writer in ledger_writers(connection):
            verify_writer(connection, writer)


def stored(served: Served, name: str) -> set[str]:
    with served.engine.connect() as connection:
        found = select(RISK_SCORE_AUDITS.c.audit_id).where(RISK_SCORE_AUDITS.c.subject_id.startswith(f"{name}-"))
        return set(map(str, connection.scalars(found)))
