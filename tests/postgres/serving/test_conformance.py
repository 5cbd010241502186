"""Every request of docs/conformance.md, one after another on one connection, each followed by a good one."""

import json
import socket
from collections.abc import Iterator
from threading import Thread

import numpy as np
import pytest

from credit.bundle.reader import Bundle
from credit.scores import score_rows
from tests.postgres.serving.conformance_requests import ROW, Bad, Good, Request
from tests.postgres.serving.good_requests import GOOD
from tests.postgres.serving.refused_requests import BAD
from tests.unit.predictor.serving_example import Server


class Wire:
    """One connection, of which every byte is read."""

    def __init__(self, server: Server) -> None:
        self._socket = socket.create_connection((server.listening.host, server.listening.http_port), timeout=60)
        self._left = b""

    def ask(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        sending = Thread(target=self._socket.sendall, args=(request.sent,))
        sending.start()
        answer = self._answer()
        sending.join()
        return answer

    def close(self) -> None:
        self._socket.close()

    def _answer(self) -> tuple[int, dict[str, str], bytes]:
        while b"\r\n\r\n" not in self._left:
            self._more()
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers["content-length"])
        while len(self._left) < length:
            self._more()
        body, self._left = self._left[:length], self._left[length:]
        return int(first.split()[1]), headers, body

    def _more(self) -> None:
        part = self._socket.recv(65536)
        assert part, "the server closed the connection"
        self._left += part


@pytest.fixture(scope="module")
def wire(conforming: Server) -> Iterator[Wire]:
    """One for the whole module: a connection that a request spoilt fails the next test."""
    connection = Wire(conforming)
    yield connection
    connection.close()


def probabilities(answer: bytes) -> list[float]:
    said = json.loads(answer, parse_constant=pytest.fail)
    return said["predictions"] if "predictions" in said else said["outputs"][0]["data"]


def check_good(wire: Wire, bundle: Bundle, case: Good) -> None:
    status, headers, body = wire.ask(case.request)
    assert (status, headers["content-type"]) == (200, "application/json"), body
    assert probabilities(body) == score_rows(bundle, np.array(case.rows)).default_probabilities.tolist()


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_good_request_gets_the_scores_of_its_rows(wire, picky, case):
    check_good(wire, picky, case)


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_a_bad_request_is_refused_by_name_on_a_connection_that_goes_on(wire, picky, case: Bad):
    status, headers, body = wire.ask(case.request)
    said = json.loads(body, parse_constant=pytest.fail)
    assert (status, said["error"][: len(case.says)]) == (case.status, case.says)
    assert (said.keys(), headers["content-type"]) == ({"error", "request_id"}, "application/json")
    assert said["request_id"] == headers["x-request-id"]
    assert headers.get("connection") != "close"
    check_good(wire, picky, GOOD[0])


def test_the_list_is_long_enough_and_no_name_comes_twice():
    assert len(BAD) >= 60
    names = [case.name for case in (*GOOD, *BAD)]
    assert len(set(names)) == len(names)


def test_a_thousand_good_and_a_thousand_bad_requests_on_the_same_connections_are_all_answered(conforming, picky):
    refused = [case for case in BAD if case.status != 413]
    expected = score_rows(picky, np.array([ROW])).default_probabilities.tolist()
    wires = [Wire(conforming) for _ in range(10)]
    for number in range(100):
        for offset, wire in enumerate(wires):
            case = refused[(number * len(wires) + offset) % len(refused)]
            assert wire.ask(case.request)[0] == case.status
            status, _, body = wire.ask(GOOD[0].request)
            assert (status, probabilities(body)) == (200, expected)
    for wire in wires:
        wire.close()
